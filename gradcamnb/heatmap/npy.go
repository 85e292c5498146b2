package heatmap

import (
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/npyfile"
)

// WriteNPY writes the values as a NumPy .npy file, float32 of the shape [Grid.Dims]. The file appears whole or not at
// all.
func (g Grid) WriteNPY(path string) error { return npyfile.Write(path, g.Dims(), g.Values) }

// MustWriteNPY is like WriteNPY, but panics with the error.
func (g Grid) MustWriteNPY(path string) { must.OK(g.WriteNPY(path)) }
