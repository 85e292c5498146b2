package inputs

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/place"
)

var first = source.Card{Name: "net", Input: []int{-1, 3, -1, -1}, Layout: imgio.ChannelsFirst}

// The size is the preprocessing's, and the number of channels the model's or, if that is free, three.
func TestShape(t *testing.T) {
	last := source.Card{Name: "net", Input: []int{1, 8, 9, -1}, Layout: imgio.ChannelsLast}
	for _, c := range []struct {
		card source.Card
		prep *imgio.Prep
		want []int
	}{
		{first, &imgio.Prep{Width: 5, Height: 4}, []int{2, 3, 4, 5}},
		{last, nil, []int{2, 8, 9, 3}},
	} {
		if got, err := Shape(c.card, c.prep, 2); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, %v; want %v", c.card.Input, got, err, c.want)
		}
	}
	if _, err := Shape(first, nil, 1); err == nil || !strings.Contains(err.Error(), "model.json") {
		t.Errorf("without any size: %v", err)
	}
}

// A tensor is its own frame, and its pictures are told apart by its first axis.
func TestFromTensor(t *testing.T) {
	in, err := PrepareTensor(first,
		ask.Tensor{Dims: []int{2, 3, 1, 2}, Values: []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}})
	if err != nil {
		t.Fatal(err)
	}
	one := in.Picture(1)
	if !slices.Equal(one.Dims, []int{1, 3, 1, 2}) || !slices.Equal(one.Values, []float32{6, 7, 8, 9, 10, 11}) {
		t.Errorf("the second picture is %v of the shape %v", one.Values, one.Dims)
	}
	if f := one.Frames[0]; len(one.Frames) != 1 || f.PictureW != 2 || f.ModelH != 1 || f.ScaleX != 1 {
		t.Errorf("its frame is %+v", one.Frames)
	}
	for want, wrong := range map[string]ask.Tensor{
		"batch first":          {Dims: []int{3, 1, 2}, Values: make([]float32, 6)},
		"number of values":     {Dims: []int{1, 3, 1, 2}, Values: make([]float32, 5)},
		"channels differs":     {Dims: []int{1, 4, 1, 2}, Values: make([]float32, 8)},
		"the tensor is empty,": {Dims: []int{0, 3, 1, 2}},
	} {
		if _, err := PrepareTensor(first, wrong); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", wrong.Dims, err, want)
		}
	}
}

// A second picture must have the size of the first, and not only its numbers: 4 x 2 pixels are not 2 x 4. A box is
// refused beside a tensor, which it would not cut.
func TestRefused(t *testing.T) {
	prep := &imgio.Prep{Width: 4, Height: 2, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}
	picture := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	if _, err := (Input{Dims: []int{1, 3, 2, 4}, Prep: prep}).Second(first, picture); err != nil {
		t.Error(err)
	}
	_, err := Input{Dims: []int{1, 3, 4, 2}, Prep: prep}.Second(first, picture)
	if want := "as 4 x 2 pixels, but the first one as 2 x 4"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
	r := ask.Request{Tensor: &ask.Tensor{Dims: []int{1, 3, 1, 1}, Values: make([]float32, 3)},
		Boxes: []image.Rectangle{image.Rect(0, 0, 1, 1)}}
	if _, err := Prepare(first, r, nil, nil); err == nil || !strings.Contains(err.Error(), "leave the box out") {
		t.Errorf("a tensor and a box: %v", err)
	}
}

// Without a preprocessing nothing is guessed. The error for a file holds a sidecar to save, with what classifiers or
// detectors of that kind take. The error for a GoMLX model speaks of its card.
func TestUnprepared(t *testing.T) {
	r := ask.Request{Pictures: []image.Image{image.NewNRGBA(image.Rect(0, 0, 4, 4))}}
	file := first
	file.SHA256 = "0b1c"
	free := file
	free.Input = []int{-1, 3, -1, -1}
	for _, c := range []struct {
		card         source.Card
		preset, want string
	}{
		{file, "", `If it was trained as torchvision's classifiers, save this as model.json: {"input":`},
		{file, "yolo", `the shapes of a detector's. If it was trained as Ultralytics' detectors, which`},
		{free, "yolo", `640 x 640 is usual`},
		{free, "yolo", `{"input":{"width":640,"height":640,"fit":"letterbox"`},
		{free, "", `{"input":{"width":224,"height":224,"fit":"crop","resize":256`},
		{first, "", "its card has no Prep"},
	} {
		_, err := Prepare(c.card, r, func() string { return c.preset }, func(string) {})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// A file that takes whole numbers is refused if pictures are divided by 255 or brought to ImageNet's range: rounded,
// only few different values would be left. TensorFlow Lite's bytes from -128 to 127 and a file of float32 are taken.
func TestBytes(t *testing.T) {
	unit := imgio.Prep{Width: 4, Height: 4, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}
	imagenet, signed := unit, unit
	imagenet.Mean, imagenet.Scale = [3]float32{123.675, 116.28, 103.53}, [3]float32{58.395, 57.12, 57.375}
	signed.Mean, signed.Scale = [3]float32{128, 128, 128}, [3]float32{1, 1, 1}
	for _, c := range []struct {
		kind string
		prep imgio.Prep
		left string // part of the error, which says what is left of a picture; empty if there is no error
	}{
		{"uint8", unit, "leaves no more than 2 of them"},
		{"uint8", imagenet, "leaves no more than 5 of them"},
		{"int64", unit, "whole numbers (int64)"},
		{"int8", signed, ""},
		{"float32", unit, ""},
		{"", unit, ""},
	} {
		card := first
		card.Type = c.kind
		_, err := PrepFor(card, &c.prep)
		if (err != nil) != (c.left != "") || err != nil && !strings.Contains(err.Error(), c.left) {
			t.Errorf("%s, (p - %v) / %v: error %v, want %q", c.kind, c.prep.Mean, c.prep.Scale, err, c.left)
		}
	}
}

// A file on the hub has no sidecar in the cache, so no command is given that writes one there; a copy can have one.
func TestUnpreparedHubFile(t *testing.T) {
	place.CommandLine()
	defer place.Program()
	card := source.Card{Name: "net", File: "/cache/net.onnx", Input: []int{1, 3, 8, 8}, Layout: imgio.ChannelsFirst}
	const line, copied = "gradcam sidecar --model /cache/net.onnx", "save this as net.json beside a copy of /cache/net.onnx"
	for _, card.OnHub = range []bool{false, true} {
		_, err := Prepare(card, ask.Request{}, func() string { return "" }, func(string) {})
		said := fmt.Sprint(err)
		if strings.Contains(said, line) == card.OnHub || strings.Contains(said, copied) != card.OnHub {
			t.Errorf("on the hub, %t: %v", card.OnHub, err)
		}
	}
}
