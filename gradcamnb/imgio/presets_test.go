package imgio

import (
	"encoding/json"
	"image"
	"math"
	"strings"
	"testing"
)

// Red 255 by each preset, from the libraries' formulas: (1 - 0.485)/0.229, (255 - 127.5)/127.5, BGR: 255 - 123.68 in
// the last channel, (1 - 0.48145466)/0.26862954, 1.
func TestPresetsByHand(t *testing.T) {
	for name, want := range map[string]float64{
		"torchvision": 2.2489083, "timm": 2.2489083, "keras": 1, "keras-caffe": 131.32, "keras-torch": 2.2489083,
		"keras-raw": 255, "clip": 1.9303361, "yolo": 1, "detr": 2.2489083, "unit": 1,
	} {
		p, err := Preset(name, 224, 224)
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		if p.Order == "BGR" {
			at = 2
		}
		if got := float64((255 - p.Mean[at]) / p.Scale[at]); !(math.Abs(got-want) <= 1e-4) {
			t.Errorf("%s: red becomes %g, want %g", name, got, want)
		}
	}
	if p, _ := Preset("torchvision", 224, 224); p.Resize != 256 {
		t.Errorf("torchvision resizes to %d", p.Resize)
	}
	// A detector sees the whole picture: of one twice as wide as high, with or without bars above and below.
	for name, height := range map[string]int{"yolo": 320, "detr": 640, "unit": 640} {
		p, err := Preset(name, 640, 640)
		if err != nil {
			t.Fatal(err)
		}
		_, frame, err := p.Tensor(image.NewGray(image.Rect(0, 0, 200, 100)), ChannelsFirst)
		if err != nil {
			t.Fatal(err)
		}
		_, top := frame.ToModel(0, 0)
		_, bottom := frame.ToModel(0, 100)
		if frame.Seen() != image.Rect(0, 0, 200, 100) || math.Abs(bottom-top-float64(height)) > 1e-9 {
			t.Errorf("%s: of 200 x 100 pixels it sees %v, %g high", name, frame.Seen(), bottom-top)
		}
	}
	if _, err := Preset("torchvison", 224, 224); err == nil ||
		!strings.Contains(err.Error(), `did you mean "torchvision"?`) {
		t.Errorf("error %v", err)
	}
	// What people call a preparation says which one they mean.
	if _, err := Preset("ImageNet", 224, 224); err == nil || !strings.Contains(err.Error(),
		`did you mean "torchvision" for torchvision's classifiers, or "timm" for timm's classifiers of the usual kind?`) {
		t.Errorf("error %v", err)
	}
	for _, p := range presets {
		for _, word := range p.also {
			if _, err := Preset(word, 224, 224); err == nil || !strings.Contains(err.Error(), `"`+p.name+`"`) {
				t.Errorf("%s: %v, want a hint to %s", word, err, p.name)
			}
		}
	}
}

// One number stands for all channels, and what is not said is usual.
func TestPrepOfOneNumber(t *testing.T) {
	var p Prep
	if err := json.Unmarshal([]byte(`{"width": 8, "height": 8, "mean": 127, "scale": [1, 2, 3]}`), &p); err != nil {
		t.Fatal(err)
	}
	if want := (Prep{Width: 8, Height: 8, Fit: Crop, Order: "RGB", Mean: [3]float32{127, 127, 127},
		Scale: [3]float32{1, 2, 3}}); p.WithDefaults() != want {
		t.Errorf("%+v, want %+v", p.WithDefaults(), want)
	}
	back, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again Prep
	if err := json.Unmarshal(back, &again); err != nil || again != p {
		t.Errorf("%s becomes %+v, %v", back, again, err)
	}
	for text, want := range map[string]string{`{"mean": [1, 2]}`: "give three, or one for all channels",
		`{"means": 1}`: "there is no field"} {
		if err := json.Unmarshal([]byte(text), &p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
