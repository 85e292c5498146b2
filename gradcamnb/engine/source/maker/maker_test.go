package maker

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

func float(name string, dims ...int) Tensor { return Tensor{Name: name, Type: "float32", Dims: dims} }

// files are inputs and outputs as makers' exporters declare them, for pictures of 64 x 64. The grids of the strides 8,
// 16, 32 and 64 then have 64, 16, 4 and 1 cells.
var files = map[string]struct {
	inputs, outputs []Tensor
	ops             []string
	maker, decoder  string
	prep            imgio.Prep
}{
	"YOLOX": {[]Tensor{float("images", 1, 3, 64, 64)}, []Tensor{float("output", 1, 84, 85)}, nil, "YOLOX", "yolox",
		imgio.Prep{Width: 64, Height: 64, Fit: imgio.Letterbox, At: imgio.CornerDown, Pad: 114, Filter: imgio.CV2,
			Scale: each(1), Order: "BGR"}},
	"YOLOX, decoded": {[]Tensor{float("images", 1, 3, 64, 64)}, []Tensor{float("output", 1, 84, 85)}, []string{"Exp"},
		"YOLOX", "yolov5", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Letterbox, At: imgio.CornerDown, Pad: 114,
			Filter: imgio.CV2, Scale: each(1), Order: "BGR"}},
	"YOLOv7": {[]Tensor{float("images", -1, 3, 64, 64)}, []Tensor{float("output", -1, 252, 85)}, nil, "YOLOv7", "yolov5",
		imgio.Prep{Width: 64, Height: 64, Fit: imgio.Letterbox, At: imgio.Ultralytics, Pad: 114, Filter: imgio.CV2,
			Scale: each(255), Order: "RGB"}},
	"YOLOv7, end to end": {[]Tensor{float("images", 1, 3, 64, 64)}, []Tensor{float("output", -1, 7)}, nil, "YOLOv7",
		"end-to-end", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Letterbox, At: imgio.Ultralytics, Pad: 114,
			Filter: imgio.CV2, Scale: each(255), Order: "RGB"}},
	"YOLOv6": {[]Tensor{float("images", 1, 3, 64, 64)}, []Tensor{float("outputs", 1, 84, 85)}, nil, "YOLOv6", "yolov5",
		imgio.Prep{Width: 64, Height: 64, Fit: imgio.Letterbox, At: imgio.Ultralytics, Pad: 114, Filter: imgio.CV2,
			Scale: each(255), Order: "RGB"}},
	"NanoDet-Plus": {[]Tensor{float("data", 1, 3, 64, 64)}, []Tensor{float("output", 1, 85, 112)}, nil, "NanoDet",
		"nanodet", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Filter: imgio.CV2, Order: "BGR",
			Mean: [3]float32{103.53, 116.28, 123.675}, Scale: [3]float32{57.375, 57.12, 58.395}}},
	"D-FINE": {[]Tensor{float("images", -1, 3, 64, 64), {"orig_target_sizes", "int64", []int{-1, 2}}},
		[]Tensor{{"labels", "int64", []int{-1, 300}}, float("boxes", -1, 300, 4), float("scores", -1, 300)}, nil, "D-FINE",
		"end-to-end", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Scale: each(255), Order: "RGB"}},
	"RF-DETR": {[]Tensor{float("input", 1, 3, 64, 64)},
		[]Tensor{float("dets", 1, 300, 4), float("labels", 1, 300, 91)}, nil, "RF-DETR", "rt-detr",
		imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Mean: imagenetMean,
			Scale: imagenetScale, Order: "RGB"}},
	"YOLO-NAS": {[]Tensor{{"input", "uint8", []int{1, 3, 64, 64}}},
		[]Tensor{{"graph2_num_predictions", "int64", []int{1, 1}}, float("graph2_pred_boxes", 1, 99, 4),
			float("graph2_pred_scores", 1, 99), {"graph2_pred_classes", "int64", []int{1, 99}}}, nil, "super-gradients",
		"end-to-end", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Filter: imgio.CV2, Scale: each(1),
			Order: "RGB"}},
	"YOLO-NAS, flat": {[]Tensor{{"input", "uint8", []int{1, 3, 64, 64}}}, []Tensor{float("flat_predictions", -1, 7)}, nil,
		"super-gradients", "end-to-end", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Filter: imgio.CV2,
			Scale: each(1), Order: "RGB"}},
	"RF-DETR, instances": {[]Tensor{float("input", 1, 3, 64, 64)},
		[]Tensor{float("dets", 1, 300, 4), float("labels", 1, 300, 91), float("masks", 1, 300, 16, 16)}, nil, "RF-DETR",
		"rt-detr-seg", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Mean: imagenetMean, Scale: imagenetScale,
			Order: "RGB"}},
	"torchvision, instances": {[]Tensor{float("images", 1, 3, -1, -1)},
		[]Tensor{float("a", -1, 4), {"b", "int64", []int{-1}}, float("c", -1), float("d", -1, 1, -1, -1)}, nil,
		"torchvision", "mask-rcnn", imgio.Prep{Fit: imgio.Edges, Scale: each(255), Order: "RGB"}},
	"torchvision": {[]Tensor{float("images", 1, 3, -1, -1)},
		[]Tensor{float("a", -1, 4), {"b", "int64", []int{-1}}, float("c", -1)}, nil, "torchvision", "",
		imgio.Prep{Fit: imgio.Edges, Scale: each(255), Order: "RGB"}},
	"TensorFlow": {[]Tensor{{"input_tensor:0", "uint8", []int{1, -1, -1, 3}}},
		[]Tensor{float("detection_boxes:0", 1, 100, 4), float("detection_classes:0", 1, 100),
			float("detection_scores:0", 1, 100), float("num_detections:0", 1)}, nil, "TensorFlow", "end-to-end",
		imgio.Prep{Fit: imgio.Edges, Scale: each(1), Order: "RGB"}},
	"AutoML": {[]Tensor{{"image_arrays:0", "uint8", []int{1, -1, -1, 3}}}, []Tensor{float("detections:0", 1, 100, 7)}, nil,
		"AutoML", "end-to-end", imgio.Prep{Fit: imgio.Edges, Scale: each(1), Order: "RGB"}},
	"MLPerf": {[]Tensor{float("image", 1, 3, 64, 64)},
		[]Tensor{float("bboxes", 1, -1, 4), {"labels", "int64", []int{1, -1}}, float("scores", 1, -1)}, nil, "MLPerf",
		"end-to-end", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Mean: imagenetMean, Scale: imagenetScale,
			Order: "RGB"}},
	"OpenVINO": {[]Tensor{float("data", 1, 3, 64, 64)}, []Tensor{float("detection_out", 1, 1, 200, 7)}, nil, "OpenVINO",
		"end-to-end", imgio.Prep{}},
	"YuNet": {[]Tensor{float("input", 1, 3, 64, 64)}, []Tensor{float("cls_8", 1, 64, 1), float("cls_16", 1, 16, 1),
		float("cls_32", 1, 4, 1), float("obj_8", 1, 64, 1), float("obj_16", 1, 16, 1), float("obj_32", 1, 4, 1),
		float("bbox_8", 1, 64, 4), float("bbox_16", 1, 16, 4), float("bbox_32", 1, 4, 4), float("kps_8", 1, 64, 10),
		float("kps_16", 1, 16, 10), float("kps_32", 1, 4, 10)}, nil, "OpenCV", "yunet", imgio.Prep{Width: 64, Height: 64,
		Fit: imgio.Letterbox, At: imgio.CornerDown, Filter: imgio.CV2, Scale: each(1), Order: "BGR"}},
	"UltraFace": {[]Tensor{float("input", 1, 3, 64, 64)},
		[]Tensor{float("scores", 1, 99, 2), float("boxes", 1, 99, 4)}, nil, "UltraFace", "ultraface",
		imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Filter: imgio.CV2, Mean: each(127), Scale: each(128),
			Order: "RGB"}},
	"SCRFD": {[]Tensor{float("input.1", 1, 3, -1, -1)}, []Tensor{float("1", -1, 1), float("2", -1, 1), float("3", -1, 1),
		float("4", -1, 4), float("5", -1, 4), float("6", -1, 4)}, nil, "InsightFace", "scrfd",
		imgio.Prep{Width: 640, Height: 640, Fit: imgio.Letterbox, At: imgio.CornerDown, Filter: imgio.CV2,
			Mean: each(127.5), Scale: each(128), Order: "RGB"}},
	"RetinaFace": {[]Tensor{float("input0", 1, 3, 64, 64)},
		[]Tensor{float("output0", 1, 168, 4), float("590", 1, 168, 2), float("591", 1, 168, 10)}, nil, "RetinaFace",
		"retinaface", imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Filter: imgio.CV2,
			Mean: [3]float32{104, 117, 123}, Scale: each(1), Order: "BGR"}},
	"maps of two pictures with 7 columns": {inputs: []Tensor{float("data", 2, 3, 64, 64)},
		outputs: []Tensor{float("map", 2, 1, 200, 7)}},
	"a map of 7 x 7": {inputs: []Tensor{float("data", 1, 3, 64, 64)}, outputs: []Tensor{float("map", 1, 1, 7, 7)}},
	"other names":    {inputs: []Tensor{float("x", 1, 3, 64, 64)}, outputs: []Tensor{float("y", 1, 84, 85)}},
	"a classifier":   {inputs: []Tensor{float("input", 1, 3, 64, 64)}, outputs: []Tensor{float("output", 1, 5)}},
}

