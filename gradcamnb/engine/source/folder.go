package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/internal/regular"
)

// modelFolder is the folder of a model, in which its sidecar, labels and weights lie. No name and no link leads out of
// it, but for a repository in the cache of Python's huggingface_hub, in which every file is a link to one beside the
// snapshots: there links lead nowhere out of the repository.
type modelFolder struct {
	root *os.Root
	path string // of the folder
	in   string // the folder's path in root
}

// openModelFolder opens the folder of a model file. The caller closes it.
func openModelFolder(model string) (*modelFolder, error) {
	path := filepath.Dir(model)
	top, in := path, "."
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(whole, string(filepath.Separator))
	for at := len(parts) - 1; at > 0; at-- {
		if parts[at] == "snapshots" && strings.HasPrefix(parts[at-1], "models--") {
			top, in = strings.Join(parts[:at], string(filepath.Separator)), filepath.Join(parts[at:]...)
			break
		}
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, err
	}
	return &modelFolder{root, path, in}, nil
}

// close closes the folder, from which was only read.
func (f *modelFolder) close() { _ = f.root.Close() }

// open opens a regular file in the folder or below it.
func (f *modelFolder) open(name string) (*os.File, error) {
	if !filepath.IsLocal(name) {
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(f.path, name), Err: errors.New("it leads out of the folder")}
	}
	return regular.OpenIn(f.root, filepath.Join(f.in, name))
}

// read reads a regular file of at most limit bytes in the folder or below it.
func (f *modelFolder) read(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	data, err := regular.ReadAll(file, limit)
	return data, errors.Join(err, file.Close())
}
