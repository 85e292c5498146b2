package detections

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/onnxruntime"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// If two outputs have one number an object each, the name or the values tell which are the scores. If neither does,
// nothing is guessed.
func TestScoresAreTold(t *testing.T) {
	number := func(name string, values ...float32) onnxruntime.Tensor {
		return onnxruntime.Tensor{Name: name, Type: "float32", Dims: []int{2}, Values: values}
	}
	boxes := onnxruntime.Tensor{Name: "boxes", Type: "float32", Dims: []int{2, 4}, Values: make([]float32, 8)}
	labels := onnxruntime.Tensor{Name: "labels", Type: "int64", Dims: []int{2}, Values: []float32{1, 2}}
	for _, c := range []struct {
		a, b onnxruntime.Tensor
		want []string
	}{
		{number("angles", 0.5, -3), number("p", 0.9, 0.4), []string{"boxes", "p", "labels"}},
		{number("quality", 0.5, 0.3), number("scores", 0.9, 0.4), []string{"boxes", "scores", "labels"}},
		{number("quality", 0.5, 0.3), number("p", 0.9, 0.4), nil},
		{number("depth", 5, 3), number("scores", 90, 40), nil},
	} {
		names, _ := Roles([]onnxruntime.Tensor{boxes, c.a, labels, c.b})
		if !slices.Equal(names, c.want) {
			t.Errorf("of %s %v and %s %v: %q, want %q", c.a.Name, c.a.Values, c.b.Name, c.b.Values, names, c.want)
		}
	}
}

// Labels, scores and boxes would be read as boxes, scores and labels, also beside a count, as TensorRT's suppression
// has it. No order of two lists makes detections.
func TestOutputsInAnotherOrder(t *testing.T) {
	for _, c := range []struct {
		names  []string
		shapes [][]int
		want   string
	}{
		{[]string{"a", "b", "c"}, [][]int{{1, 50}, {1, 50}, {1, 50, 4}}, `{"decoder":"end-to-end","outputs":["c","a","b"]}`},
		{[]string{"n", "a", "b", "c"}, [][]int{{1, 1}, {1, 50, 4}, {1, 50}, {1, 50}},
			`{"decoder":"end-to-end","outputs":["a","b","c"]}`},
		{[]string{"a", "b"}, [][]int{{1, 50}, {1, 50}}, "no decoder fits them as they stand"},
	} {
		if got := describeOtherOrder(source.Card{File: "net.onnx"}, c.names, c.shapes, [2]int{64, 64}); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.shapes, got, c.want)
		}
	}
}

// Rows of six are read in the order that alone fits their values. If both fit, or no score is above 0, nothing is
// guessed.
func TestOrderOfRows(t *testing.T) {
	for _, c := range []struct {
		rows []float32
		want string
		may  bool
	}{
		{[]float32{3, 0.9, 1, 2, 30.5, 40.5}, "paddle", true},
		{[]float32{1.5, 2, 30.5, 40.5, 0.9, 3}, "end-to-end", true},
		{[]float32{0, 0, 640, 480, 0.9, 3}, "end-to-end", true}, // clipped at the picture's edges
		{[]float32{-1, 0, 0, 0, 0, 0, 3, 0.9, 1, 2, 30.5, 40.5}, "paddle", true},
		{[]float32{1, 1, 640, 480, 0.9, 3}, "", true}, // class 1 with 1, or class 3 with 0.9
		{[]float32{0, 0, 0, 0, 0, 0}, "", true},
		{nil, "", true},
		{[]float32{0.5, 2, 0.5, 2, 0.5, 2.5}, "", false},
	} {
		outputs := []onnxruntime.Tensor{{Name: "rows", Type: "float32", Dims: []int{len(c.rows) / 6, 6}, Values: c.rows},
			{Name: "count", Type: "int32", Dims: []int{1}, Values: []float32{1}}}
		got := ""
		if _, spec := Roles(outputs); spec != nil {
			got = spec.Decoder
		}
		if got != c.want || MayBeRows(outputs) != c.may {
			t.Errorf("%v: %q, want %q; they may be rows: %v, want %v", c.rows, got, c.want, MayBeRows(outputs), c.may)
		}
	}
}
