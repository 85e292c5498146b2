package detections

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// eight returns eight times the same numbers.
func eight(b ...float32) []float32 {
	var out []float32
	for range 8 {
		out = append(out, b...)
	}
	return out
}

// Sense by hand: eight boxes of 10 x 10 with scores of one class. What is only unlikely is taken if it is trusted; what
// may mend it is told.
func TestSense(t *testing.T) {
	ones, half, none := eight(1), eight(0.5), eight(0)
	fine, two := eight(20, 20, 30, 30), slices.Concat(half[:2], make([]float32, 6))
	for _, c := range []struct {
		what    string
		all     candidates
		want    string // in the error; empty if there is none
		numbers string // of the decoder that may help
		unsure  bool
	}{
		{"fine", candidates{fine, half, half, ones}, "", "", false},
		{"rows without use", candidates{eight(0, 0, 0, 0), none, none, none}, "", "", false},
		{"logits", candidates{fine, eight(-3), half, ones}, "class scores would lie between -3 and -3", "activation", false},
		{"no number", candidates{fine, eight(float32(math.NaN())), half, ones}, "class scores", "", false},
		{"a score as objectness", candidates{fine, half, half, eight(1.5)}, "objectness would lie", "", false},
		{"scores as class numbers", candidates{fine, ones, ones, ones, half}, "would not be whole, one is 0.5", "", true},
		{"class numbers that are whole but for rounding", candidates{fine, half, half, ones, eight(90.002)}, "", "", false},
		{"the unit square", candidates{eight(0.2, 0.2, 0.3, 0.3), half, half, ones}, "they may be of the unit square", "unit", true},
		{"a class number without a label", candidates{fine, none, none, eight(0.9)},
			"a box with the score 0.9 would have a class number that is none of the 1 classes", "", false},
		{"scores that are all 0, without objectness", candidates{fine, none, none, ones}, "", "", false},
		{"a class number and rows without use", candidates{fine, append(ones[:7:7], 0), append(half[:7:7], 0),
			append(half[:7:7], 0)}, "", "", false},
		{"far outside", candidates{eight(40, -200, 44, 60), half, half, ones}, "reach further out of the picture than it is long", "", true},
		{"the one sure box with its corners turned", candidates{append([]float32{44, 20, 12, 10}, eight(20, 20, 30, 30)[4:]...),
			append([]float32{0.9}, none[1:]...), append([]float32{0.9}, none[1:]...), ones},
			"may be middle and size", "order", true},
		{"places as scores", candidates{fine, append([]float32{-2}, eight(160)[1:]...), half, ones}, "are no probabilities", "", false},
		{"class numbers as scores", candidates{fine, eight(0.5, 1), ones, ones}, "as class numbers are", "", true},
		{"the outcome of an ArgMax", candidates{fine, eight(0, 1), half, half}, "", "", false},
		{"outside", candidates{eight(80, 20, 90, 30), half, half, ones}, "outside of the picture", "", true},
		{"middle and size as corners", candidates{eight(25, 25, 10, 10), half, half, ones}, "may be middle and size", "order", true},
		{"corners as middle and size", candidates{eight(20-15, 20-15, 20+15, 20+15), half, half, ones}, "may be corners", "order", true},
		{"two pairs of corners as middle and size in rows with room for more", candidates{append([]float32{-12, -8, 28, 40, -6,
			-2, 14, 10}, make([]float32, 24)...), two, two, ones}, "may be corners", "order", true},
		{"two boxes in rows with room for more", candidates{append([]float32{8, 16, 40, 48, 40, 4, 60, 12},
			make([]float32, 24)...), two, two, ones}, "", "", false},
		{"points without a score", candidates{eight(20, 0, 20, 0), none, none, ones}, "would be under 2 pixels", "", true},
		{"boxes without a score", candidates{fine, none, none, ones}, "", "", false},
		{"sigmoids of probabilities", candidates{fine, []float32{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.711}, half, ones}, "sigmoids of probabilities", "",
			true},
		{"a softmax of probabilities", candidates{fine, eight(0.5576, 0.2267), eight(0.5576), ones}, "a softmax of probabilities",
			"softmaxed", true}, // of 0.95, 0.05 and 0
		{"a softmax of logits", candidates{fine, eight(0.665, 0.245), eight(0.665), ones}, "", "", false}, // of 2, 1 and 0
		{"whole pages", candidates{eight(1, 1, 63, 63), half, half, ones}, "", "", false},
		{"a background", candidates{fine, eight(0.875, 0.125), eight(0.875), ones}, "may be the background", "background", true},
		{"softmax with an objectness", candidates{fine, eight(0.875, 0.125), eight(0.4375), half}, "", "", false},
		{"softmax without its background", candidates{fine, eight(0.5, 0.25), half, ones}, "", "", false},
	} {
		spec := detect.Spec{Threshold: 0.25}
		err := c.all.checkSense(spec, [2]int{64, 64}, false)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
		var no nonsense
		if errors.As(err, &no) && (no.unsure != c.unsure || (c.numbers == "") != (no.numbers == nil) ||
			c.numbers != "" && no.numbers[c.numbers] == nil) {
			t.Errorf("%s: unsure %v with %v, want %v with %q", c.what, no.unsure, no.numbers, c.unsure, c.numbers)
		}
		around := c.all.checkSense(detect.Spec{Decoder: "maskformer", Threshold: 0.25}, [2]int{64, 64}, false)
		if c.want == "may be corners" && around != nil {
			t.Errorf("%s, around masks: %v", c.what, around)
		}
		spec.Trusted = true
		if err := c.all.checkSense(spec, [2]int{64, 64}, false); (err == nil) != (c.want == "" || c.unsure) {
			t.Errorf("%s, trusted: %v", c.what, err)
		}
	}
}

