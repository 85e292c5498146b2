package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// inCache returns the path of a file of the repository in the cache.
func inCache(parts ...string) string {
	return filepath.Join(append([]string{os.Getenv("HF_HOME"), "hub", "models--owner--net"}, parts...)...)
}

// A list of files that contradicts itself is an error, and does not replace the one in the cache.
func TestHubListOfLies(t *testing.T) {
	h := aRepository(t)
	h.start(t)
	h.announce = func(l map[string]any) {
		l["siblings"] = append([]map[string]any{nil}, l["siblings"].([]map[string]any)...)
	}
	if _, err := Open(t.Context(), address, io.Discard); err != nil {
		t.Errorf("a list with null: %v", err)
	}
	for want, change := range map[string]func(l map[string]any){
		"which is no commit": func(l map[string]any) { l["sha"] = "../../x" },
		"1048576 files":      func(l map[string]any) { l["siblings"] = make([]struct{}, 1<<20) },
		"cannot be read":     func(l map[string]any) { l["siblings"] = "x" },
	} {
		h.announce = change
		var said strings.Builder
		if _, err := Open(t.Context(), address, &said); err != nil || !strings.Contains(said.String(), "sent no list") ||
			!strings.Contains(said.String(), want) || !strings.Contains(said.String(), "is taken from the cache") {
			t.Errorf("%s: %v, said %q", want, err, said.String())
		}
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	if _, err := Open(t.Context(), address, io.Discard); err != nil {
		t.Errorf("the list in the cache was replaced: %v", err)
	}
}

// A commit that is asked for is not another one.
func TestHubOfAnotherCommit(t *testing.T) {
	h := aRepository(t)
	h.start(t)
	h.announce = func(l map[string]any) { l["sha"] = strings.Repeat("f", 40) }
	if _, err := Open(t.Context(), address+"@"+commit, io.Discard); err == nil ||
		!strings.Contains(err.Error(), "not the one that is asked for") {
		t.Errorf("error %v", err)
	}
}

// Pipes and links in the cache, which may be shared, neither stop a download nor lead it elsewhere.
func TestHubCacheOfAStranger(t *testing.T) {
	posix.Need(t)
	h := aRepository(t)
	blob := fmt.Sprintf("%x", sha256.Sum256(h.files["onnx/net.onnx"]))
	victim := filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	part := blob + ".incomplete"
	fifo := func(name ...string) func() error {
		return func() error { return posix.Mkfifo(inCache(name...), 0o600) }
	}
	file := func(text string, name ...string) func() error {
		return func() error { return os.WriteFile(inCache(name...), []byte(text), 0o600) }
	}
	for name, c := range map[string]struct {
		prepare func() error
		want    string // in the error; empty if there is none
	}{
		"the lock is a pipe": {fifo("blobs", blob+".lock"), ""},
		"the part is a pipe": {fifo("blobs", part), "a pipe"},
		"the part is a link": {func() error { return os.Symlink(victim, inCache("blobs", part)) },
			"leads out of the folder"},
		"the file is a pipe":       {fifo("blobs", blob), ""},
		"the list is a pipe":       {fifo("info", "main"), ""},
		"the part is of no file":   {file("x", "blobs", part), "not what the hub announced"},
		"the list is of no object": {file("[]", "info", "main"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			h.start(t)
			err := errors.Join(os.MkdirAll(inCache("blobs"), 0o700), os.MkdirAll(inCache("info"), 0o700), c.prepare())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err = Open(ctx, address, io.Discard)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if text, err := os.ReadFile(victim); err != nil || !bytes.Equal(text, []byte("precious")) {
				t.Errorf("the file that the link leads to has %q, %v", text, err)
			}
		})
	}
}

// A file that the hub calls longer than it is ends in an error, and so does the next try, which begins anew.
func TestHubOfShortFile(t *testing.T) {
	h := aRepository(t)
	h.start(t)
	h.announce = func(l map[string]any) {
		for _, f := range l["siblings"].([]map[string]any) {
			if lfs, ok := f["lfs"].(map[string]any); ok {
				lfs["size"] = lfs["size"].(int) + 10
			}
		}
	}
	for range 2 {
		_, err := Open(t.Context(), address, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "no bytes of it from") {
			t.Errorf("error %v", err)
		}
	}
	if first := slices.Index(h.ranges[1:], ""); first < 0 {
		t.Errorf("the storage was asked for %q", h.ranges)
	}
}
