package gradcamnb

import (
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Target says what is explained, as plain data; the engine holds the graph
// function of the same kind.
type Target struct {
	Kind  string       // "top", "class", "softmax", "output", "tensor", "region"
	Index []int        // rank (from 1) or class; one for all pictures, or one a picture
	Name  string       // output or tensor, for the kinds that name one
	Mask  heatmap.Grid // region, for the kinds that have one
	Mean  bool         // region: mean over the mask instead of the sum
}

// Tensor is a model input as it stands: no preprocessing. Dims has the batch first.
type Tensor struct {
	Dims   []int
	Values []float32
}

// Request is one call of the engine: what to explain, of what, where and how.
type Request struct {
	Pictures []image.Image
	Tensor   *Tensor     // instead of Pictures
	Prep     *imgio.Prep // instead of the model's own preprocessing
	Layers   []string    // tensor names, module paths or aliases; none means the suggested one
	Methods  []string    // none means Grad-CAM
	Targets  []Target    // none means the top prediction
}