// The background is the class that most candidates have.
func TestWhichBackground(t *testing.T) {
	fine := eight(20, 20, 30, 30)
	for want, scores := range map[any][]float32{"first": eight(0.875, 0, 0.125), "last": eight(0.125, 0, 0.875), 1: eight(0.125, 0.875, 0)} {
		var no nonsense
		all := candidates{fine, scores, eight(0.875), eight(1)}
		err := all.checkSense(detect.Spec{Threshold: 0.25}, [2]int{64, 64}, false)
		if !errors.As(err, &no) || no.numbers["background"] != want {
			t.Errorf("%v with %v, want the class %v", err, no.numbers, want)
		}
	}
}

// A list of corners with one box in the picture's upper left is fine for a decoder of lists that were suppressed.
func TestOneBoxInTheCorner(t *testing.T) {
	one := []float32{0, 0, 0, 0, 0, 0, 0, 0.9}
	all := candidates{append(make([]float32, 28), 2, 2, 20, 20), one, one, eight(1)}
	if err := all.checkSense(detect.Spec{Threshold: 0.25, NMS: 1}, [2]int{64, 64}, false); err != nil {
		t.Error(err)
	}
}

// What may mend a reading is told only if its decoder takes it and would then read the outputs, together with what the
// sidecar says already.
func TestMend(t *testing.T) {
	lists := [][]int{{1, 9, 4}, {1, 9}, {1, 9}}
	for _, c := range []struct {
		spec    detect.Spec
		numbers map[string]any
		shapes  [][]int
		want    string
	}{
		{detect.Spec{Decoder: "detr", Threshold: 0.5, NMS: 1}, map[string]any{"order": "xyxy"},
			[][]int{{1, 9, 4}, {1, 9, 4}}, `{"decoder":"detr","numbers":{"order":"xyxy"}}`},
		{detect.Spec{Decoder: "before-nms", Threshold: 0.4, NMS: 0.45, Outputs: []string{"a", "b"}, Numbers: []byte(`{"unit": true}`)},
			map[string]any{"background": "first"}, [][]int{{1, 9, 4}, {1, 9, 3}},
			`{"decoder":"before-nms","outputs":["a","b"],"threshold":0.4,"numbers":{"background":"first","unit":true}}`},
		{detect.Spec{Decoder: "end-to-end"}, nil, lists, `{"decoder":"end-to-end","outputs":["boxes","scores","labels"]}`},
		{detect.Spec{Decoder: "end-to-end"}, nil, [][]int{{1, 9, 4}, {1, 8}, {1, 9}}, ""},
		{detect.Spec{Decoder: "end-to-end"}, map[string]any{"order": "cxcywh"}, lists,
			`{"decoder":"end-to-end","outputs":["boxes","scores","labels"],"numbers":{"order":"cxcywh"}}`},
		{detect.Spec{Decoder: "before-nms"}, map[string]any{"background": "first"}, [][]int{{1, 9, 4}, {1, 9, 5}}, ""},
		{detect.Spec{Decoder: "paddle", Threshold: 0.5, NMS: 1}, map[string]any{"order": "cxcywh"}, [][]int{{1, 9, 6}}, ""},
		{detect.Spec{Decoder: "paddle"}, nil, [][]int{{1, 9, 6}}, ""},
	} {
		no := nonsensef("it is not right")
		no.numbers, no.swap = c.numbers, c.spec.Decoder == "end-to-end"
		read := &Reader{spec: c.spec, names: []string{"boxes", "labels", "scores"}}
		spec, ok := fault{read, no}.mend(3, c.shapes, [2]int{64, 64})
		got, err := json.Marshal(spec)
		if err != nil || ok != (c.want != "") || ok && string(got) != c.want {
			t.Errorf("%s: %v, %s, %v, want %s", c.spec.Decoder, ok, got, err, c.want)
		}
	}
}

// What is to be written goes into the sidecar of a file, in JSON, and into the card of a model in memory, in Go.
func TestWritten(t *testing.T) {
	spec := detect.Spec{Decoder: "before-nms", Outputs: []string{"a", "b"}, Threshold: 0.4, NMS: 0.5,
		Numbers: json.RawMessage(`{"unit":true}`), Trusted: true}
	for file, want := range map[string]string{
		"net.onnx": `"detector": {"decoder":"before-nms","outputs":["a","b"],"threshold":0.4,"nms":0.5,"numbers":{"unit":true},"trusted":true} in the sidecar net.json`,
		"":         "Detector: &detect.Spec{Decoder: \"before-nms\", Outputs: []string{\"a\", \"b\"}, Threshold: 0.4, NMS: 0.5, Numbers: json.RawMessage(`{\"unit\":true}`), Trusted: true} in its card",
	} {
		if got := written(source.Card{File: file}, spec); got != want {
			t.Errorf("of the file %q: %s, want %s", file, got, want)
		}
	}
}
