package metrics

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/correlation"
)

// peers are the answers of Quantus 0.6.0, captum 0.9.0, scikit-learn and pytorch-grad-cam 1.5.7 for one map of one
// small model, which testdata/golden/metrics/make.py defines and writes.
type peers struct {
	Side         int
	W, V, X, A   []float64
	Truth        []float32
	Sets         []set
	Want         map[string]float64
	Focus        float64
	Hidden       []int
	Imputed      []float64
	Again        [][]float64
	Moved        []float64
	Sensitivity  float64 `json:"max-sensitivity"`
	Sensitivity2 float64 `json:"average sensitivity"`
	Lipschitz    float64 `json:"local Lipschitz"`
	Spearman     float64
	Squares      []int       // the region of every pixel
	Scores       [][]float32 // of the picture, and of those of Again
	Stability    float64     `json:"relative output stability"`
	Inward       float64     `json:"relative input stability"`
	Steps        [][]float64 // from the picture to those of Again
	Entropies    []float64   // of the map's histogram, and of that of the first of Again to the power of three
	RISEBlur     []float64   `json:"rise blur"` // of the picture
	Batch        struct {
		Side                     int
		Maps                     [][]float64
		Predictions              []int
		Sufficiency, Consistency []float64
	}
}

func readPeers(t *testing.T) peers {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/golden/metrics/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var p peers
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// mapOf is a map of the input's own size.
func (p peers) mapOf(values []float64) *heatmap.Map {
	raw, positive := heatmap.NewGrid(p.Side, p.Side), heatmap.NewGrid(p.Side, p.Side)
	for i, v := range values {
		raw.Values[i], positive.Values[i] = float32(v), float32(max(v, 0))
	}
	return &heatmap.Map{Grid: positive, Raw: raw}
}

func (p peers) show() *Probe {
	truth := heatmap.Grid{W: p.Side, H: p.Side, Values: p.Truth}
	whole := imgio.Frame{PictureW: p.Side, PictureH: p.Side, ModelW: p.Side, ModelH: p.Side, ScaleX: 1, ScaleY: 1}
	return &Probe{
		Mean: quadratic{p}, Blur: quadratic{p}, Maps: []*heatmap.Map{p.mapOf(p.A)}, Aims: []int{0}, Steps: 8,
		Truth: truth, Frame: whole, Layout: imgio.ChannelsFirst, Report: func(int) {},
	}
}

// quadratic scores w.x + (v.x)^2 / 10.
type quadratic struct{ peers }

func (q quadratic) Size() (height, width int) { return q.Side, q.Side }

func (q quadratic) score(x []float32) float32 {
	var w, v float64
	for i, value := range x {
		w, v = w+q.W[i]*float64(value), v+q.V[i]*float64(value)
	}
	return float32(w + v*v/10)
}

func (q quadratic) ScoreMasked(_ context.Context, n int, draw func(int, []float32),
	_ func(int, int) error) ([][]float32, error) {
	mask := make([]float32, len(q.X))
	return q.each(n, func(i int, x []float32) {
		draw(i, mask)
		for p := range x {
			x[p] *= mask[p]
		}
	}), nil
}

func (q quadratic) Pictures(_ context.Context, n int, draw func(int, []float32),
	_ func(int, int) error) ([][]float32, error) {
	return q.each(n, draw), nil
}

func (q quadratic) each(n int, draw func(int, []float32)) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		x := make([]float32, len(q.X))
		for p, v := range q.X {
			x[p] = float32(v)
		}
		draw(i, x)
		out[i] = []float32{q.score(x)}
	}
	return out
}

// scaled is a model whose scores are multiplied by a number.
type scaled struct {
	quadratic
	by float32
}

func (s scaled) Pictures(ctx context.Context, n int, draw func(int, []float32),
	report func(int, int) error) ([][]float32, error) {
	out, err := s.quadratic.Pictures(ctx, n, draw, report)
	for i := range out {
		out[i][0] *= s.by
	}
	return out, err
}

func wantNear(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) || !(math.Abs(got-want) <= 1e-5*max(1, math.Abs(want))) {
		t.Errorf("%s is %.9g, the peer says %.9g", name, got, want)
	}
}

// If a definition is the peer's, so is the number.
func TestPeersAgree(t *testing.T) {
	p := readPeers(t)
	compared := 0
	for name, want := range p.Want {
		s := p.show()
		var got []float64
		var err error
		switch name {
		case "faithfulness correlation": // with the sets that Quantus drew
			got, err = s.correlate(t.Context(), p.Sets, correlation.Pearson[float64])
		case "infidelity":
			got, err = s.correlate(t.Context(), p.Sets, infidelity)
		case "IROF": // over the regions that Quantus was given
			regions := make([]set, 16)
			for i, k := range p.Squares {
				regions[k] = append(regions[k], int32(i))
			}
			got, err = s.removeRegions(t.Context(), regions)
		case "ROAD most relevant first": // without the noise, as all of ROAD here
			got, err = s.measureROAD(t.Context(), roadShares, false, 0)
		case "ROAD least relevant first":
			got, err = s.measureROAD(t.Context(), roadShares, true, 0)
		case "ROAD":
			got, err = s.combineROAD(t.Context(), roadShares, 0)
		case "ARCC": // of the hundredth of the score, and with a map for the picture under the map
			s.Mean = scaled{quadratic{p}, 0.01}
			s.Again = func(context.Context, Change) ([]*heatmap.Map, []float32, error) {
				return []*heatmap.Map{p.mapOf(p.Again[1])}, nil, nil
			}
			got, err = s.measureARCC(t.Context(), 0)
		default:
			metric, unknown := ByName(name)
			if unknown != nil {
				t.Fatal(unknown)
			}
			got, err = metric.Measure(t.Context(), s)
		}
		if err != nil {
			t.Fatal(err)
		}
		wantNear(t, name, got[0], want)
		compared++
	}
	if compared != 20 {
		t.Errorf("%d metrics are compared, 20 are wanted", compared)
	}
	wantNear(t, "focus", Focus(p.mapOf(p.A).Raw, [4]bool{true, false, true, false}), p.Focus)
	wantNear(t, "spearman", correlation.Spearman(p.A, p.Again[0]), p.Spearman)
}

