package source

import (
	"bytes"
	"context" //nolint:gosec // git names its objects by it
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gomlx/compute/gobackend"
	hf "github.com/gomlx/go-huggingface/hub"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

const address = "hf://owner/net/onnx/net.onnx"

// A model on the hub is the same model as in a file, with the repository's preprocessing and labels. The next time
// nothing is fetched, and go-huggingface finds it in the same cache.
func TestHub(t *testing.T) {
	h := aRepository(t)
	h.token = "secret"
	s := h.start(t)
	t.Setenv("HF_TOKEN", "secret")
	var said strings.Builder
	m, err := Open(t.Context(), address, &said)
	if err != nil {
		t.Fatal(err)
	}
	c := m.Card()
	if c.Name != "net" || !slices.Equal(c.Labels, []string{"a", "b", "c"}) || c.Prep == nil || c.Prep.Width != 64 ||
		c.Prep.Mean[0] != 127.5 {
		t.Errorf("card %+v", c)
	}
	if want := "net.json beside a copy of " + c.File; !strings.HasPrefix(c.SidecarName(), want) {
		t.Errorf("the sidecar is %s, want %s", c.SidecarName(), want)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256(h.files["onnx/net.onnx"])); c.SHA256 != want {
		t.Errorf("SHA-256 %s, want %s", c.SHA256, want)
	}
	if !strings.Contains(said.String(), "fetching onnx/net.onnx.data") {
		t.Errorf("said %q", said.String())
	}
	dims, x := golden.Array(t, "golden/squeezenet/input.npy")
	local, err := ONNX(golden.Path("models", "squeezenet.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outputs(t, gobackend.GetBackend(), m, dims, x), outputs(t, gobackend.GetBackend(), local, dims,
		x); !reflect.DeepEqual(got, want) {
		t.Errorf("outputs %v, want %v", got, want)
	}
	if i := slices.IndexFunc(h.tokens, func(token string) bool { return token != "" }); i >= 0 {
		t.Errorf("the storage, another host, was sent %q", h.tokens[i])
	}

	fetched := len(h.ranges)
	for _, again := range []string{address, address + "@main", address + "@" + commit, address + "@refs/pr/1"} {
		if _, err := Open(t.Context(), again, io.Discard); err != nil {
			t.Errorf("%s: %v", again, err)
		}
	}
	if len(h.ranges) != fetched {
		t.Errorf("%d files were fetched again", len(h.ranges)-fetched)
	}
	repo := hf.New("owner/net").WithAuth("secret").WithCacheDir(filepath.Join(os.Getenv("HF_HOME"), "hub"))
	repo.Verbosity = 0
	if path, err := repo.DownloadFile("onnx/net.onnx"); err != nil || path != c.File || len(h.ranges) != fetched {
		t.Errorf("go-huggingface has it at %s, %v", path, err)
	}

	s.Close()
	for _, again := range []string{address, address + "@" + commit} {
		said.Reset()
		if _, err := Open(t.Context(), again, &said); err != nil {
			t.Errorf("without a network: %v", err)
		}
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	if _, err := Open(t.Context(), address, io.Discard); err != nil {
		t.Errorf("offline: %v", err)
	}
}

// cached lists what the cache holds in a folder of the repository.
func cached(t *testing.T, folder string) []string {
	t.Helper()
	var out []string
	root := filepath.Join(os.Getenv("HF_HOME"), "hub", "models--owner--net", folder)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".lock") {
			out = append(out, filepath.Base(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A broken transfer is resumed. If it cannot be, it leaves nothing that could be taken for the file, and the next call
// resumes it.
func TestHubInterrupted(t *testing.T) {
	h := aRepository(t)
	h.start(t)
	size := len(h.files["onnx/net.onnx"])
	h.cut, h.cuts = size/3, 2
	if _, err := Open(t.Context(), address, io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := []string{"", fmt.Sprintf("bytes=%d-", size/3), fmt.Sprintf("bytes=%d-", size/3*2),
		""}; !slices.Equal(h.ranges, want) {
		t.Errorf("the storage was asked for %q, want %q", h.ranges, want)
	}

	h = aRepository(t)
	h.start(t)
	h.cut, h.cuts = size/10, 100
	_, err := Open(t.Context(), address, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `fetching "onnx/net.onnx" broke off after`) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if s, b := cached(t, "snapshots"), cached(t, "blobs"); len(s) > 0 || len(b) != 1 ||
		!strings.HasSuffix(b[0], ".incomplete") {
		t.Errorf("the cache holds %q and %q", s, b)
	}
	h.cuts, h.ranges = 0, nil
	if _, err := Open(t.Context(), address, io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("bytes=%d-", 5*(size/10)); h.ranges[0] != want {
		t.Errorf("the storage was asked for %q, want %q first", h.ranges, want)
	}
}

// The end of the context ends a download. Bytes that have not come by then are not waited for.
func TestHubGivenUp(t *testing.T) {
	h := aRepository(t)
	h.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	h.announce = func(map[string]any) { cancel() }
	if _, err := Open(ctx, address, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("given up, it returns %v", err)
	}
}

// A file that is not what the hub announced is an error, and is deleted.
func TestHubWrongHash(t *testing.T) {
	h := aRepository(t)
	h.start(t)
	h.corrupt = true
	_, err := Open(t.Context(), address, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "is not what the hub announced: its checksum is ") {
		t.Errorf("error %v", err)
	}
	if s, b := cached(t, "snapshots"), cached(t, "blobs"); len(s)+len(b) > 0 {
		t.Errorf("the cache holds %q and %q", s, b)
	}
	h.corrupt = false
	m, err := Open(t.Context(), address, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"onnx/net.onnx", "config.json", "onnx/net.onnx.data"} { // large ones and a small one
		data := h.files[name]
		file := filepath.Join(filepath.Dir(filepath.Dir(m.Card().File)), filepath.FromSlash(name))
		if err := os.WriteFile(file, append(slices.Clone(data[:len(data)-1]), data[len(data)-1]^1), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("HF_HUB_OFFLINE", "1")
		if _, err := Open(t.Context(), address, io.Discard); err == nil {
			t.Errorf("%s: damaged in the cache, it was opened", name)
		}
		t.Setenv("HF_HUB_OFFLINE", "")
		var said strings.Builder
		if _, err := Open(t.Context(), address, &said); err != nil ||
			!strings.Contains(said.String(), name+" in the cache is not what the hub announced") {
			t.Errorf("%s: %v, said %q", name, err, said.String())
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: it is still damaged; %v", name, err)
		}
	}
}

// A hub that does not answer, or redirects without end, is given up; the token goes to the hub alone.
func TestHubOfAStranger(t *testing.T) {
	h := aRepository(t)
	h.token = "hf_secret"
	good := h.start(t)
	t.Setenv("HF_TOKEN", h.token)
	var mu sync.Mutex
	asked, tokens := 0, ""
	var bad *httptest.Server
	bad = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked++
		tokens += r.Header.Get("Authorization")
		mu.Unlock()
		switch {
		case strings.HasPrefix(r.URL.Path, "/api"):
			http.Redirect(w, r, bad.URL+r.URL.Path, http.StatusFound) // to itself
		default:
			<-r.Context().Done() // never answers
		}
	}))
	t.Cleanup(bad.Close)

	t.Setenv("HF_ENDPOINT", bad.URL)
	if _, err := Open(t.Context(), address, io.Discard); err == nil ||
		!strings.Contains(err.Error(), "redirects more than 10 times") || asked > 12 {
		t.Errorf("%d requests: %v", asked, err)
	}
	t.Setenv("HF_ENDPOINT", bad.URL+"/silent")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, address, io.Discard); err == nil { // the server would keep it for ever
		t.Error("no error")
	}
	// The good hub's list redirects to another port of its host; the token stays.
	mu.Lock()
	tokens = ""
	mu.Unlock()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, bad.URL+"/elsewhere", http.StatusFound)
	}))
	t.Cleanup(front.Close)
	t.Setenv("HF_ENDPOINT", front.URL)
	ctx, cancel = context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, address, io.Discard); err == nil {
		t.Error("no error")
	}
	mu.Lock()
	defer mu.Unlock()
	if tokens != "" {
		t.Errorf("another port got %q", tokens)
	}
	t.Setenv("HF_ENDPOINT", good.URL)
	if _, err := Open(t.Context(), address, io.Discard); err != nil {
		t.Error(err)
	}
}

