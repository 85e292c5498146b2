package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	hf "github.com/gomlx/go-huggingface/hub"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// Limits on what a hub is asked for.
const (
	listTime     = 30 * time.Second // for the list of a repository's files
	maxList      = 32 << 20         // bytes of that list
	maxFiles     = 1 << 20          // objects in that list, of which a file has one or two
	maxRedirects = 10
)

// endpointOf returns the address of the hub: $HF_ENDPOINT, or go-huggingface's default, which 0.4.3 does not export.
func endpointOf(r *hf.Repo) (*url.URL, error) {
	field := reflect.ValueOf(r).Elem().FieldByName("hfEndpoint")
	if field.Kind() != reflect.String || field.String() == "" {
		return nil, errors.New("this version of go-huggingface does not say where the hub is: name it in HF_ENDPOINT")
	}
	u, err := url.Parse(field.String())
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("HF_ENDPOINT is no address of a hub: one begins with https:// or http://, and a name follows")
	}
	return u, nil
}

// client returns a client that follows redirects. It sends the token to the hub's own scheme, host and port only, and
// never follows from https to another scheme.
func (r *Repo) client() *http.Client {
	return &http.Client{CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return fmt.Errorf("it redirects more than %d times", maxRedirects)
		}
		if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
			return errors.New("it redirects from https to " + req.URL.Scheme)
		}
		if req.URL.Scheme != r.endpoint.Scheme || req.URL.Host != r.endpoint.Host {
			req.Header.Del("Authorization")
		}
		return nil
	}}
}

// get sends a request to the hub.
func (r *Repo) get(ctx context.Context, address string, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", hf.DefaultHttpUserAgent())
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	return r.client().Do(req)
}

// request asks for a file, from one byte on.
func (r *Repo) request(ctx context.Context, name string, from int64) (*http.Response, error) {
	parts := []string{r.endpoint.String(), r.ref.Repo, "resolve", r.commit}
	for part := range strings.SplitSeq(name, "/") {
		parts = append(parts, url.PathEscape(part))
	}
	header := map[string]string{"Accept-Encoding": "identity"}
	if from > 0 {
		header["Range"] = fmt.Sprintf("bytes=%d-", from)
	}
	return r.get(ctx, strings.Join(parts, "/"), header)
}

// statusError is the status of an answer other than 200.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("it answered with status %d", int(s)) }

// listing is what the hub says of a revision.
type listing struct {
	Commit string        `json:"sha"`
	Files  []hf.FileInfo `json:"siblings"`
}

// listError is the error of a list that cannot be used.
type listError struct{ reason string }

func (l *listError) Error() string { return l.reason }

// readList reads the list of the revision's files.
func (r *Repo) readList(data []byte) (listing, error) {
	wrong := func(format string, args ...any) (listing, error) {
		return listing{}, &listError{fmt.Sprintf(format, args...)}
	}
	if len(data) > maxList || bytes.Count(data, []byte("{")) > maxFiles {
		return wrong("it has more than %d MiB or %d files", maxList>>20, maxFiles)
	}
	var l listing
	if json.Unmarshal(data, &l) != nil {
		return wrong("it cannot be read")
	}
	if !commitPattern.MatchString(l.Commit) { // it becomes the name of a folder
		return wrong("it names the commit %.100q, which is no commit", l.Commit)
	}
	if commitPattern.MatchString(r.ref.Revision) && l.Commit != r.ref.Revision {
		return wrong("it is of the commit %s, which is not the one that is asked for", l.Commit)
	}
	return l, nil
}

// cachedList reads the list that is in the cache.
func (r *Repo) cachedList(file string) (listing, error) {
	data, err := regular.Read(file, maxList)
	if err != nil {
		return listing{}, err
	}
	return r.readList(data)
}

// fetchList fetches the list of the revision's files into the cache, where go-huggingface finds it, too. It ends with
// ctx or after listTime, and keeps the list that is there if anything fails. go-huggingface's own function does none of
// this.
func (r *Repo) fetchList(ctx context.Context, file string) (listing, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, listTime, fmt.Errorf("it has not answered in %s", listTime))
	defer cancel()
	revision := url.PathEscape(r.ref.Revision)
	resp, err := r.get(ctx, fmt.Sprintf("%s/api/models/%s/revision/%s?blobs=true", r.endpoint, r.ref.Repo, revision), nil)
	if err != nil {
		return listing{}, explainError(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // only read
	if resp.StatusCode != http.StatusOK {
		return listing{}, statusError(resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxList+1))
	if err != nil {
		return listing{}, explainError(ctx, err)
	}
	l, err := r.readList(data)
	if err != nil {
		return listing{}, err
	}
	if err := replaceList(file, data); err != nil { // as in a cache that may only be read
		fmt.Fprintf(r.say, "gradcam: the list of the files of %s is not kept: %v\n", r.ref.Repo, err)
	}
	return l, nil
}

// replaceList puts the list into the cache. A pipe, or a link, that somebody else may have put there is removed.
func replaceList(file string, data []byte) error {
	if info, err := os.Lstat(file); err == nil && !info.Mode().IsRegular() {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(file, data)
}

// explainError returns the reason why ctx ended, if it did. Else it returns the error of the transfer without the
// address, which may hold a signature.
func explainError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