// The imputation without noise is that of Quantus, which solves the same system directly.
func TestImputationAgrees(t *testing.T) {
	p := readPeers(t)
	values, hidden := make([]float32, len(p.X)), make([]bool, len(p.X))
	for i, v := range p.X {
		values[i] = float32(v)
	}
	for _, i := range p.Hidden {
		hidden[i] = true
		values[i] = 99
	}
	o := newHole(hidden, p.Side)
	for k, v := range o.solve(hidden, func(i int) float32 { return values[i] }) {
		values[o.pixels[k]] = float32(v)
	}
	for i, want := range p.Imputed {
		if !(math.Abs(float64(values[i])-want) <= 1e-5) {
			t.Fatalf("value %d is %g, Quantus says %g", i, values[i], want)
		}
	}
}

// Explaining again gives the peers' numbers when the maps are the peers'.
func TestPeersAgreeOnMapsAgain(t *testing.T) {
	p := readPeers(t)
	var again [][]*heatmap.Map
	for _, values := range p.Again {
		again = append(again, []*heatmap.Map{p.mapOf(values)})
	}
	original := p.mapOf(p.A)
	relative := func(k, m int) float64 { return distance(again[k][m], original) / length(original) }
	larger := func(a, b float64) float64 { return max(a, b) }
	wantNear(t, "max-sensitivity", foldValues(again, 1, relative, larger)[0], p.Sensitivity)
	wantNear(t, "average sensitivity", foldValues(again, 1, relative, func(a, b float64) float64 { return a + b })[0]/3,
		p.Sensitivity2)
	s := p.show()
	s.Maps, s.Scores = []*heatmap.Map{original}, p.Scores[0]
	stability, err := s.relativeToScores(again, p.Scores[1:])
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "relative output stability", stability[0], p.Stability)
	var moved []float64
	for _, steps := range p.Steps {
		before, after := make([]float32, len(p.X)), make([]float32, len(p.X))
		for i, v := range p.X {
			before[i], after[i] = float32(v), float32(v+steps[i])
		}
		moved = append(moved, relativeNorm(before, after))
	}
	inward, err := s.relativeToPicture(again, moved)
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "relative input stability", inward[0], p.Inward)
	wantNear(t, "local Lipschitz",
		foldValues(again, 1, func(k, m int) float64 { return distance(again[k][m], original) / p.Moved[k] }, larger)[0],
		p.Lipschitz)
}

// The efficient test of randomisation takes the entropies of Quantus' histograms.
func TestPeersAgreeOnHistograms(t *testing.T) {
	p := readPeers(t)
	cubes := make([]float64, len(p.A))
	for i, v := range p.Again[0] {
		cubes[i] = v * v * v
	}
	s := p.show()
	s.Again = func(_ context.Context, c Change) ([]*heatmap.Map, []float32, error) {
		if !c.Weights || c.Top != 0 {
			t.Errorf("explained again with %+v", c)
		}
		return []*heatmap.Map{p.mapOf(cubes)}, nil, nil
	}
	got, err := EfficientMPRT.Measure(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "efficient model randomisation", got[0], (p.Entropies[1]-p.Entropies[0])/p.Entropies[0])
}

// The baseline "rise-blur" is what the code of RISE makes of a picture, in either layout.
func TestRISEBlurAgrees(t *testing.T) {
	p := readPeers(t)
	for layout, dims := range map[imgio.Layout][]int{imgio.ChannelsFirst: {1, 2, p.Side, p.Side},
		imgio.ChannelsLast: {1, p.Side, p.Side, 2}} {
		picture := make([]float32, 2*len(p.X))
		at := func(i, c int) int {
			if layout == imgio.ChannelsLast {
				return 2*i + c
			}
			return c*len(p.X) + i
		}
		for i, v := range p.X {
			picture[at(i, 0)], picture[at(i, 1)] = float32(v), float32(2*v)
		}
		got, err := Baseline("rise-blur", picture, dims, layout, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range p.RISEBlur {
			a, b := float64(got[at(i, 0)]), float64(got[at(i, 1)])
			if !(math.Abs(a-want) <= 1e-6) || !(math.Abs(b-2*want) <= 2e-6) {
				t.Fatalf("%s: pixel %d is %g and %g, RISE has %g", layout, i, a, b, want)
			}
		}
	}
}
