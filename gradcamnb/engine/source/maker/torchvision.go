package maker

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Torchvision knows the exports of torchvision's detectors, which take one picture without a batch, of any size, in
// colours from 0 to 1, and normalise and scale it themselves. Their outputs, of one object in a row each, are boxes
// [n, 4], class numbers [n], which alone are integers, and scores [n].
//
// torchvision 0.29.2, models/detection/transform.py (GeneralizedRCNNTransform) and roi_heads.py.
var Torchvision = register(Maker{Name: "torchvision", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if f.Layout != imgio.ChannelsFirst || len(f.Inputs) != 1 || len(f.Outputs) < 3 {
		return nil, nil
	}
	has := func(rank int, whole bool) bool {
		return slices.ContainsFunc(f.Outputs, func(t Tensor) bool {
			return len(t.Dims) == rank && (t.Type == "int64") == whole && (rank == 1 || t.Dims[1] == 4)
		})
	}
	if !has(2, false) || !has(1, true) || !has(1, false) {
		return nil, nil
	}
	by := exporterWords("torchvision's detectors")
	if slices.ContainsFunc(f.Outputs, func(t Tensor) bool { return len(t.Dims) == 4 }) {
		by += " (but for its instance masks, which are not read)"
	}
	return &Metadata{By: by,
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Scale: each(255), Order: "RGB"}, 0)}, nil
}})
