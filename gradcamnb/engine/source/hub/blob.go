package hub

import (
	"cmp"
	"context"
	"crypto/sha1" //nolint:gosec // git names its objects by it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	hf "github.com/gomlx/go-huggingface/hub"

	"github.com/gradcam-go/gradcam/internal/progress"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// content is what the hub says that a file must contain.
type content struct {
	size int64
	sum  string // in hex; also the file's name among the blobs
	hash func() hash.Hash
}

var sumPattern = regexp.MustCompile(`^[0-9a-f]+$`) // it becomes the name of a file

// expected returns what the hub says about a file. For a large file that is the SHA-256 that Git LFS keeps. For a small
// one it is git's name, the SHA-1 of "blob SIZE\0" and the content.
func expected(f *hf.FileInfo) (content, error) {
	c := content{size: f.Size, sum: f.BlobID, hash: sha1.New}
	if f.LFS != nil {
		c = content{size: f.LFS.Size, sum: f.LFS.SHA256, hash: sha256.New}
	}
	if len(c.sum) != 2*c.hash().Size() || !sumPattern.MatchString(c.sum) || c.size < 0 {
		return content{}, errors.New("the hub names no checksum for it, so it cannot be checked")
	}
	return c, nil
}

// check returns an error that says what is wrong with a file; nil if it is right.
func (c content) check(f io.ReadSeeker) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h := c.hash()
	if h.Size() == sha1.Size {
		fmt.Fprintf(h, "blob %d\x00", c.size)
	}
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != c.sum {
		return fmt.Errorf("its checksum is %s and the hub says %s", got, c.sum)
	}
	return nil
}

// checked holds the files of the cache whose sums were found right in this process.
var checked sync.Map

// has tells whether a file is there, whole and with the right sum. The sum is computed once for each process, and again
// after the file has changed.
func (c content) has(path string) bool {
	f, err := regular.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil || info.Size() != c.size {
		return false
	}
	key := fmt.Sprintf("%s %s %d", c.sum, path, info.ModTime().UnixNano())
	if _, done := checked.Load(key); done {
		return true
	}
	if c.check(f) != nil {
		return false
	}
	checked.Store(key, true)
	return true
}

const (
	tries = 5                // transfers of a file at most, each of which must bring something
	stall = 60 * time.Second // a transfer without a byte for so long counts as broken
)

// blob downloads the content of a file, unless another process does so or did. A partial download is kept next to it,
// and is resumed.
func (r *Repo) blob(ctx context.Context, name, blob string, want content) error {
	if err := os.MkdirAll(filepath.Dir(blob), 0o755); err != nil {
		return fmt.Errorf("the cache of the hub: %w", err)
	}
	lock := flock.New(blob+".lock", flock.SetFlag(os.O_CREATE|os.O_RDONLY|syscall.O_NONBLOCK)) // which may be a pipe
	free, err := lock.TryLock()
	if err == nil && !free {
		fmt.Fprintf(r.say, "gradcam: waiting for another process that fetches %s\n", name)
		_, err = lock.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("%s: waiting for another process that fetches %q: %w", r.ref, name, err)
	}
	defer func() { _ = lock.Unlock() }() // the end of the process unlocks it, too
	if want.has(blob) {
		return nil
	}
	part := blob + ".incomplete" // as Python calls it
	f, err := openPart(part)
	if err != nil {
		return fmt.Errorf("the cache of the hub: %w", err)
	}
	defer func() { _ = f.Close() }() // the close that counts is below
	if err := r.fill(ctx, name, f, want); err != nil {
		return err
	}
	if err := want.check(f); err != nil {
		return errors.Join(fmt.Errorf("%s: %q is not what the hub announced: %w; it is deleted, so try again", r.ref, name,
			err), f.Close(), os.Remove(part))
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("the cache of the hub: %w", err)
	}
	return os.Rename(part, blob)
}

