// Package hub fetches files of a model repository into the cache that Python's huggingface_hub and go-huggingface
// share. go-huggingface says where the hub and the cache are. This package does what v0.4.3 does not do: it bounds and
// checks the list of a repository's files, resumes a download that was interrupted, and uses no file before its
// checksum is right (see docs/upstream.md).
package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	hf "github.com/gomlx/go-huggingface/hub"

	"github.com/gradcam-go/gradcam/internal/regular"
)

// Repo is a repository at one commit.
type Repo struct {
	ref      Ref
	token    string
	endpoint *url.URL
	dir      string // folder of the repository in the cache
	commit   string
	files    map[string]*hf.FileInfo
	offline  bool
	say      io.Writer
}

// Open finds a repository and lists its files. If the hub cannot be reached, or if HF_HUB_OFFLINE is set, the list is
// what the cache holds.
//
// As in Python, HF_TOKEN is the access token, HF_ENDPOINT names another hub, and HF_HUB_CACHE or HF_HOME another cache.
// Open writes to say what it fetches.
func Open(ctx context.Context, ref Ref, say io.Writer) (*Repo, error) {
	r := &Repo{ref: ref, token: token(), say: say}
	h := hf.New(ref.Repo)
	if dir := cacheDir(); dir != "" {
		h.WithCacheDir(dir)
	}
	var err error
	if r.dir, err = h.CacheDir(); err != nil {
		return nil, fmt.Errorf("the cache of the hub: %w", err)
	}
	if r.endpoint, err = endpointOf(h); err != nil {
		return nil, err
	}
	if strings.ContainsFunc(r.token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return nil, errors.New("the token in HF_TOKEN, or of your login, has a space or another character that no token has: copy it again")
	}
	if err := r.list(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// cacheDir returns the cache that the environment names; empty for go-huggingface's default.
func cacheDir() string {
	if dir := os.Getenv("HF_HUB_CACHE"); dir != "" {
		return dir
	}
	if dir := os.Getenv("HF_HOME"); dir != "" {
		return filepath.Join(dir, "hub")
	}
	return ""
}

// token returns the user's access token, from the places where Python's tools look; empty if there is none.
func token() string {
	if t := cmp.Or(os.Getenv("HF_TOKEN"), os.Getenv("HUGGING_FACE_HUB_TOKEN")); t != "" {
		return strings.TrimSpace(t)
	}
	file := os.Getenv("HF_TOKEN_PATH")
	if file == "" {
		home := os.Getenv("HF_HOME")
		if home == "" {
			cache, err := os.UserCacheDir()
			if err != nil {
				return ""
			}
			home = filepath.Join(cache, "huggingface")
		}
		file = filepath.Join(home, "token")
	}
	data, err := regular.Read(file, 1<<16)
	if err != nil {
		return "" // the user has logged out
	}
	return strings.TrimSpace(string(data))
}

var commitPattern = regexp.MustCompile(`^[0-9a-f]{40}$`)

// list fills in the commit and the files of the revision.
func (r *Repo) list(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	file := filepath.Join(r.dir, "info", url.PathEscape(r.ref.Revision))
	l, err := r.cachedList(file)
	known := err == nil
	r.offline = os.Getenv("HF_HUB_OFFLINE") == "1"
	switch {
	case r.offline && !known:
		return fmt.Errorf("%s is not in the cache, or its list of files is damaged there, and HF_HUB_OFFLINE is set", r.ref)
	case !r.offline && (!known || !commitPattern.MatchString(r.ref.Revision)): // a commit does not change
		fetched, err := r.fetchList(ctx, file)
		if err == nil {
			l = fetched
		} else if err := r.goOffline(ctx, err, known); err != nil {
			return err
		}
	}
	r.commit, r.files = l.Commit, map[string]*hf.FileInfo{}
	for i, f := range l.Files {
		if properFile(f.Name) {
			r.files[f.Name] = &l.Files[i]
		}
	}
	return nil
}

// goOffline tells that the list in the cache is used, if there is one. Otherwise it returns an error: the hub gave no
// list, for the reason err.
func (r *Repo) goOffline(ctx context.Context, err error, known bool) error {
	var status statusError
	var wrong *listError
	said := "did not answer"
	switch {
	case errors.As(err, &status):
		return r.refused(int(status))
	case errors.As(err, &wrong):
		said = "sent no list of the repository's files"
	}
	if ctx.Err() != nil || !known {
		return fmt.Errorf("%s: the hub %s: %w", r.ref, said, err)
	}
	r.offline = true
	fmt.Fprintf(r.say, "gradcam: the hub %s (%v); %s is taken from the cache\n", said, err, r.ref)
	return nil
}

// refused returns an error that explains a status of the hub.
func (r *Repo) refused(status int) error {
	switch status {
	case http.StatusUnauthorized:
		hint := "set HF_TOKEN to a token that may read it"
		if r.token != "" {
			hint = "the token in HF_TOKEN, or of your login, is not valid for it"
		}
		return fmt.Errorf("%s: the hub says 401, not authorised: there is no such repository, or it is private or gated; %s",
			r.ref, hint)
	case http.StatusForbidden:
		return fmt.Errorf("%s: the hub says 403, forbidden: the repository is gated; accept its conditions on its page, with the account of your HF_TOKEN", r.ref)
	case http.StatusNotFound:
		return fmt.Errorf("%s: the hub says 404, not found: there is no repository %q with a revision %q", r.ref, r.ref.Repo,
			r.ref.Revision)
	}
	return fmt.Errorf("%s: the hub answered with status %d; try again later", r.ref, status)
}

// refusedFile returns an error that explains a status of the hub for a file that it lists.
func (r *Repo) refusedFile(name string, status int) error {
	if status == http.StatusNotFound {
		return fmt.Errorf("%s: the hub lists the file %q and says 404, not found, for it; try again later", r.ref, name)
	}
	return r.refused(status)
}

// Has tells whether the repository has a file.
func (r *Repo) Has(name string) bool { return r.files[name] != nil }

// SHA256 returns the hub's checksum of a file; empty for small files, which have another kind of checksum.
func (r *Repo) SHA256(name string) string {
	if f := r.files[name]; f != nil && f.LFS != nil {
		return f.LFS.SHA256
	}
	return ""
}

// Fetch brings a file into the cache, whole and checked, and returns its path there.
func (r *Repo) Fetch(ctx context.Context, name string) (string, error) {
	f := r.files[name]
	if f == nil {
		return "", fmt.Errorf("%s: the repository has no file %q; %s", r.ref, name, r.models())
	}
	want, err := expected(f)
	if err != nil {
		return "", fmt.Errorf("%s: %q: %w", r.ref, name, err)
	}
	snapshot := filepath.Join(r.dir, "snapshots", r.commit, filepath.FromSlash(name))
	if want.has(snapshot) {
		return snapshot, nil
	}
	if r.offline {
		return "", fmt.Errorf("%s: %q is not in the cache, or is damaged there, and the hub cannot be reached; try again when you are online", r.ref, name)
	}
	if _, err := os.Stat(snapshot); err == nil {
		fmt.Fprintf(r.say, "gradcam: %s in the cache is not what the hub announced, and is fetched anew\n", name)
	}
	blob := filepath.Join(r.dir, "blobs", want.sum)
	if err := r.blob(ctx, name, blob, want); err != nil {
		return "", err
	}
	return snapshot, link(snapshot, blob)
}

// models returns words that name the ONNX files of the repository.
func (r *Repo) models() string {
	var names []string
	for name := range r.files {
		if path.Ext(name) == ".onnx" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "it has no ONNX file at all"
	}
	slices.Sort(names)
	return fmt.Sprintf("its ONNX files are %q", names[:min(len(names), 10)])
}

// link makes the file of a snapshot out of a blob, as Python does: as a relative link, or by moving the blob if the
// system has no links.
func link(snapshot, blob string) error {
	if err := os.MkdirAll(filepath.Dir(snapshot), 0o755); err != nil {
		return fmt.Errorf("the cache of the hub: %w", err)
	}
	if err := os.Remove(snapshot); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the cache of the hub: %w", err)
	}
	to, err := filepath.Rel(filepath.Dir(snapshot), blob)
	if err == nil {
		err = os.Symlink(to, snapshot)
	}
	if err != nil {
		err = os.Rename(blob, snapshot)
	}
	if err != nil && !errors.Is(err, os.ErrExist) { // another process was quicker
		return fmt.Errorf("the cache of the hub: %w", err)
	}
	return nil
}
