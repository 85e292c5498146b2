package study

import (
	"archive/tar"
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// maxPictureFile is the most bytes that a picture in an archive may have.
const maxPictureFile = 256 << 20

// Tar returns the pictures of a shard of WebDataset: a tar archive in which a picture and its label share a name, such
// as 0001.jpg and 0001.cls. The .cls file holds the label, or the .txt file if there is no .cls. A picture is read when
// it is opened.
func Tar(path string) (out []Picture, err error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the archive of pictures: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	type sample struct{ cls, txt string }
	labels := map[string]sample{}
	var keys []string
	at := &countingReader{r: f}
	for t := tar.NewReader(at); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s is no tar archive, or it is damaged: %w", path, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		ext := strings.ToLower(filepath.Ext(h.Name))
		key := strings.TrimSuffix(h.Name, filepath.Ext(h.Name))
		switch {
		case slices.Contains(extensions, ext):
			out = append(out, member(path, h.Name, at.n, h.Size))
			keys = append(keys, key)
		case ext == ".cls" || ext == ".txt":
			text, err := io.ReadAll(io.LimitReader(t, 1<<10))
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, h.Name, err)
			}
			s := labels[key]
			if ext == ".cls" {
				s.cls = strings.TrimSpace(string(text))
			} else {
				s.txt = strings.TrimSpace(string(text))
			}
			labels[key] = s
		}
	}
	for i, key := range keys {
		if out[i].Label = labels[key].cls; out[i].Label == "" {
			out[i].Label = labels[key].txt
		}
	}
	return out, nil
}

// countingReader counts the bytes that are read, so that the place of a member in the archive is known.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// member returns the picture whose bytes begin at a place in an archive.
func member(path, name string, at, size int64) Picture {
	return Picture{Name: filepath.Base(path) + "/" + name, Open: func() (img image.Image, err error) {
		if size > maxPictureFile {
			return nil, fmt.Errorf("%s in %s has %d bytes, and at most %d are read", name, path, size, maxPictureFile)
		}
		f, err := regular.Open(path)
		if err != nil {
			return nil, fmt.Errorf("the archive of pictures: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		data, err := io.ReadAll(io.NewSectionReader(f, at, size))
		if err != nil {
			return nil, fmt.Errorf("%s in %s: %w", name, path, err)
		}
		return imgio.Decode(data, name)
	}}
}
