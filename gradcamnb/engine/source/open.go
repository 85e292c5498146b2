package source

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/hub"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
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
	if m.card.Prep, m.card.Labels, err = repositoryConfig(ctx, repo, path.Dir(ref.File)); err != nil {
		m.files.close()
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return m, nil
}

// maxConfig is how many bytes of a configuration are read.
const maxConfig = 64 << 20

// repositoryConfig reads preprocessor_config.json and config.json, in the model's
// folder or else at the top. A repository without them says nothing.
func repositoryConfig(ctx context.Context, repo *hub.Repo, dir string) (prep *imgio.Prep, labels []string, err error) {
	read := func(name string) ([]byte, error) {
		for _, candidate := range []string{path.Join(dir, name), name} {
			if repo.Has(candidate) {
				p, err := repo.Fetch(ctx, candidate)
				if err != nil {
					return nil, err
				}
				return regular.Read(p, maxConfig)
			}
		}
		return nil, nil
	}
	data, err := read("preprocessor_config.json")
	if err != nil {
		return nil, nil, err
	}
	if data != nil {
		p, err := hubPrep(data)
		if err != nil {
			return nil, nil, fmt.Errorf("preprocessor_config.json: %w", err)
		}
		prep = &p
	}
	if data, err = read("config.json"); err != nil || data == nil {
		return prep, nil, err
	}
	if labels, err = hubLabels(data); err != nil {
		return nil, nil, fmt.Errorf("config.json: %w", err)
	}
	return prep, labels, nil
}
