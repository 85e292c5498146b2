package maker

import (
	"encoding/json"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
)

// TensorRT recognises graphs that end in a plugin of TensorRT that suppresses boxes, as exports of YOLO for TensorRT
// do. Nothing else runs a plugin, so the model is read before it: at boxes [batch, n, 4] or [batch, n, 1, 4] and class
// scores [batch, n, classes]. If the picture's input is called images, it is prepared as YOLO v5 to v8 do.
//
// The background keeps its place among the class scores, unless labels leave it out. Boxes of BatchedNMS are of the
// unit square, unless isNormalized says no.
//
// NVIDIA/TensorRT at v10.0.1, plugin/efficientNMSPlugin/README.md and plugin/batchedNMSPlugin/README.md. The plugin
// that decodes boxes from anchors, which are its third input, is not read.
var TensorRT = register(Maker{Name: "TensorRT", Place: InNames, Tell: func(f File) (*Metadata, error) {
	for _, p := range f.Plugins {
		if len(p.Inputs) != 2 {
			continue
		}
		spec := detect.Spec{Decoder: "before-nms", Outputs: p.Inputs}
		numbers := map[string]any{"first": "boxes"}
		switch p.Op {
		case "EfficientNMS_TRT":
			spec.Threshold, spec.NMS = p.number("score_threshold", 0), p.number("iou_threshold", 0)
			spec.AcrossClasses = p.number("class_agnostic", 0) == 1
			spec.Most = int(p.number("max_output_boxes", 0))
			if p.number("box_coding", 0) == 1 {
				numbers["order"] = "cxcywh"
			}
			if p.number("score_activation", 0) == 1 {
				numbers["activation"] = "sigmoid"
			}
			setBackground(numbers, p, "background_class")
		case "BatchedNMS_TRT", "BatchedNMSDynamic_TRT":
			spec.Threshold, spec.NMS = p.number("scoreThreshold", 0), p.number("iouThreshold", 0)
			spec.Most = int(p.number("keepTopK", 0))
			if p.number("isNormalized", 1) == 1 {
				numbers["unit"] = true
			}
			setBackground(numbers, p, "backgroundLabelId")
		default:
			continue
		}
		spec.Numbers, _ = json.Marshal(numbers) // of words and truth values
		t := &Metadata{By: "whose graph ends in TensorRT's plugin " + p.Op, Detector: &spec, Ended: true}
		if f.hasInputs("images") {
			t.Prep = letterboxPrep(f)
		}
		return t, nil
	}
	return nil, nil
}})

// setBackground sets which class the decoder before-nms takes for the background, from an attribute with its number; -1
// is none.
func setBackground(numbers map[string]any, p Plugin, attribute string) {
	if class := int(p.number(attribute, -1)); class >= 0 {
		numbers["background"] = class
	}
}