// If the hub refuses something, the error is one line that says what to do.
func TestHubErrors(t *testing.T) {
	first := func(list map[string]any) map[string]any { return list["siblings"].([]map[string]any)[0] }
	for name, c := range map[string]struct {
		address, want string
		change        func(t *testing.T, h *fakeHub, s *httptest.Server)
	}{
		"no token": {address,
			"401, not authorised: there is no such repository, or it is private or gated; set HF_TOKEN",
			func(_ *testing.T, h *fakeHub, _ *httptest.Server) { h.token = "secret" }},
		"wrong token": {address, "the token in HF_TOKEN, or of your login, is not valid",
			func(t *testing.T, h *fakeHub, _ *httptest.Server) { h.token = "secret"; t.Setenv("HF_TOKEN", "other") }},
		"no token at all": {address, "another character that no token has",
			func(t *testing.T, _ *fakeHub, _ *httptest.Server) { t.Setenv("HF_TOKEN", "a\nb") }},
		"no repository": {"hf://owner/other/net.onnx", `404, not found: there is no repository "owner/other"`, nil},
		"no revision":   {address + "@v9", `with a revision "v9"`, nil},
		"no file":       {"hf://owner/net/net.onnx", `no file "net.onnx"; its ONNX files are ["onnx/net.onnx"]`, nil},
		"a file is listed and not there": {address, `lists the file "onnx/net.onnx.data" and says 404, not found, for it`,
			func(_ *testing.T, h *fakeHub, _ *httptest.Server) {
				h.announce = func(map[string]any) { delete(h.files, "onnx/net.onnx.data") } // after it was listed
			}},
		"no network": {address, "the hub did not answer",
			func(_ *testing.T, _ *fakeHub, s *httptest.Server) { s.Close() }},
		"offline": {address, "HF_HUB_OFFLINE",
			func(t *testing.T, _ *fakeHub, _ *httptest.Server) { t.Setenv("HF_HUB_OFFLINE", "1") }},
		"not ONNX": {"hf://owner/net/config.json", "is not an ONNX file", nil},
		"commit": {address, "which is no commit", func(_ *testing.T, h *fakeHub, _ *httptest.Server) {
			h.announce = func(l map[string]any) { l["sha"] = "../../x" }
		}},
		"checksum": {address, "names no checksum", func(_ *testing.T, h *fakeHub, _ *httptest.Server) {
			h.files = map[string][]byte{"onnx/net.onnx": {1}}
			h.announce = func(l map[string]any) { first(l)["lfs"] = map[string]any{"sha256": "../../x", "size": 1} }
		}},
		"weights are missing": {address, `no file "onnx/net.onnx.data"`,
			func(_ *testing.T, h *fakeHub, _ *httptest.Server) { delete(h.files, "onnx/net.onnx.data") }},
		"preprocessing": {address, "preprocessor_config.json: it pads pictures",
			func(_ *testing.T, h *fakeHub, _ *httptest.Server) {
				h.files["preprocessor_config.json"] = []byte(`{"do_pad": true}`)
			}},
		"labels": {address, "config.json: id2label names 2 classes and not the class 1",
			func(_ *testing.T, h *fakeHub, _ *httptest.Server) {
				h.files["config.json"] = []byte(`{"id2label": {"0": "a", "2": "b"}}`)
			}},
		"not an address":         {"hf://net.onnx", "names no file", nil},
		"owner leads out":        {"hf://../net/net.onnx", "no valid owner and name", nil},
		"token in the address":   {"hf://owner/net/x.onnx?token=secret", `x.onnx?***" has a question mark`, nil},
		"file leads out":         {"hf://owner/net/../../x.onnx", "not within a repository", nil},
		"revision leads out":     {"hf://owner/net/x.onnx@../../x", "neither a branch nor a tag", nil},
		"revision is nothing":    {"hf://owner/net/x.onnx@", "neither a branch nor a tag", nil},
		"revision after a name":  {"hf://owner/net@v9/x.onnx", `with a revision "v9"`, nil},
		"file with a back slash": {`hf://owner/net/..\x.onnx`, "not within a repository", nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := aRepository(t)
			s := h.start(t)
			if c.change != nil {
				c.change(t, h, s)
			}
			_, err := Open(t.Context(), c.address, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// What stands in HF_ENDPOINT by mistake may be a token, and is not shown.
func TestEndpointThatIsNone(t *testing.T) {
	for _, e := range []string{"hf_secret", "user:hf_secret@host", "file:///hf_secret", "https://", "//hf_secret"} {
		t.Setenv("HF_ENDPOINT", e)
		t.Setenv("HF_HUB_CACHE", t.TempDir())
		_, err := Open(t.Context(), address, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "HF_ENDPOINT is no address") ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %v", e, err)
		}
	}
}
