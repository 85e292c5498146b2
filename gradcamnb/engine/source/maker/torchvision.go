package maker

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Torchvision recognises the exports of torchvision's detectors. They take one picture of any size without a batch
// axis, in colours from 0 to 1, and normalise and scale it themselves. Their outputs have one object in each row: boxes
// [n, 4], scores [n], class numbers [n], which are the only integers, and of Mask R-CNN masks [n, 1, h, w] over the
// picture.
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
	t := &Metadata{By: exporterWords("torchvision's detectors"),
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Stretch, Scale: each(255), Order: "RGB"}, 0)}
	if len(f.Outputs) == 4 && slices.ContainsFunc(f.Outputs, func(t Tensor) bool { return len(t.Dims) == 4 }) {
		t.Detector = &detect.Spec{Decoder: "mask-rcnn"}
		for _, is := range []func(Tensor) bool{
			func(t Tensor) bool { return len(t.Dims) == 2 },
			func(t Tensor) bool { return t.Type == "int64" },
			func(t Tensor) bool { return len(t.Dims) == 1 && t.Type != "int64" },
			func(t Tensor) bool { return len(t.Dims) == 4 },
		} {
			t.Detector.Outputs = append(t.Detector.Outputs, f.Outputs[slices.IndexFunc(f.Outputs, is)].Name)
		}
	}
	return t, nil
}})
