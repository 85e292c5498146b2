package maker

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// InsightFace recognises the exports of SCRFD. For each of three strides there are scores and distances, and perhaps
// landmarks: 1, 4 and 10 numbers a row.
//
// InsightFace, python-package/insightface/model_zoo/retinaface.py (detect).
var InsightFace = register(Maker{Name: "InsightFace", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if len(f.Inputs) != 1 || len(f.Outputs) != 6 && len(f.Outputs) != 9 {
		return nil, nil
	}
	seen := map[int]int{}
	for _, o := range f.Outputs {
		if len(o.Dims) != 2 && len(o.Dims) != 3 {
			return nil, nil
		}
		seen[o.Dims[len(o.Dims)-1]]++
	}
	if seen[1] != 3 || seen[4] != 3 || !slices.Contains([]int{0, 3}, seen[10]) {
		return nil, nil
	}
	return &Metadata{By: exporterWords("InsightFace's SCRFD"), Detector: &detect.Spec{Decoder: "scrfd"},
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Letterbox, At: imgio.CornerDown, Filter: imgio.CV2, Mean: each(127.5),
			Scale: each(128), Order: "RGB"}, 640)}, nil
}})
