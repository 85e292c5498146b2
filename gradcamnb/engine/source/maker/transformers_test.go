package maker

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// preprocessor_config.json becomes a preprocessing with the arithmetic that transformers has.
func TestHubPrep(t *testing.T) {
	imagenet := `"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]`
	mean, scale := [3]float32{123.675, 116.28, 103.53}, [3]float32{58.395, 57.12, 57.375}
	for name, c := range map[string]struct {
		config string
		want   imgio.Prep
		wrong  string
	}{
		"vit": {config: `{"size": 224, "feature_extractor_type": "ViTFeatureExtractor", "resample": 2, ` + imagenet + `}`,
			want: imgio.Prep{Width: 224, Height: 224, Fit: imgio.Stretch, Filter: imgio.Bilinear, Mean: mean, Scale: scale,
				Order: "RGB"}},
		"convnext 224": {config: `{"size": {"shortest_edge": 224}, "crop_pct": 0.875, "image_processor_type": "ConvNextImageProcessorFast", "resample": 3, ` + imagenet + `}`,
			want: imgio.Prep{Width: 224, Height: 224, Fit: imgio.Crop, Resize: 256, Margin: imgio.MarginDown,
				Filter: imgio.Bicubic, Mean: mean, Scale: scale, Order: "RGB"}},
		"convnext 384": {config: `{"size": 384, "image_processor_type": "ConvNextImageProcessor", ` + imagenet + `}`,
			want: imgio.Prep{Width: 384, Height: 384, Fit: imgio.Stretch, Mean: mean, Scale: scale, Order: "RGB"}},
		"deit": {config: `{"size": {"height": 256, "width": 256}, "do_center_crop": true, "crop_size": {"height": 224, "width": 224}, "image_processor_type": "DeiTImageProcessor", ` + imagenet + `}`,
			want: imgio.Prep{Width: 224, Height: 224, Fit: imgio.Stretch, Resize: 256, Margin: imgio.MarginDown, Mean: mean,
				Scale: scale, Order: "RGB"}},
		"clip": {config: `{"size": 224, "crop_size": 224, "image_processor_type": "CLIPImageProcessor", ` + imagenet + `}`,
			want: imgio.Prep{Width: 224, Height: 224, Fit: imgio.Crop, Resize: 224, Margin: imgio.MarginDown, Mean: mean,
				Scale: scale, Order: "RGB"}},
		// ((p/255 - 0) / 0.5) / 0.5 = p / 63.75
		"efficientnet": {config: `{"size": {"height": 300, "width": 320}, "image_processor_type": "EfficientNetImageProcessor", "image_mean": 0, "image_std": 0.5}`,
			want: imgio.Prep{Width: 320, Height: 300, Fit: imgio.Stretch, Scale: [3]float32{63.75, 63.75, 63.75}, Order: "RGB"}},
		"mobilevit": {config: `{"size": {"shortest_edge": 288}, "crop_size": 256, "image_processor_type": "MobileViTImageProcessor"}`,
			want: imgio.Prep{Width: 256, Height: 256, Fit: imgio.Crop, Resize: 288, Margin: imgio.MarginDown,
				Scale: [3]float32{255, 255, 255}, Order: "BGR"}},
		"bytes": {config: `{"size": 224, "do_rescale": false, "do_normalize": false}`,
			want: imgio.Prep{Width: 224, Height: 224, Fit: imgio.Stretch, Scale: [3]float32{1, 1, 1}, Order: "RGB"}},
		"factor": {config: `{"size": 224, "rescale_factor": 0.5, "image_mean": [1], "image_std": [2]}`,
			want: imgio.Prep{Width: 224, Height: 224, Fit: imgio.Stretch, Mean: [3]float32{2, 2, 2}, Scale: [3]float32{4, 4, 4},
				Order: "RGB"}},
		"longest edge": {config: `{"size": {"shortest_edge": 800, "longest_edge": 1333}, ` + imagenet + `}`,
			wrong: "longest_edge"},
		"detr": {config: `{"size": {"shortest_edge": 800, "longest_edge": 1333}, "do_pad": true, "image_processor_type": "DetrImageProcessor", ` + imagenet + `}`,
			want: imgio.Prep{Fit: imgio.Edges, Resize: 800, Longest: 1333, Mean: mean, Scale: scale, Order: "RGB"}},
		"detr, older": {config: `{"size": 800, "max_size": 1333, "feature_extractor_type": "DetrFeatureExtractor", ` + imagenet + `}`,
			want: imgio.Prep{Fit: imgio.Edges, Resize: 800, Longest: 1333, Mean: mean, Scale: scale, Order: "RGB"}},
		"max_size": {config: `{"size": 224, "max_size": 400, "image_processor_type": "ViTImageProcessor", ` + imagenet + `}`,
			wrong: "max_size"},
		"rt-detr": {config: `{"size": {"height": 640, "width": 640}, "do_normalize": false, "resample": 2, "image_processor_type": "RTDetrImageProcessor", ` + imagenet + `}`,
			want: imgio.Prep{Width: 640, Height: 640, Fit: imgio.Stretch, Filter: imgio.Bilinear,
				Scale: [3]float32{255, 255, 255}, Order: "RGB"}},
		"no size":     {config: `{` + imagenet + `}`, wrong: "is none of 224"},
		"any size":    {config: `{"size": {"shortest_edge": 224}, ` + imagenet + `}`, wrong: "keeps the aspect ratio"},
		"not resized": {config: `{"do_resize": false}`, wrong: "do_resize"},
		"processor": {config: `{"image_processor_type": "SamImageProcessor"}`,
			wrong: "SamImageProcessor is not known"},
		"filter": {config: `{"size": 224, "resample": 5, ` + imagenet + `}`, wrong: "filter 5"},
		"crop_pct": {config: `{"size": 224, "crop_pct": 0.9, "image_processor_type": "ViTImageProcessor", ` +
			imagenet + `}`, wrong: "crop_pct"},
		"two means":       {config: `{"size": 224, "image_mean": [1, 2], "image_std": 1}`, wrong: "not one number or three"},
		"no means":        {config: `{"size": 224}`, wrong: "not one number or three"},
		"zero deviation":  {config: `{"size": 224, "image_mean": 0, "image_std": 0}`, wrong: "divides by zero"},
		"offset":          {config: `{"size": 224, "rescale_offset": true}`, wrong: "rescale_offset"},
		"huge":            {config: `{"size": 100000, ` + imagenet + `}`, wrong: "is not between 1 and"},
		"not JSON":        {config: `size: 224`, wrong: "not as it should be"},
		"size of a vocab": {config: `{"size": "big"}`, wrong: "is none of 224"},
	} {
		p, err := hubPrep([]byte(c.config))
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %+v, error %v", name, p, err)
			}
			continue
		}
		if err != nil || p != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, p, err, c.want)
		}
	}
}

