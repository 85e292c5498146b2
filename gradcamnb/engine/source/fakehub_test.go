package source

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // git names its objects by it
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeHub speaks the hub's protocol. The repository's list is at /api/models, and its files are at /owner/net/resolve,
// where large ones are redirected to another host. It sends the hub's headers and answers Range requests.
type fakeHub struct {
	files map[string][]byte // .onnx and .data are large ones
	token string            // wanted; empty for a public repository

	announce func(list map[string]any) // changes the list before it is sent
	corrupt  bool                      // files are not what was announced

	mu      sync.Mutex
	cut     int      // the storage breaks off after so many bytes, if not zero
	cuts    int      // so many times more
	ranges  []string // the Range headers that the storage saw
	tokens  []string // the Authorization headers that it saw
	storage *httptest.Server
}

// start serves the hub for the rest of the test, with an empty cache.
func (h *fakeHub) start(t *testing.T) *httptest.Server {
	t.Helper()
	h.storage = httptest.NewServer(http.HandlerFunc(h.store))
	t.Cleanup(h.storage.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/models/owner/net/revision/{revision}", h.list)
	mux.HandleFunc("GET /owner/net/resolve/{commit}/{file...}", h.resolve)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Setenv("HF_ENDPOINT", s.URL)
	t.Setenv("HF_HOME", t.TempDir())
	for _, name := range []string{"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE",
		"HF_HUB_OFFLINE"} {
		t.Setenv(name, "")
	}
	return s
}

func (h *fakeHub) allowed(w http.ResponseWriter, r *http.Request) bool {
	if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
		w.Header().Set("X-Error-Message", "Invalid credentials in Authorization header")
		w.WriteHeader(http.StatusUnauthorized)
		return false
	}
	return true
}

func large(name string) bool {
	return strings.HasSuffix(name, ".onnx") || strings.HasSuffix(name, ".data")
}

func gitBlob(data []byte) string {
	return fmt.Sprintf("%x", sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(data)), data...))) //nolint:gosec // git's
}

func (h *fakeHub) list(w http.ResponseWriter, r *http.Request) {
	if !h.allowed(w, r) {
		return
	}
	if revision := r.PathValue("revision"); revision != "main" && revision != "refs/pr/1" && revision != commit {
		http.Error(w, `{"error": "Invalid rev id"}`, http.StatusNotFound)
		return
	}
	var siblings []map[string]any
	for name, data := range h.files {
		f := map[string]any{"rfilename": name, "size": len(data), "blobId": gitBlob(data)}
		if large(name) {
			f["lfs"] = map[string]any{"sha256": fmt.Sprintf("%x", sha256.Sum256(data)), "size": len(data), "pointerSize": 134}
		}
		siblings = append(siblings, f)
	}
	list := map[string]any{"id": "owner/net", "sha": commit, "siblings": siblings}
	if h.announce != nil {
		h.announce(list)
	}
	_ = json.NewEncoder(w).Encode(list)
}

func (h *fakeHub) resolve(w http.ResponseWriter, r *http.Request) {
	if !h.allowed(w, r) {
		return
	}
	name := r.PathValue("file")
	data, ok := h.files[name]
	if !ok || r.PathValue("commit") != commit {
		w.Header().Set("X-Error-Code", "EntryNotFound")
		http.Error(w, "Entry not found", http.StatusNotFound)
		return
	}
	w.Header().Set("X-Repo-Commit", commit)
	if large(name) {
		w.Header().Set("X-Linked-Etag", fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(data))))
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(data)))
		http.Redirect(w, r, strings.Replace(h.storage.URL, "127.0.0.1", "localhost", 1)+"/"+url.PathEscape(name)+
			"?signed=yes", http.StatusFound)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf("%q", gitBlob(data)))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}

func (h *fakeHub) store(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	data := h.files[name]
	h.mu.Lock()
	h.ranges, h.tokens = append(h.ranges, r.Header.Get("Range")), append(h.tokens, r.Header.Get("Authorization"))
	cut := 0
	if h.cuts > 0 {
		h.cuts--
		cut = h.cut
	}
	h.mu.Unlock()
	if h.corrupt {
		data = slices.Clone(data)
		data[len(data)/2] ^= 1
	}
	w.Header().Set("ETag", fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(data))))
	if cut == 0 {
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
		return
	}
	http.ServeContent(&cuttingWriter{w, cut}, r, name, time.Time{}, bytes.NewReader(data))
}

// cuttingWriter drops the connection after a number of bytes.
type cuttingWriter struct {
	http.ResponseWriter
	left int
}

func (c *cuttingWriter) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

// aRepository returns a repository of a network with its weights in a second file, preprocessing and labels.
func aRepository(t *testing.T) *fakeHub {
	t.Helper()
	path := external(t, nil)
	h := &fakeHub{files: map[string][]byte{
		"preprocessor_config.json": []byte(
			`{"image_processor_type": "ViTImageProcessor", "size": {"height": 64, "width": 64}, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}`),
		"config.json": []byte(`{"id2label": {"0": "a", "1": "b", "2": "c"}}`),
	}}
	for name, file := range map[string]string{"onnx/net.onnx": path, "onnx/net.onnx.data": path + ".data"} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		h.files[name] = data
	}
	return h
}
