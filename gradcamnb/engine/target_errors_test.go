package engine

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// What a target lacks is said in a sentence.
func TestTargetErrors(t *testing.T) {
	e := testEngine(t, "go")
	m := linearModel(t, e)
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{1, 2, 3, 4}}
	for want, target := range map[string]gradcamnb.Target{
		"no tag is above 0.99999":      gradcamnb.TagsAbove(0.99999),
		"compares class 1 with itself": gradcamnb.Contrast(1, 1),
		"no class 3":                   gradcamnb.Contrast(0, 3),
		"name at least one":            gradcamnb.Tags(),
		"a single logit":               gradcamnb.Binary(1),
		"no head \"size\"":             gradcamnb.Attribute("size", "big"),
		"nothing names the values":     gradcamnb.Attribute("output", "big"),
		"no segmentation":              gradcamnb.Border(0, 1),
		"no second picture":            gradcamnb.Similar(nil),
		"it has no left side":          gradcamnb.Class(0).Side("left"),
		"it has no top side":           Target("seven", "", func(out []*Node) *Node { return ReduceSum(out[0], -1) }).Side("top"),
		"names 2 ranks":                {Spec: kind.Spec{Kind: "top", Index: []int{1, 2}}},
		"was given to engine.Target":   {Spec: kind.NewFunction("nobody's", nil)},
	} {
		if _, err := m.ExplainTensor(in, target, gradcamnb.Layers("/map")); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", target, err, want)
		}
	}
	seg := gomlxModel(t, e, source.Card{Name: "halves", Input: []int{-1, 2, 2, 1}}, func(x *Node) []*Node {
		plane := TransposeAllAxes(MulScalar(x, 1).WithAlias("/map"), 0, 3, 1, 2)
		return []*Node{Concatenate([]*Node{plane, OneMinus(plane)}, 1)}
	})
	weights := func(v ...float32) heatmap.Grid { return heatmap.Grid{H: 2, W: 2, Values: v} }
	for want, target := range map[string]gradcamnb.Target{
		"it has 2 masks for 1 pictures":    gradcamnb.Region(1, weights(1, 1, 1, 1), weights(1, 1, 1, 1)),
		"no numbers":                       gradcamnb.Region(1, weights(1, float32(math.NaN()), 0, 0)),
		"there is no mean over it":         gradcamnb.RegionMean(1, weights(1, -1, 0, 0)),
		"no pixel is predicted as class 1": gradcamnb.Region(1),
		"is predicted as class 0 and not":  gradcamnb.Part(1, 0, 0),
		"outside the segmentation":         gradcamnb.Part(0, 9, 0),
		"touches one of class 1":           gradcamnb.Border(0, 1),
	} {
		if _, err := seg.ExplainTensor(in, target, gradcamnb.Layers("/map")); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", target, err, want)
		}
	}
	one := gomlxModel(t, e, source.Card{Name: "classes of one cell", Input: []int{-1, 1, 1, 1}}, func(x *Node) []*Node {
		plane := TransposeAllAxes(MulScalar(x, 1).WithAlias("/map"), 0, 3, 1, 2)
		return []*Node{Concatenate([]*Node{plane, Neg(plane)}, 1)}
	})
	cell := gradcamnb.Tensor{Dims: []int{1, 1, 1, 1}, Values: []float32{3}}
	if _, err := one.ExplainTensor(cell, gradcamnb.Region(1), gradcamnb.Layers("/map")); err == nil ||
		!strings.Contains(err.Error(), "it is a list of classes, so explain class 1") {
		t.Errorf("a region of one cell: %v", err)
	}
}

// FinerCAM compares logits by their softmax, and refuses probabilities as the target finer does.
func TestFinerCAMOfProbabilities(t *testing.T) {
	m := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "softmax", Input: []int{-1, 1, 3, 1}}, func(x *Node) []*Node {
		return []*Node{Softmax(Reshape(MulScalar(x, 1).WithAlias("/map"), x.Shape().Dim(0), 3), -1)}
	})
	in := gradcamnb.Tensor{Dims: []int{1, 1, 3, 1}, Values: []float32{1, 2, 3}}
	for target, want := range map[string]string{"class:0": "", "output:output:0": "compares logits: the output \"output\" is no list of logits: explain a class with"} {
		of, err := gradcamnb.ParseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.ExplainTensor(in, of, gradcamnb.Layers("/map"), gradcamnb.Methods("FinerCAM"))
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("FinerCAM of %s: error %v, want %q", target, err, want)
		}
	}
	bare := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "tanh", Input: []int{-1, 1, 3, 1}}, func(x *Node) []*Node {
		return []*Node{Tanh(Reshape(MulScalar(x, 1).WithAlias("/map"), x.Shape().Dim(0), 3))}
	})
	_, err := bare.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Layers("/map"), gradcamnb.Methods("FinerCAM"))
	if err == nil || !strings.HasSuffix(err.Error(), "explain the class with another method, such as GradCAM") {
		t.Errorf("FinerCAM of a class that has no logit: %v", err)
	}
}

