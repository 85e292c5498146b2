package source

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// roomFor returns an error if one of the graph's nodes needs more bytes than the process may use, for its inputs and
// output, which exist at the same time. A graph that passes may still need too much.
func roomFor(g *onnxnorm.Graph, limit int64) error {
	if limit == 0 {
		return nil
	}
	sizes := make(map[string]float64, len(g.Tensors)) // floats do not overflow, whatever a file says
	for _, t := range g.Tensors {
		if t.Constant {
			continue
		}
		bytes := 4.0
		for _, d := range t.Dims {
			bytes *= float64(d)
		}
		sizes[t.Name] = bytes
		for _, in := range t.Inputs {
			bytes += sizes[in]
		}
		if bytes > float64(limit) {
			return fmt.Errorf("its operator %s computes %q, %v, for which %.1f GB are needed at once, and this process may use %.1f GB: give smaller pictures, or fewer at once",
				t.Op, t.Name, t.Dims, bytes/1e9, float64(limit)/1e9)
		}
	}
	return nil
}
