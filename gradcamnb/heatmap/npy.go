package heatmap

import "github.com/gradcam-go/gradcam/internal/npyfile"

// WriteNPY writes the values as a NumPy .npy file, float32 of shape [H, W]. The file appears whole or not at all.
func (g Grid) WriteNPY(path string) error { return npyfile.Write(path, []int{g.H, g.W}, g.Values) }
