package maker

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// OpenCV recognises YuNet, the face detector of OpenCV's zoo: four outputs of each of the strides 8, 16 and 32. OpenCV
// gives it a picture's bytes, blue first, with zeros on the right and below. Here a picture is first scaled to the
// file's size.
//
// OpenCV 4.10.0, modules/objdetect/src/face_detect.cpp; its threshold is 0.9 unless the caller names another.
var OpenCV = register(Maker{Name: "OpenCV", Place: InNames, Tell: func(f File) (*Metadata, error) {
	if !f.hasOutputs("cls_8", "cls_16", "cls_32", "obj_8", "obj_16", "obj_32", "bbox_8", "bbox_16", "bbox_32", "kps_8",
		"kps_16", "kps_32") {
		return nil, nil
	}
	const usual = 640
	return &Metadata{By: exporterWords("OpenCV's YuNet"), Labels: []string{"face"},
		Detector: &detect.Spec{Decoder: "yunet", Threshold: 0.9},
		Prep: f.prepOfSize(imgio.Prep{Fit: imgio.Letterbox, At: imgio.CornerDown, Filter: imgio.CV2, Scale: each(1),
			Order: "BGR"}, usual)}, nil
}})
