package engine

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// windowed scores s, the mean of its picture within the window, and -s, so that the
// probabilities are sigmoid(2 s) and sigmoid(-2 s). HiResCAM at /picture is exactly the
// window, 36 of the 576 pixels.
func windowed(t *testing.T, e *Engine) *gradcamnb.Model {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: "windowed", Input: []int{-1, side, side, 3}}, model.NewStore(),
		func(_ *model.Scope, x *Node) []*Node {
			x = MulScalar(x, 1).WithAlias("/picture")
			seen := ReduceMean(Slice(x, AxisRange(), AxisRange(6, 12), AxisRange(6, 12), AxisRange()), 1, 2, 3)
			return []*Node{Stack([]*Node{seen, Neg(seen)}, 1)}
		})
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(e.Session(m))
}

func measured(t *testing.T, m *gradcamnb.Model, how gradcamnb.Measuring,
	targets ...gradcamnb.Target) ([]*heatmap.Map, error) {
	t.Helper()
	r := gradcamnb.Request{Tensor: white(), Layers: []string{"/picture"}, Methods: []string{"HiResCAM"}, Targets: targets,
		Measuring: how}
	got, err := m.Run(t.Context(), r)
	if err != nil {
		return nil, err
	}
	return got[0].Maps, nil
}

// A white picture in 16 steps of 36 pixels, the baseline zero. For class 0 the window
// comes first, so the score is a = sigmoid(2) = 0.8808 with it and 1/2 without:
//
//	insertion (1/4 + 15 a + a/2) / 16, deletion (a/2 + 15/2 + 1/4) / 16
//
// For class 1, against which the window speaks, it comes last, with b = sigmoid(-2):
//
//	insertion (1/4 + 15/2 + b/2) / 16, deletion (b/2 + 15 b + 1/4) / 16
//
// The picture under its own map of class 0 is the window and scores a: nothing is lost.
// Class 1 has no positive part, so that nothing is left: it scores 1/2, more than b.
func TestMeasuredByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		how := gradcamnb.Measuring{Metrics: []string{"insertion", "deletion", "insertion - deletion", "average drop",
			"average increase"}, Steps: 16, Baseline: "mean"}
		maps, err := measured(t, windowed(t, e), how, gradcamnb.Class(0), gradcamnb.Class(1))
		if err != nil {
			t.Fatal(err)
		}
		a, b := 1/(1+math.Exp(-2)), 1/(1+math.Exp(2))
		for i, want := range []map[string]float64{
			{"insertion": (0.25 + 15*a + a/2) / 16, "deletion": (a/2 + 7.5 + 0.25) / 16, "average drop": 0,
				"average increase": 0},
			{"insertion": (0.25 + 7.5 + b/2) / 16, "deletion": (b/2 + 15*b + 0.25) / 16, "average drop": 0,
				"average increase": 1},
		} {
			want["insertion - deletion"] = want["insertion"] - want["deletion"]
			for name, v := range want {
				if got := maps[i].Metrics[name]; !(math.Abs(got-v) <= 1e-5) {
					t.Errorf("class %d: %s is %g, want %g", i, name, got, v)
				}
			}
		}
	})
}

// A tag is scored by its own probability, sigmoid(s) with the window and 1/2 without.
func TestMeasuredTag(t *testing.T) {
	maps, err := measured(t, windowed(t, testEngine(t, "go")), gradcamnb.Measuring{Metrics: []string{"deletion"},
		Steps: 16}, gradcamnb.Tag(0))
	if err != nil {
		t.Fatal(err)
	}
	a := 1 / (1 + math.Exp(-1))
	if got, want := maps[0].Metrics["deletion"], (a/2+7.75)/16; !(math.Abs(got-want) <= 1e-5) {
		t.Errorf("deletion: %g, want %g", got, want)
	}
}

