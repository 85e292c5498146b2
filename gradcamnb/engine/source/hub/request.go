package hub

import (
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
)

// Limits on what a hub is asked for.
const (
	listTime     = 30 * time.Second // for the list of a repository's files
	maxList      = 32 << 20         // bytes of that list
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
		return nil, fmt.Errorf("HF_ENDPOINT is %q, which is no address of a hub", field.String())
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
	parts := []string{r.endpoint.String(), r.ref.Repo, "resolve", r.hf.Info().CommitHash}
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

// fetchList fetches the list of the revision's files into the cache, where go-huggingface reads it. It ends with ctx or
// after listTime, and keeps the list that is there if anything fails. go-huggingface's own function does none of this.
func (r *Repo) fetchList(ctx context.Context, file string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, listTime, fmt.Errorf("it has not answered in %s", listTime))
	defer cancel()
	revision := url.PathEscape(r.ref.Revision)
	resp, err := r.get(ctx, fmt.Sprintf("%s/api/models/%s/revision/%s?blobs=true", r.endpoint, r.ref.Repo, revision), nil)
	if err != nil {
		return explainError(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // only read
	if resp.StatusCode != http.StatusOK {
		return statusError(resp.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxList+1))
	switch {
	case err != nil:
		return explainError(ctx, err)
	case len(data) > maxList:
		return fmt.Errorf("its list of the repository's files has more than %d MiB", maxList>>20)
	case json.Unmarshal(data, &hf.RepoInfo{}) != nil:
		return errors.New("its list of the repository's files cannot be read")
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