// Every maker's export is recognised by its names and shapes, and by no other maker.
func TestNames(t *testing.T) {
	for name, c := range files {
		f := File{Inputs: c.inputs, Outputs: c.outputs, Layout: imgio.ChannelsFirst, Ops: map[string]bool{},
			ReadNeighbour: func(string) []byte { return nil }}
		if c.inputs[0].Dims[3] == 3 {
			f.Layout = imgio.ChannelsLast
		}
		for _, op := range c.ops {
			f.Ops[op] = true
		}
		var whose []string
		for _, m := range All() {
			told, err := m.Tell(f)
			if err != nil {
				t.Fatalf("%s: %s: %v", name, m.Name, err)
			}
			if told == nil {
				continue
			}
			whose = append(whose, m.Name)
			if told.Prep != nil && *told.Prep != c.prep || told.Prep == nil && c.prep != (imgio.Prep{}) {
				t.Errorf("%s: pictures are prepared by %+v, want %+v", name, told.Prep, c.prep)
			}
			if (told.Detector == nil) != (c.decoder == "") || told.Detector != nil && told.Detector.Decoder != c.decoder {
				t.Errorf("%s: it is read by %+v, want %q", name, told.Detector, c.decoder)
			}
			if told.Detector != nil {
				if _, err := told.Detector.Head(0); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if want := strings.Fields(c.maker); !slices.Equal(whose, want) {
			t.Errorf("%s is taken for an export of %q, want %q", name, whose, want)
		}
	}
}

// The inputs and attributes of TensorRT's plugins say how boxes and scores are read before them.
func TestTensorRT(t *testing.T) {
	for want, p := range map[string]Plugin{
		`{"decoder":"before-nms","outputs":["b","s"],"threshold":0.25,"nms":0.65,"across_classes":true,"most":100,"numbers":{"first":"boxes"}}`: {"EfficientNMS_TRT", []string{"b", "s"},
			map[string]float64{"score_threshold": 0.25, "iou_threshold": 0.65, "background_class": -1, "max_output_boxes": 100,
				"class_agnostic": 1}},
		`{"decoder":"before-nms","outputs":["b","s"],"numbers":{"activation":"sigmoid","background":0,"first":"boxes","order":"cxcywh"}}`: {
			"EfficientNMS_TRT", []string{"b", "s"},
			map[string]float64{"box_coding": 1, "score_activation": 1, "background_class": 0}},
		`{"decoder":"before-nms","outputs":["b","s"],"nms":0.5,"numbers":{"background":80,"first":"boxes","unit":true}}`: {
			"BatchedNMSDynamic_TRT", []string{"b", "s"},
			map[string]float64{"iouThreshold": 0.5, "backgroundLabelId": 80, "numClasses": 81}},
		`{"decoder":"before-nms","outputs":["b","s"],"nms":0.6,"numbers":{"first":"boxes"}}`: {"BatchedNMS_TRT", []string{"b", "s"},
			map[string]float64{"iouThreshold": 0.6, "isNormalized": 0, "backgroundLabelId": -1, "numClasses": 81}},
		"with anchors":   {"EfficientNMS_TRT", []string{"b", "s", "a"}, nil},
		"another plugin": {"InstanceNormalization_TRT", []string{"b", "s"}, nil},
	} {
		got, err := TensorRT.Tell(File{Plugins: []Plugin{p}})
		if err != nil {
			t.Fatal(err)
		}
		if got == nil {
			if strings.HasPrefix(want, "{") {
				t.Errorf("%+v is not read, want %s", p, want)
			}
			continue
		}
		if text, err := json.Marshal(got.Detector); err != nil || string(text) != want || !got.Ended {
			t.Errorf("%s, %v, want %s", text, err, want)
		}
	}
}

// beside returns the files of a folder that holds one file.
func beside(name, text string) func(string) []byte {
	return func(asked string) []byte {
		if asked != name {
			return nil
		}
		return []byte(text)
	}
}

// MMDeploy's pipeline.json is read for a file of any size, whose pictures keep their ratio, and for one of a fixed
// size.
func TestMMDeploy(t *testing.T) {
	text := `{"pipeline": {"tasks": [{"module": "Net"}, {"module": "Transform", "transforms": [
		{"type": "LoadImageFromFile"}, {"type": "Resize", "keep_ratio": true, "size": [800, 1333]},
		{"type": "Normalize", "mean": [103.53, 116.28, 123.675], "std": [1, 1, 1], "to_rgb": false},
		{"type": "Pad", "size_divisor": 32}, {"type": "Collect"}]}]}}`
	f := File{Inputs: []Tensor{float("input", -1, 3, -1, -1)}, Layout: imgio.ChannelsFirst,
		Outputs:       []Tensor{float("dets", -1, -1, 5), {"labels", "int64", []int{-1, -1}}},
		ReadNeighbour: beside("pipeline.json", text)}
	told, err := MMDeploy.Tell(f)
	want := imgio.Prep{Fit: imgio.Edges, Resize: 800, Longest: 1333, Filter: imgio.CV2,
		RoundSides: true, Stride: 32, ZeroBars: true, // the step Pad comes after Normalize
		Mean: [3]float32{103.53, 116.28, 123.675}, Scale: each(1), Order: "BGR"}
	if err != nil || *told.Prep != want || told.Detector.Decoder != "dets-labels" {
		t.Errorf("%+v, %v; want %+v", told, err, want)
	}
	f.Outputs = append(f.Outputs, float("masks", -1, -1, 28, 28))
	if told, err = MMDeploy.Tell(f); err != nil || told.Detector.Decoder != "dets-labels-masks" {
		t.Errorf("with masks %+v, %v", told.Detector, err)
	}
	f.Inputs[0].Dims = []int{1, 3, 64, 96}
	told, err = MMDeploy.Tell(f)
	want.Fit, want.Width, want.Height, want.Resize, want.Longest = imgio.Stretch, 96, 64, 0, 0
	want.RoundSides, want.Stride, want.ZeroBars = false, 0, false
	if err != nil || *told.Prep != want {
		t.Errorf("of a fixed size %+v, %v; want %+v", told.Prep, err, want)
	}
	padded := strings.Replace(text, `"size_divisor": 32`, `"size": [640, 640], "pad_val": {"img": [114, 114, 114]}`, 1)
	f.Inputs[0].Dims, f.ReadNeighbour = []int{1, 3, 640, 640}, beside("pipeline.json", padded)
	if told, err = MMDeploy.Tell(f); err != nil || told.Prep.Fit != imgio.Letterbox || told.Prep.Pad != 114 {
		t.Errorf("padded to a size %+v, %v", told.Prep, err)
	}
	f.ReadNeighbour = beside("pipeline.json", `{"pipeline": {"tasks": []}}`)
	if _, err = MMDeploy.Tell(f); err == nil || !strings.Contains(err.Error(), "resizes") {
		t.Errorf("without a size: %v", err)
	}
}

// PaddleDetection's infer_cfg.yml is read. Boxes come in pixels of the input, by the values of the inputs besides the
// picture.
func TestPaddleDetection(t *testing.T) {
	text := "arch: YOLO\nPreprocess:\n- interp: 1\n  keep_ratio: false\n  target_size:\n  - 320\n  - 640\n  type: Resize\n" +
		"- mean:\n  - 0.0\n  - 0.0\n  - 0.0\n  norm_type: none\n  std: [1.0, 1.0, 1.0]\n  type: NormalizeImage\n- type: Permute\n" +
		"label_list:\n- person\n- car\n"
	f := File{Inputs: []Tensor{float("image", -1, 3, 320, 640), float("im_shape", -1, 2), float("scale_factor", -1, 2)},
		Outputs: []Tensor{float("multiclass_nms3_0.tmp_0", -1, 6)}, Layout: imgio.ChannelsFirst,
		ReadNeighbour: beside("infer_cfg.yml", text)}
	told, err := PaddleDetection.Tell(f)
	if err != nil {
		t.Fatal(err)
	}
	want := imgio.Prep{Width: 640, Height: 320, Fit: imgio.Stretch, Filter: imgio.CV2, Scale: each(255), Order: "RGB"}
	if *told.Prep != want || !slices.Equal(told.Labels, []string{"person", "car"}) {
		t.Errorf("%+v, %q; want %+v", *told.Prep, told.Labels, want)
	}
	if got := told.Inputs["im_shape"].Values; !slices.Equal(got, []float32{320, 640}) {
		t.Errorf("im_shape %v", got)
	}
	f.Inputs[0].Dims = []int{-1, 3, -1, -1}
	f.ReadNeighbour = beside("infer_cfg.yml", "Preprocess:\n- {type: Resize, interp: 2, keep_ratio: true, target_size: [800, 1333]}\n"+
		"- {type: NormalizeImage, mean: [0, 0, 0], std: [1, 1, 1]}\n- type: Permute\n- {type: PadStride, stride: 32}\n")
	want = imgio.Prep{Fit: imgio.Edges, Resize: 800, Longest: 1333, RoundSides: true, Stride: 32, ZeroBars: true,
		Filter: imgio.CV2Cubic, Scale: each(255), Order: "RGB"}
	if told, err = PaddleDetection.Tell(f); err != nil || *told.Prep != want {
		t.Errorf("of any size %+v, %v; want %+v", told.Prep, err, want)
	}
	for _, wrong := range []string{"Preprocess: 3", "Preprocess:\n- type: WarpAffine\n", "arch: YOLO"} {
		f.ReadNeighbour = beside("infer_cfg.yml", wrong)
		if _, err := PaddleDetection.Tell(f); err == nil || !strings.Contains(err.Error(), "infer_cfg.yml") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// transformers' detectors are read by the architecture in config.json.
func TestTransformersHeads(t *testing.T) {
	for architecture, want := range map[string]string{"DetrForObjectDetection": "detr",
		"RTDetrV2ForObjectDetection": "rt-detr", "Mask2FormerForUniversalSegmentation": "maskformer",
		"Deimv2ForObjectDetection": "rt-detr", "LwDetrForObjectDetection": "rt-detr", "RfDetrForObjectDetection": "rt-detr",
		"EomtForUniversalSegmentation": "maskformer", "EomtDinov3ForUniversalSegmentation": "maskformer",
		"RfDetrForInstanceSegmentation": "rt-detr-seg", "ViTForImageClassification": "", "Detr": ""} {
		config, err := json.Marshal(map[string]any{"architectures": []string{architecture}})
		if err != nil {
			t.Fatal(err)
		}
		f := File{Inputs: []Tensor{float("pixel_values", 1, 3, 64, 64)}, Layout: imgio.ChannelsFirst,
			Outputs:       []Tensor{float("logits", 1, 9, 5), float("pred_boxes", 1, 9, 4)},
			ReadNeighbour: beside("config.json", string(config))}
		if want == "rt-detr-seg" {
			f.Outputs = append(f.Outputs, float("pred_masks", 1, 9, 16, 16))
		}
		told, err := Transformers.Tell(f)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if told != nil && told.Detector != nil {
			got = told.Detector.Decoder
		}
		if got != want {
			t.Errorf("%s is read by %q, want %q", architecture, got, want)
		}
	}
}
