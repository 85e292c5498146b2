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

// Open opens the model that a reference names: an ONNX file, or an address on the hub,
// hf://owner/name/file.onnx[@revision]. It writes to say what it fetches.
//
// If a model has several inputs, model.onnx#name says which of them is the picture.
func Open(ctx context.Context, ref string, say io.Writer) (Model, error) {
	m, err := open(ctx, ref, say)
	if err != nil {
		return nil, err
	}
	for _, line := range []string{m.Card().MakerNote, m.Card().Warning} {
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
	if err := refuseOtherFormat(file); err != nil {
		return nil, err
	}
	return onnxWithin(ctx, file, o)
}

// cutPicture splits the input's name off a reference. The name of a file may contain the sign, too.
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

// openHub fetches a model with the files that hold its weights, and reads what the repository says about preprocessing
// and labels.
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
	m, err := readONNX(ctx, file, address, openBeside, o)
	if err != nil {
		return nil, err
	}
	if want := repo.SHA256(ref.File); want != "" && want != m.card.SHA256 {
		m.files.close()
		return nil, fmt.Errorf("%s: the file in the cache is damaged, delete it: %s", address, file)
	}
	m.card.Name, m.card.Picture, m.card.OnHub = path.Base(ref.Repo), o.Picture, true
	if err := m.settle(""); err != nil {
		m.files.close()
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	var failed error
	err = m.takeMetadata(ctx, hubNeighbourReader(ctx, repo, path.Dir(ref.File), &failed), true)
	if err = cmp.Or(failed, err); err != nil {
		m.files.close()
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return m, nil
}

// maxConfig is the largest size of a configuration file, in bytes.
const maxConfig = 64 << 20

// hubNeighbourReader returns a function that fetches a file from the model's folder, or else from the top of its
// repository. It returns nil if the repository has no such file. The first error is left in failed.
func hubNeighbourReader(ctx context.Context, repo *hub.Repo, dir string, failed *error) func(name string) []byte {
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