// A target that does not move, a constant and a softmax that is 1 in float32, gives a map
// without meaning, which is diagnosed, with what to explain instead.
func TestTargetsThatDoNotMove(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		m := linearModel(t, e)
		in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{100, 2, 3, 4}} // y = 109, 2, 204
		constant := Target("seven", "", func(out []*Node) *Node {
			return OnesLike(Squeeze(Slice(out[0], AxisRange(), AxisElem(0)), -1))
		})
		r, err := m.ExplainTensor(in, constant, gradcamnb.Softmax(2), gradcamnb.Layers("/map"))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"zero everywhere: at layer /map nothing moves the target seven", "Explain the logit"} {
			if got := r[0].Maps[i].Diagnosis; !strings.Contains(got, want) {
				t.Errorf("%s is diagnosed %q, want %q", r[0].Maps[i].Target, got, want)
			}
		}
		in.Values = []float32{12, 0, 0, 1} // y = 12, 0, 25: p2 = 1 - 2.3e-6
		if r, err = m.ExplainTensor(in, gradcamnb.Softmax(2), gradcamnb.Layers("/map")); err != nil {
			t.Fatal(err)
		}
		if got := r[0].Maps[0].Diagnosis; !strings.Contains(got, "saturated") {
			t.Errorf("a probability of %g is diagnosed %q", r[0].Maps[0].Score, got)
		}
	})
}

// Of more tags than a hundred the error says which threshold leaves fewer. The scores are 0.00, 0.01, ... 1.49. The
// hundredth from above is 0.50, whose sigmoid is 0.6225; that of the next, 0.51, is 0.6248.
func TestTooManyTags(t *testing.T) {
	e := testEngine(t, "go")
	scores := make([]float32, 150)
	for i := range scores {
		scores[i] = float32(i) / 100
	}
	in := gradcamnb.Tensor{Dims: []int{1, 1, 1, 1}, Values: []float32{1}}
	open := func(name string, end func(*Node) *Node) *gradcamnb.Model {
		return gomlxModel(t, e, source.Card{Name: name, Input: []int{-1, 1, 1, 1}}, func(x *Node) []*Node {
			y := Reshape(MulScalar(x, 1).WithAlias("/map"), x.Shape().Dim(0), 1)
			return []*Node{end(Mul(y, ExpandAxes(Const(x.Graph(), scores), 0)))}
		})
	}
	logits := open("logits", func(y *Node) *Node { return y })
	_, err := logits.ExplainTensor(in, gradcamnb.TagsAbove(0.5), gradcamnb.Layers("/map"))
	for _, want := range []string{"149 tags", "above 0.5", "0.623 or more", "only one class"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	r, err := logits.ExplainTensor(in, gradcamnb.TagsAbove(0.623), gradcamnb.Layers("/map"))
	if err != nil || len(r[0].Maps) != 99 { // from 0.51, whose sigmoid is 0.6248, to 1.49
		t.Errorf("with the threshold of the error: %v", err)
	}
	_, err = open("tags", Sigmoid).ExplainTensor(in, gradcamnb.TagsAbove(0.5), gradcamnb.Layers("/map"))
	if err == nil || strings.Contains(err.Error(), "only one class") {
		t.Errorf("the model says that these are tags, but the error is %v", err)
	}
}

// If the model does not say how its numbers become probabilities, the map of a tag says so. If it makes sigmoids or a
// softmax, the probabilities are its own.
func TestTagsOfClasses(t *testing.T) {
	e := testEngine(t, "go")
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{1, 2, 3, 4}}
	none := func(y *Node) *Node { return y }
	for name, end := range map[string]func(*Node) *Node{
		"logits": none, "sigmoids": Sigmoid, "softmax": func(y *Node) *Node { return Softmax(y) },
	} {
		m := gomlxModel(t, e, source.Card{Name: name, Input: []int{-1, 2, 2, 1}}, func(x *Node) []*Node {
			x = MulScalar(x, 1).WithAlias("/map")
			return []*Node{end(Reshape(x, x.Shape().Dim(0), 4))}
		})
		for _, target := range []gradcamnb.Target{gradcamnb.Tag(3), gradcamnb.Tags(0, 3), gradcamnb.TagsAbove(0.5)} {
			r, err := m.ExplainTensor(in, target, gradcamnb.Layers("/map"))
			if err != nil {
				t.Fatalf("%s of %s: %v", target, name, err)
			}
			note := r[0].Maps[0].Note
			if isSaid := strings.Contains(note, "does not say whether its classes exclude each other"); isSaid != (name == "logits") {
				t.Errorf("%s of %s: the note is %q", target, name, note)
			}
		}
	}
}
