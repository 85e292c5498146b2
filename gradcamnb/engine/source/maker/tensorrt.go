package maker

import (
	"encoding/json"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
)

// TensorRT recognises graphs that end in a plugin of TensorRT that suppresses boxes, as exports of YOLO for TensorRT
// do. Nothing else runs a plugin, so the model is read before it: at boxes [batch, n, 4] or [batch, n, 1, 4] and class
// scores [batch, n, classes]. If the picture's input is called images, it is prepared as YOLO v5 to v8 do.
//
// NVIDIA/TensorRT at v10.0.1, plugin/efficientNMSPlugin/README.md and plugin/batchedNMSPlugin/README.md. The plugin
// that decodes boxes from anchors, which are its third input, is not read.
var TensorRT = register(Maker{Name: "TensorRT", Place: InNames, Tell: func(f File) (*Metadata, error) {
	for _, p := range f.Plugins {
		if len(p.Inputs) != 2 {
			continue
		}
		spec := detect.Spec{Decoder: "before-nms", Outputs: p.Inputs}
		switch p.Op {
		case "EfficientNMS_TRT":
			spec.Threshold, spec.NMS = p.number("score_threshold", 0), p.number("iou_threshold", 0)
			spec.Numbers = beforeNMS(p.number("box_coding", 0) == 1, false, p.number("score_activation", 0) == 1,
				p.number("background_class", -1))
		case "BatchedNMS_TRT", "BatchedNMSDynamic_TRT":
			spec.Threshold, spec.NMS = p.number("scoreThreshold", 0), p.number("iouThreshold", 0)
			spec.Numbers = beforeNMS(false, p.number("isNormalized", 0) == 1, false, p.number("backgroundLabelId", -1))
		default:
			continue
		}
		t := &Metadata{By: "whose graph ends in TensorRT's plugin " + p.Op, Detector: &spec, Ended: true}
		if f.hasInputs("images") {
			t.Prep = letterboxPrep(f)
		}
		return t, nil
	}
	return nil, nil
}})

// beforeNMS returns the numbers of the decoder before-nms: whether boxes have middle and size in place of corners,
// whether they are of the unit square, whether scores are logits, and which class is the background; -1 if none is.
func beforeNMS(middles, unit, logits bool, background float64) json.RawMessage {
	numbers := map[string]any{"first": "boxes"}
	if middles {
		numbers["order"] = "cxcywh"
	}
	if unit {
		numbers["unit"] = true
	}
	if logits {
		numbers["activation"] = "sigmoid"
	}
	switch {
	case background == 0:
		numbers["background"] = "first"
	case background > 0:
		numbers["background"] = "last"
	}
	text, _ := json.Marshal(numbers) // of words and truth values
	return text
}