// A blurred white picture is white, so that inserting the picture changes nothing.
func TestPapersBaselines(t *testing.T) {
	maps, err := measured(t, windowed(t, testEngine(t, "go")),
		gradcamnb.Measuring{Metrics: []string{"insertion", "deletion"}, Steps: 16}, gradcamnb.Class(0))
	if err != nil {
		t.Fatal(err)
	}
	a := 1 / (1 + math.Exp(-2))
	if got := maps[0].Metrics["insertion"]; !(math.Abs(got-a) <= 1e-5) {
		t.Errorf("insertion from a blur that is the picture: %g, want %g", got, a)
	}
	if got, want := maps[0].Metrics["deletion"], (a/2+7.75)/16; !(math.Abs(got-want) <= 1e-5) {
		t.Errorf("deletion: %g, want %g", got, want)
	}
}

// What is measured does not compile again for another class, and says how far it is.
func TestMeasuringProgress(t *testing.T) {
	m := windowed(t, testEngine(t, "go"))
	last := gradcamnb.Progress{}
	r := gradcamnb.Request{
		Tensor: white(), Layers: []string{"/picture"},
		Measuring: gradcamnb.Measuring{Metrics: []string{"insertion - deletion"}},
		Progress: func(p gradcamnb.Progress) {
			if p.Done <= last.Done || p.Done > p.Total {
				t.Errorf("%d of %d after %d", p.Done, p.Total, last.Done)
			}
			last = p
		},
	}
	if _, err := m.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if last.Done == 0 || last.Done != last.Total {
		t.Errorf("ended at %d of %d", last.Done, last.Total)
	}
}

func TestMeasuringErrors(t *testing.T) {
	m := windowed(t, testEngine(t, "go"))
	for want, how := range map[string]gradcamnb.Measuring{
		`there is no metric "insertoin"`:                   {Metrics: []string{"insertoin"}},
		"a picture cannot be shown in 1 steps":             {Metrics: []string{"insertion"}, Steps: 1},
		`there is no baseline "grey"`:                      {Metrics: []string{"insertion"}, Baseline: "grey"},
		`the baseline "black" needs to know what black is`: {Metrics: []string{"insertion"}, Baseline: "black"},
		`there is no metric ""; docs/metrics.md lists all`: {Metrics: []string{""}},
		"there are 2 truths for 1 pictures":                {Metrics: []string{"IoU"}, Truths: make([]heatmap.Grid, 2)},
	} {
		if _, err := measured(t, m, how, gradcamnb.Class(0)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", how, err, want)
		}
	}
}

// A sheet of four layers by three methods is one program and one run of it; the scores
// are one more program for each baseline.
func TestSheetIsOneProgram(t *testing.T) {
	s := open(t, testEngine(t, "go"), "resnet-basic.dyn.onnx").(*session)
	r := gradcamnb.Request{Tensor: tiny(t, "resnet-basic"), Layers: []string{"stages"},
		Methods: []string{"Grad-CAM", "LayerCAM", "Eigen-CAM"}}
	r.Tensor.Dims, r.Tensor.Values = []int{1, 3, 64, 64}, r.Tensor.Values[:3*64*64]
	// In this order: the programs of the first sheet stay for the second.
	for _, c := range []struct {
		names []string
		want  int
	}{{[]string{}, 1}, {[]string{"insertion - deletion"}, 3}} {
		r.Measuring = gradcamnb.Measuring{Metrics: c.names}
		sheet, err := gradcamnb.NewModel(s).RunSheet(t.Context(), r, []heatmap.Axis{heatmap.ByLayer},
			[]heatmap.Axis{heatmap.ByMethod})
		if err != nil {
			t.Fatal(err)
		}
		if len(sheet.Cells) < 3 || len(sheet.Cells[0]) != 3 {
			t.Errorf("%q by %q", sheet.Rows, sheet.Columns)
		}
		if n := len(s.programs); n > c.want {
			t.Errorf("%d programs were compiled, want %d", n, c.want)
		}
	}
}