func TestHubLabels(t *testing.T) {
	if l, err := hubLabels([]byte(`{"id2label": {"1": "dog", "0": "cat"}}`)); err != nil ||
		!slices.Equal(l, []string{"cat", "dog"}) {
		t.Errorf("%q, %v", l, err)
	}
	for _, none := range []string{`{}`, `{"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}`} {
		if l, err := hubLabels([]byte(none)); l != nil || err != nil {
			t.Errorf("%s: %q, %v", none, l, err)
		}
	}
}

// If the preprocessing is not known here, the labels and the decoder are taken all the same.
func TestOddProcessor(t *testing.T) {
	neighbours := map[string]string{"preprocessor_config.json": `{"image_processor_type": "EomtImageProcessor"}`,
		"config.json": `{"architectures": ["EomtForUniversalSegmentation"], "id2label": {"0": "cat", "1": "dog"}}`}
	told, err := Transformers.Tell(File{ReadNeighbour: func(name string) []byte { return []byte(neighbours[name]) }})
	if err == nil || !strings.Contains(err.Error(), "EomtImageProcessor is not known") {
		t.Errorf("it says %v", err)
	}
	if told == nil || told.Prep != nil || told.Detector == nil || !slices.Equal(told.Labels, []string{"cat", "dog"}) {
		t.Errorf("it takes %+v", told)
	}
}
