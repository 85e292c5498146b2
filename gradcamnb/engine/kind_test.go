package engine

import (
	"errors"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/fault"
)

// extremes is a kind of target of this test's own, in one place: how far the best class is above
// the worst.
var extremes = kind.Register(kind.Kind{
	Name: "extremes", Score: "weighted", Measured: "",
	Forms: []kind.Form{{Text: "extremes:", Means: "the best class's logit less the worst one's"}},
	Read:  func(string) (kind.Spec, error) { return kind.Spec{Kind: "extremes"}, nil },
	Resolve: func(sc kind.Scene, _ kind.Spec) ([]kind.ResolvedTarget, error) {
		t, err := sc.Tensor(sc.Outputs()[0].Name, "weighted", kind.AsItIs)
		if err != nil {
			return nil, err
		}
		_, y, err := sc.Values(t.Name, nil)
		if err != nil {
			return nil, err
		}
		weights, best, worst := make([]float32, len(y)), 0, 0
		for i, v := range y {
			if v > y[best] {
				best = i
			}
			if v < y[worst] {
				worst = i
			}
		}
		weights[best], weights[worst] = 1, -1
		return []kind.ResolvedTarget{{Tensors: []string{t.Name}, Shape: t.Shape, Index: []int32{int32(best)},
			Argument: weights,
			Words:    "best and worst", Whole: true}}, nil
	},
})

// A kind that is added in one place is explained, written, read and measured like any other. The
// scores of the picture 1, 2, 3, 4 are 10, 2, 6: y0 - y1 = p0 + 3 p2 - p1 is made of 1, -2, 9, 0.
func TestAKindIsOneFile(t *testing.T) {
	target, err := gradcamnb.ParseTarget("extremes:")
	if err != nil || target.String() != "extremes:" || !strings.Contains(kind.Help(), extremes.Forms[0].Means) {
		t.Fatalf("the text is read as %+v, %v", target, err)
	}
	m := linearModel(t, testEngine(t, "go"))
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{1, 2, 3, 4}}
	r, err := m.ExplainTensor(in, target, gradcamnb.Layers("/map"), gradcamnb.Methods("HiResCAM"),
		gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{"deletion"}}))
	if err != nil {
		t.Fatal(err)
	}
	got := r[0].Maps[0]
	wantMap(t, "extremes", got.Raw.Values, 1, -2, 9, 0)
	if got.Score != 8 || got.Target != "best and worst" || got.Class != "" || len(got.Metrics) != 1 {
		t.Errorf("the map is %+v", got)
	}
	if _, err := target.WithIndex(1); err == nil {
		t.Error("it has elements")
	}
}

// An output is measured by what its target's kind says, whatever its name is. The probability of an output that is
// called "tag" is the softmax's, and that of a tag is its own.
func TestAnOutputCalledTag(t *testing.T) {
	m := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "windowed", Input: []int{-1, side, side, 3},
		Outputs: []string{"tag"}}, func(x *Node) []*Node {
		x = MulScalar(x, 1).WithAlias("/picture")
		seen := ReduceMean(Slice(x, AxisRange(), AxisRange(6, 12), AxisRange(6, 12), AxisRange()), 1, 2, 3)
		return []*Node{Stack([]*Node{seen, Neg(seen)}, 1)}
	})
	how := gradcamnb.Measuring{Metrics: []string{"insertion"}, Steps: 16, Baseline: "mean"}
	maps, err := measured(t, m, how, gradcamnb.Output("tag", 0), gradcamnb.Tag(0))
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range []float64{2, 1} { // the logits differ by 2 s, and a tag has its own s
		a := 1 / (1 + math.Exp(-s))
		if want := (0.25 + 15*a + a/2) / 16; !(math.Abs(maps[i].Metrics["insertion"]-want) <= 1e-5) {
			t.Errorf("%s: insertion %g, want %g", maps[i].Target, maps[i].Metrics["insertion"], want)
		}
	}
}

// A class is chosen by its label, and the value of another head by its own; the map says what was
// taken, and has the name that its head gives it.
func TestTargetsByName(t *testing.T) {
	card := source.Card{
		Name: "two heads", Input: []int{-1, 2, 2, 1}, Outputs: []string{"shape", "colour"},
		Labels: []string{"disc", "star fish"}, HeadLabels: map[string][]string{"colour": {"red", "green", "blue"}},
	}
	m := gomlxModel(t, testEngine(t, "go"), card, func(x *Node) []*Node {
		x = MulScalar(x, 1).WithAlias("/map")
		p := Reshape(x, x.Shape().Dim(0), 4)
		return []*Node{Slice(p, AxisRange(), AxisRange(0, 2)), Slice(p, AxisRange(), AxisRange(1, 4))}
	})
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{1, 2, 3, 4}}
	explain := func(targets ...gradcamnb.Choice) ([]*heatmap.Map, error) {
		r, err := m.ExplainTensor(in, append(targets, gradcamnb.Layers("/map"), gradcamnb.Methods("HiResCAM"))...)
		if err != nil {
			return nil, err
		}
		return r[0].Maps, nil
	}
	maps, err := explain(gradcamnb.Label("star"), gradcamnb.Label("Disc"), gradcamnb.Attribute("colour", "blue"))
	if err != nil {
		t.Fatal(err)
	}
	if got := maps[2]; got.Head != "colour" || got.Rank != 1 || got.Classes != 3 || len(got.Top) != 3 ||
		got.Top[1].Label != "green" || !(math.Abs(float64(got.Probability)-0.6652) <= 1e-3) {
		// softmax of 2, 3, 4
		t.Errorf("blue stands at %d of %d of %q with %g, before %+v", got.Rank, got.Classes, got.Head, got.Probability,
			got.Top)
	}
	if got := maps[1]; got.Head != "" || got.Rank != 2 || got.Classes != 2 ||
		!(math.Abs(float64(got.Probability)-0.2689) <= 1e-3) {
		t.Errorf("a disc stands at %d of %d with %g", got.Rank, got.Classes, got.Probability) // softmax of 1, 2
	}
	for i, want := range []struct {
		target, class, note string
		score               float32
	}{{"class 1", "star fish", `"star" was taken for star fish (1)`, 2}, {"class 0", "disc", "", 1},
		{"colour 2", "blue", "", 4}} {
		if got := maps[i]; got.Target != want.target || got.Class != want.class || got.Note != want.note ||
			got.Score != want.score {
			t.Errorf("map %d is of %s, %q, %g, note %q; want %+v", i, got.Target, got.Class, got.Score, got.Note, want)
		}
	}
	if got := m.Info().Elements(gradcamnb.Attribute("colour", "red")); len(got) != 3 || got[1] != "green" {
		t.Errorf("the colours are %q", got)
	}
	if _, err := explain(gradcamnb.Label("ring")); !errors.Is(err, fault.ErrNoClass) {
		t.Errorf("no such label: %v", err)
	}
}
