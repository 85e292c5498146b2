package imgio

import (
	"strings"
	"testing"
)

// torchvision's mean and scale, of pixels of 0 to 1 and of 0 to 255, and those of other networks in
// use: 0 to 1, -1 to 1, 0 to 255, Caffe's mean alone.
func TestStrange(t *testing.T) {
	of := func(mean, scale float32) Prep {
		return Prep{Order: "RGB", Mean: [3]float32{mean, mean, mean}, Scale: [3]float32{scale, scale, scale}}
	}
	torch := Prep{Order: "RGB", Mean: [3]float32{123.675, 116.28, 103.53}, Scale: [3]float32{58.395, 57.12, 57.375}}
	halved := Prep{Order: "RGB", Mean: [3]float32{0.485, 0.456, 0.406}, Scale: [3]float32{0.229, 0.224, 0.225}}
	for _, c := range []struct {
		prep Prep
		want string
	}{
		{torch, ""}, {of(0, 255), ""}, {of(127.5, 127.5), ""}, {of(0, 1), ""}, {of(117, 1), ""}, {of(127, 128), ""},
		{of(104, 1), ""},
		{Prep{Order: "RGB", Mean: torch.Scale, Scale: torch.Mean}, "look exchanged"},
		{Prep{Order: "RGB", Mean: [3]float32{58.4, 57.1, 57.4}, Scale: [3]float32{123.7, 116.3, 103.5}}, "look exchanged"},
		{Prep{Order: "RGB", Mean: torch.Scale, Scale: torch.Scale}, ""},
		{halved, "from -2.118 to 1111"},
		{of(0.485, 0.229), "to 1111 of pixels"}, // (255 - 0.485) / 0.229
		{of(0.5, 0.5), "multiply both by 255"},
		{of(0, 1./255), "multiply both by 255"},
		{of(-1000, 2), "from 500 to 627.5 of pixels of 0 to 255, and networks take at most 255"},
		{of(0.485, 58), "multiply it by 255"},
		{of(0, 65025), "nearly the same everywhere"},
		{Prep{Order: "RGB", Scale: [3]float32{255, 255, 65025}}, "from 0 to 0.003922"}, // one channel of three: 255 / 65025
	} {
		got := c.prep.Strange()
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("mean %v, scale %v: %q, want %q", c.prep.Mean, c.prep.Scale, got, c.want)
		}
	}
}
