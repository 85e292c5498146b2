package source

import (
	"context"
	"io"
	"os"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// openFiles are the files from which a model reads its weights when they are used. They are closed when the model is
// garbage-collected, or at once if it cannot be opened.
type openFiles []*os.File

// add adds a file, if it was opened without an error.
func (files *openFiles) add(f *os.File, err error) (*os.File, error) {
	if err == nil {
		*files = append(*files, f)
	}
	return f, err
}

func (files openFiles) close() {
	for _, f := range files {
		_ = f.Close() // only read
	}
}

// readONNX reads a model file. Errors call the file name. openBeside opens a file that the model keeps weights in, by
// the name that the model has for it. Reading stops when ctx ends.
func readONNX(ctx context.Context, path, name string, openBeside func(string) (*os.File, error),
	o onnxnorm.Options) (*onnxModel, error) {
	var files openFiles
	m, err := files.read(ctx, path, name, func(location string) (*os.File, error) {
		return files.add(openBeside(location))
	}, o)
	if err != nil {
		files.close() // which ends the hashing, too
		return nil, err
	}
	m.files = files
	return m, nil
}

// heardReader reads until ctx ends.
type heardReader struct {
	ctx context.Context
	io.Reader
}

func (r heardReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