// openPart opens the part of a file that was downloaded before, or makes it. A link that leads elsewhere, which
// somebody else may have put into a shared cache, is not followed.
func openPart(path string) (*os.File, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // the file stays open
	return regular.MakeIn(root, filepath.Base(path))
}

// fill downloads the rest of f, up to the wanted size.
func (r *Repo) fill(ctx context.Context, name string, f *os.File, want content) error {
	line := progress.New(r.say)
	defer line.Clear()
	for try := 1; ; try++ {
		have, err := f.Seek(0, io.SeekEnd)
		if err != nil {
			return fmt.Errorf("the cache of the hub: %w", err)
		}
		if have > want.size { // it holds something else
			have = 0
			if err := f.Truncate(0); err != nil {
				return fmt.Errorf("the cache of the hub: %w", err)
			}
		}
		if have == want.size {
			return nil
		}
		if try == 1 {
			fmt.Fprintf(r.say, "gradcam: fetching %s, %s (%s)\n", name, megabytes(want.size-have), r.ref.Repo)
		}
		err = r.transfer(ctx, partial{f, name, have, want.size}, func(done int64) {
			line.Set("gradcam: %s: %d %% of %s", name, 100*done/max(1, want.size), megabytes(want.size))
		})
		now, errSeek := f.Seek(0, io.SeekEnd)
		switch {
		case errSeek != nil:
			return fmt.Errorf("the cache of the hub: %w", errSeek)
		case now == want.size:
			return nil
		case errors.As(err, new(refusal)):
			return err
		case errors.Is(err, errNoBeginning) && try == 1: // what an earlier call left is of another file
		case ctx.Err() != nil || try == tries || now <= have:
			err = explainError(ctx, cmp.Or(err, io.ErrUnexpectedEOF))
			return fmt.Errorf("%s: fetching %q broke off after %s of %s: %w; the next time it goes on from there", r.ref, name,
				megabytes(now), megabytes(want.size), err)
		}
	}
}

// errNoBeginning is the error of a part in the cache that is longer than the hub's file.
var errNoBeginning = errors.New("the hub has no bytes of it")

// refusal is an answer of the hub that another try would not change.
type refusal struct{ error }

// partial is a file whose first bytes are there.
type partial struct {
	*os.File
	name       string // in the repository
	have, size int64
}

// transfer appends to f what the hub sends, from the first missing byte on.
func (r *Repo) transfer(ctx context.Context, f partial, report func(done int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(stall, cancel)
	defer watchdog.Stop()
	resp, err := r.request(ctx, f.name, f.have)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // only read
	switch resp.StatusCode {
	case http.StatusOK: // the hub sends the file from the beginning
		f.have = 0
		if err := f.Truncate(0); err != nil {
			return err
		}
	case http.StatusPartialContent:
		var from int64
		if _, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-", &from); err != nil || from != f.have {
			return refusal{fmt.Errorf("%s: %q: asked for the bytes from %d on, the hub sent %q", r.ref, f.name, f.have,
				resp.Header.Get("Content-Range"))}
		}
	case http.StatusRequestedRangeNotSatisfiable: // what is there is no beginning of the file
		return errors.Join(fmt.Errorf("%w from %d on", errNoBeginning, f.have), f.Truncate(0))
	default:
		return refusal{r.refusedFile(f.name, resp.StatusCode)}
	}
	if _, err := f.Seek(f.have, io.SeekStart); err != nil {
		return err
	}
	_, err = io.Copy(f, &countingReader{io.LimitReader(resp.Body, f.size-f.have), f.have, func(done int64) {
		watchdog.Reset(stall)
		report(done)
	}})
	return err
}

// countingReader is a reader that reports how many bytes it has read.
type countingReader struct {
	io.Reader
	done   int64
	report func(done int64)
}

func (h *countingReader) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.done += int64(n)
	h.report(h.done)
	return n, err
}

func megabytes(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
