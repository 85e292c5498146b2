package maker

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// What timm 1.0.31 writes for a model of 224 pixels: by crop_pct 0.95 the shorter side is floor(224 / 0.95) = 235, and
// of a file made for 288 pixels floor(288 / 0.95) = 303. Classes are called by their descriptions.
func TestTimm(t *testing.T) {
	text := `{"architecture": "resnet50", "num_classes": 2, "label_names": ["n1", "n2"], "label_descriptions": {"n2": "kit fox"},
		"pretrained_cfg": {"input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.95, "crop_mode": "center",
		"mean": [0.5, 0.25, 0], "std": [0.5, 1, 2], "num_classes": 2}}`
	f := File{Inputs: []Tensor{float("input", -1, 3, -1, -1)}, Layout: imgio.ChannelsFirst, ReadNeighbour: beside("config.json", text)}
	want := imgio.Prep{Width: 224, Height: 224, Fit: imgio.Crop, Resize: 235, Filter: imgio.Bicubic,
		Mean: [3]float32{127.5, 63.75, 0}, Scale: [3]float32{127.5, 255, 510}, Order: "RGB"}
	told, err := Timm.Tell(f)
	if err != nil || *told.Prep != want || !slices.Equal(told.Labels, []string{"n1", "kit fox"}) {
		t.Errorf("%+v, %v; want %+v", told, err, want)
	}
	f.Inputs[0].Dims = []int{1, 3, 288, 288}
	want.Width, want.Height, want.Resize = 288, 288, 303
	if told, err = Timm.Tell(f); err != nil || *told.Prep != want {
		t.Errorf("of a fixed size %+v, %v; want %+v", told.Prep, err, want)
	}
	f.ReadNeighbour = beside("config.json", strings.Replace(text, `"center"`, `"squash"`, 1))
	want.Fit = imgio.Stretch
	if told, err = Timm.Tell(f); err != nil || *told.Prep != want {
		t.Errorf("squashed %+v, %v; want %+v", told.Prep, err, want)
	}
	f.ReadNeighbour = beside("config.json", strings.Replace(text, `"center"`, `"border"`, 1))
	if _, err = Timm.Tell(f); err == nil || !strings.Contains(err.Error(), `"border"`) {
		t.Errorf("with borders: %v", err)
	}
	f.ReadNeighbour = beside("config.json", `{"architectures": ["ResNetForImageClassification"], "id2label": {"0": "cat"}}`)
	if told, err = Timm.Tell(f); told != nil || err != nil {
		t.Errorf("transformers' own: %+v, %v", told, err)
	}
}
