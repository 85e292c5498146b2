package detections

import (
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

// A list of corners with one box in the picture's upper left is fine for a decoder of lists that were suppressed.
func TestOneBoxInTheCorner(t *testing.T) {
	one := []float32{0, 0, 0, 0, 0, 0, 0, 0.9}
	all := candidates{append(make([]float32, 28), 2, 2, 20, 20), one, one, eight(1)}
	if err := all.checkSense(detect.Spec{Threshold: 0.25, NMS: 1}, [2]int{64, 64}, false); err != nil {
		t.Error(err)
	}
}

// What may mend a reading is told only if its decoder takes it, together with what the sidecar says already.
func TestMend(t *testing.T) {
	for _, c := range []struct {
		spec    detect.Spec
		numbers map[string]any
		want    string
	}{
		{detect.Spec{Decoder: "detr", Threshold: 0.5, NMS: 1}, map[string]any{"order": "xyxy"},
			`{"decoder":"detr","numbers":{"order":"xyxy"}}`},
		{detect.Spec{Decoder: "before-nms", Threshold: 0.4, NMS: 0.45, Outputs: []string{"a", "b"}, Numbers: []byte(`{"unit": true}`)},
			map[string]any{"background": "first"},
			`{"decoder":"before-nms","outputs":["a","b"],"threshold":0.4,"numbers":{"background":"first","unit":true}}`},
		{detect.Spec{Decoder: "end-to-end"}, nil, `{"decoder":"end-to-end","outputs":["boxes","scores","labels"]}`},
		{detect.Spec{Decoder: "paddle", Threshold: 0.5, NMS: 1}, map[string]any{"order": "cxcywh"}, ""},
		{detect.Spec{Decoder: "paddle"}, nil, ""},
	} {
		no := nonsensef("it is not right")
		no.numbers, no.swap = c.numbers, c.spec.Decoder == "end-to-end"
		read := &Reader{spec: c.spec, names: []string{"boxes", "labels", "scores"}}
		if got := (fault{read, no}).mend(3); got != c.want {
			t.Errorf("%s: %s, want %s", c.spec.Decoder, got, c.want)
		}
	}
}

// A model in memory has no sidecar to write into.
func TestWordsOfMending(t *testing.T) {
	for _, c := range []struct {
		file string
		want [2]string
	}{
		{"net.onnx", [2]string{"into the sidecar net.json", "in the \"detector\" of the sidecar net.json"}},
		{"", [2]string{"let the model return them as the decoder reads them", "give it to engine.Detector"}},
	} {
		card := source.Card{File: c.file}
		for i, got := range []string{mendWords(card, "{}"), trustWords(card, "detr")} {
			if !strings.Contains(got, c.want[i]) {
				t.Errorf("of the file %q: %q, want %q", c.file, got, c.want[i])
			}
		}
	}
}
