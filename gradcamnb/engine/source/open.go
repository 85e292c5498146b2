package source

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/hub"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// Open opens a model by its reference: an ONNX file, or an address on the hub,
// hf://owner/name/file.onnx[@revision]. say hears what is fetched.
//
// Of a model with several inputs, model.onnx#name says which is the picture.
func Open(ctx context.Context, ref string, say io.Writer) (Model, error) {
	m, err := open(ctx, ref, say)
	if err != nil {
		return nil, err
	}
	for _, line := range []string{m.Card().Told, m.Card().Odd} {
		if line != "" {
			fmt.Fprintln(say, "gradcam: "+line)
		}
	}
	return m, nil
}

func open(ctx context.Context, ref string, say io.Writer) (Model, error) {
	file, picture := cutPicture(ref)
	o := onnxnorm.Options{Picture: picture}
	if strings.HasPrefix(ref, hub.Scheme) {
		return openHub(ctx, file, o, say)
	}
	if err := notONNX(file); err != nil {
		return nil, err
	}
	return ONNXWith(file, o)
}

// cutPicture takes the input's name off a reference. A file may have the sign in its name.
func cutPicture(ref string) (file, picture string) {
	at := strings.LastIndex(ref, "#")
	if at < 0 {
		return ref, ""
	}
	if _, err := os.Stat(ref); err == nil {
		return ref, ""
	}
	return ref[:at], ref[at+1:]
}

// openHub fetches a model with the files that its weights lie in, and reads what the
// repository says of preprocessing and labels.
func openHub(ctx context.Context, address string, o onnxnorm.Options, say io.Writer) (Model, error) {
	ref, err := hub.ParseRef(address)
	if err != nil {
		return nil, err
	}
	repo, err := hub.Open(ctx, ref, say)
	if err != nil {
		return nil, err
	}
	file, err := repo.Fetch(ctx, ref.File)
	if err != nil {
		return nil, err
	}
	openBeside := func(location string) (*os.File, error) {
		if !filepath.IsLocal(location) {
			return nil, fmt.Errorf("%q is not a file beside the model", location)
		}
		p, err := repo.Fetch(ctx, path.Join(path.Dir(ref.File), filepath.ToSlash(location)))
		if err != nil {
			return nil, err
		}
		return regular.Open(p)
	}
	m, err := readONNX(file, address, openBeside, o)
	if err != nil {
		return nil, err
	}
	if want := repo.SHA256(ref.File); want != "" && want != m.card.SHA256 {
		m.files.close()
		return nil, fmt.Errorf("%s: the file in the cache is damaged, delete it: %s", address, file)
	}
	m.card.Name, m.card.Picture = path.Base(ref.Repo), o.Picture
	if err := m.settle(""); err != nil {
		m.files.close()
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	var failed error
	err = m.takeMetadata(besideOnHub(ctx, repo, path.Dir(ref.File), &failed), true)
	if err = cmp.Or(failed, err); err != nil {
		m.files.close()
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return m, nil
}

// maxConfig is how many bytes of a configuration are read.
const maxConfig = 64 << 20

// besideOnHub fetches files from the model's folder or else from the top of its repository; a repository without one
// says nothing. What went wrong first is left in failed.
func besideOnHub(ctx context.Context, repo *hub.Repo, dir string, failed *error) func(name string) []byte {
	return func(name string) []byte {
		for _, candidate := range []string{path.Join(dir, name), name} {
			if *failed != nil || !repo.Has(candidate) {
				continue
			}
			p, err := repo.Fetch(ctx, candidate)
			if err == nil {
				var data []byte
				if data, err = regular.Read(p, maxConfig); err == nil {
					return data
				}
			}
			*failed = err
		}
		return nil
	}
}
