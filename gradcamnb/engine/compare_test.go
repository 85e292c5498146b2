package engine

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// comparison asks for six maps of a picture: two targets by three layers.
func comparison(t *testing.T, how gradcamnb.Measuring, say *strings.Builder) []*heatmap.Map {
	t.Helper()
	s := openFile(t, NewSaying("go", say), golden.Path("models", "resnet-basic.dyn.onnx"))
	in := tiny(t, "resnet-basic")
	in.Dims, in.Values = []int{1, 3, 64, 64}, in.Values[:3*64*64]
	r := gradcamnb.Request{Tensor: in, Measuring: how}.With(gradcamnb.Layers("layer1", "layer2", "layer3"),
		gradcamnb.Methods("Grad-CAM"), gradcamnb.Class(1), gradcamnb.Class(4))
	results, err := gradcamnb.NewModel(s).Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return results[0].Maps
}

// The best of the three maps of each target is measured again beside the next best one, over the baselines mean and
// blur. Its lead over a baseline is the difference of the two maps' values with that baseline. A tensor has no baseline
// black, since nothing says which value is black.
func TestLeadOverBaselines(t *testing.T) {
	const metric = "insertion - deletion"
	var said strings.Builder
	maps := comparison(t, gradcamnb.Measuring{Lead: metric}, &said)
	over := map[string][]*heatmap.Map{}
	for _, baseline := range []string{"mean", "blur"} {
		over[baseline] = comparison(t, gradcamnb.Measuring{Metrics: []string{metric}, Baseline: baseline}, &said)
	}
	for target := range 2 {
		order := []int{3 * target, 3*target + 1, 3*target + 2}
		slices.SortFunc(order, func(a, b int) int {
			if maps[a].Metrics[metric] > maps[b].Metrics[metric] {
				return -1
			}
			return 1
		})
		lead := maps[order[0]].Lead
		if lead == nil || maps[order[1]].Lead != nil || maps[order[2]].Lead != nil {
			t.Fatalf("target %d: the best map alone has a lead", target)
		}
		if !slices.Equal(lead.Over, []string{"mean", "blur"}) || lead.Steps != 8 || lead.Metric != metric {
			t.Errorf("target %d: %+v", target, lead)
		}
		for k, baseline := range lead.Over {
			want := over[baseline][order[0]].Metrics[metric] - over[baseline][order[1]].Metrics[metric]
			if !(math.Abs(lead.Repeated[k]-want) <= 1e-5) {
				t.Errorf("target %d leads by %g over %s, want %g", target, lead.Repeated[k], baseline, want)
			}
		}
	}
}

// The maps are measured over the baseline that is named. The lead of the best one is measured over all baselines.
func TestLeadWithABaseline(t *testing.T) {
	var said strings.Builder
	for _, m := range comparison(t, gradcamnb.Measuring{Lead: "deletion", Baseline: "blur"}, &said) {
		if l := m.Lead; l != nil && (l.Baseline != "blur" || !slices.Equal(l.Over, []string{"mean", "blur"})) {
			t.Errorf("%+v", l)
		} else if l != nil {
			return
		}
	}
	t.Error("no map leads")
}

// A metric without baseline and chance is compared once. The lowest map leads if the metric says that lower is better.
func TestLeadOfWhatIsCertain(t *testing.T) {
	var said strings.Builder
	for _, metric := range []string{"sparseness", "complexity"} {
		maps := comparison(t, gradcamnb.Measuring{Lead: metric}, &said)
		values := []float64{maps[0].Metrics[metric], maps[1].Metrics[metric], maps[2].Metrics[metric]}
		best := slices.Index(values, slices.Max(values))
		if metric == "complexity" {
			best = slices.Index(values, slices.Min(values))
		}
		slices.Sort(values)
		want := values[2] - values[1]
		if metric == "complexity" {
			want = values[1] - values[0]
		}
		lead := maps[best].Lead
		if lead == nil || len(lead.Repeated) != 1 || !(math.Abs(lead.Repeated[0]-want) <= 1e-12) || lead.Over != nil {
			t.Errorf("%s: map %d leads by %+v, want %g", metric, best, lead, want)
		}
	}
}

// Steps that pure Go cannot take in time are left out, down to two, and that is said.
func TestMeasuringWithin(t *testing.T) {
	for _, c := range []struct {
		within time.Duration
		steps  int
	}{{time.Nanosecond, 2}, {time.Hour, 8}} {
		var said strings.Builder
		maps := comparison(t, gradcamnb.Measuring{Metrics: []string{"insertion"}, Within: c.within}, &said)
		if n := len(maps[0].Curves["insertion"]) - 1; n != c.steps {
			t.Errorf("within %s a map is measured in %d steps, want %d", c.within, n, c.steps)
		}
		if told := strings.Contains(said.String(), "measured in 2 steps, since 8 would take"); told != (c.steps < 8) {
			t.Errorf("within %s it says %q", c.within, said.String())
		}
	}
}
