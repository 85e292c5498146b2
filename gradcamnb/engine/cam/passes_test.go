package cam

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func near(t *testing.T, what string, got []float32, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for i := range got {
		if !(math.Abs(float64(got[i])-want[i]) < 1e-5) {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

// graph computes a map of constants.
func graph(t *testing.T, f func(in []*Node) *Node, in ...*tensors.Tensor) []float32 {
	t.Helper()
	args := make([]any, len(in))
	for i, x := range in {
		args[i] = x
	}
	return tensors.MustCopyFlatData[float32](MustExecOnce(gobackend.GetBackend(), f, args...))
}

// One row of two pixels of two colours: x = (1, 2), (3, 0) and dS/dx = (2, -5), (1, 2).
func TestPixelMethodsByHand(t *testing.T) {
	x, g := cells([]float32{1, 2}, []float32{3, 0}), cells([]float32{2, -5}, []float32{1, 2})
	at := func(in []*Node) View { return View{Act: in[0], Grad: in[1]} }
	for _, c := range []struct {
		name string
		f    func(View) *Node
		want []float64
	}{
		{"Saliency", Saliency.Procedure.(Pixels), []float64{5, 2}},                               // max(2, 5), max(1, 2)
		{"Input x gradient", InputXGradient.Procedure.(Pixels), []float64{1*2 - 2*5, 3*1 + 0*2}}, //
		{"Guided backpropagation", GuidedBackprop.Procedure.(GuidedPixels), []float64{5, 2}},     // of the guided gradient
	} {
		near(t, c.name, graph(t, func(in []*Node) *Node { return c.f(at(in)) }, x, g), c.want...)
	}
}

// Terms of HiResCAM: (2, -10), (3, 0), less their means (2.5, -5): -(0.5, 5) and (0.5, 5),
// of the length sqrt(0.25 + 25) = 5.024938. Two cells are equally far from zero, so either
// may be the positive one.
func TestEigenSmoothByHand(t *testing.T) {
	how := mustMap(t, "EigenSmooth(HiResCAM)")
	got := graph(t, func(in []*Node) *Node { return how(View{Act: in[0], Grad: in[1]}) },
		cells([]float32{1, 2}, []float32{3, 0}), cells([]float32{2, -5}, []float32{1, 2}))
	near(t, "EigenSmooth(HiResCAM)", []float32{got[0] + got[1], max(got[0], got[1])}, 0, 5.024938)
}

func mustMap(t *testing.T, name string) Map {
	t.Helper()
	m, err := ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return m.Procedure.(Map)
}

// The picture's channels |x dS/dx| are (2, 3) and (10, 0): scaled (0, 1) and (1, 0), summed
// (1, 1). A layer with dS/dA = (1, -3) in one channel and the bias -2 has (2, 6), scaled (0, 1).
func TestFullGradByHand(t *testing.T) {
	got := graph(t, func(in []*Node) *Node {
		return FullGrad.Procedure.(ManyLayers).Map(View{Act: in[0], Grad: in[1]}, []View{{Grad: in[2], Bias: in[3]}})
	}, cells([]float32{1, 2}, []float32{3, 0}), cells([]float32{2, -5}, []float32{1, 2}),
		cells([]float32{1}, []float32{-3}), tensors.FromFlatDataAndDimensions([]float32{-2}, 1))
	near(t, "FullGrad", got, 1+0, 1+1)
}

// One head, four tokens: dS/dA is 4 from every query to token 0, -4 to token 1 and, from the
// first query only, 8 to token 2. Negative ones do not count: means 4, 0, 2, 0.
func TestLeGradByHand(t *testing.T) {
	grad := []float32{4, -4, 8, 0, 4, -4, 0, 0, 4, -4, 0, 0, 4, -4, 0, 0}
	got := graph(t, func(in []*Node) *Node {
		at := View{Grad: in[0], Tokens: func(n *Node) *Node { return Reshape(n, 1, 2, 2, 1) }}
		return LeGrad.Procedure.(ManyLayers).Map(View{}, []View{at, at})
	}, tensors.FromFlatDataAndDimensions(grad, 1, 4, 4, 1))
	near(t, "LeGrad", got, 4, 0, 2, 0)
}

// Joins of finished maps.
func TestJoinsByHand(t *testing.T) {
	a, b := Grid{H: 1, W: 3, Flat: []float32{0, 0.5, 1}}, Grid{H: 1, W: 3, Flat: []float32{1, 0.5, 0}}
	fused := func(name string) []float32 {
		m, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		return m.Procedure.(LayerFusion).Join([]Grid{a, b}).Flat
	}
	near(t, "Mean", fused("Mean"), 0, 0, 0)           // 1/2 everywhere, scaled
	near(t, "Max", fused("Max"), 1, 0, 1)             // 1, 1/2, 1, scaled
	near(t, "RefineCAM", fused("RefineCAM"), 0, 1, 0) // 0, 1/4, 0, scaled
	near(t, "Guided Grad-CAM", GuidedGradCAM.Procedure.(MethodFusion).Join([]Grid{a, b}).Flat, 0, 0.25, 0)
}

// clean is a picture of one row with two pixels of one colour, at a layer of the same size
// with two channels, A = (1, 2), (3, 0).
func clean(picture ...float32) Original {
	return Original{Picture: Values{H: 1, W: 2, C: 1, Flat: picture},
		Act: Values{H: 1, W: 2, C: 2, Flat: []float32{1, 2, 3, 0}}, Score: 4}
}

func run(t *testing.T, name string, c Original) Run {
	t.Helper()
	m, err := ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	switch how := m.Procedure.(type) {
	case Pictures:
		return how.Start(c)
	case MaskedPictures:
		return how.Start(c)
	case Activations:
		return how.Start(c)
	}
	t.Fatalf("%s is no method of many passes", name)
	return Run{}
}

// Channel 0, (1, 3), as a mask of three pixels is (0, 1/2, 1); a channel that is the same
// everywhere hides everything. Scores of 0 and ln 3 weigh 1/4 and 3/4.
func TestScoreCAMByHand(t *testing.T) {
	masks := graph(t, func(in []*Node) *Node { return ScoreCAM.Procedure.(MaskedPictures).Mask(in[0], 1, 3) },
		tensors.FromFlatDataAndDimensions([]float32{1, 3, 4, 4}, 2, 1, 2))
	near(t, "masks", masks, 0, 0.5, 1, 0, 0, 0)
	r := run(t, "Score-CAM", clean(5, 7))
	near(t, "input 0", r.Input(0), 1, 3)
	near(t, "input 1", r.Input(1), 2, 0)
	r.Take(0, 0, nil)
	r.Take(1, float32(math.Log(3)), nil)
	near(t, "Score-CAM", r.Map().Flat, 0.25*1+0.75*2, 0.25*3+0.75*0)
}

// Without channel 0 the score 4 falls to 1, without channel 1 it stays: w = 3/4, 0.
func TestAblationCAMByHand(t *testing.T) {
	r := run(t, "Ablation-CAM", clean(5, 7))
	near(t, "input 0", r.Input(0), 0, 2, 0, 0)
	near(t, "input 1", r.Input(1), 1, 0, 3, 0)
	r.Take(0, 1, nil)
	r.Take(1, 4, nil)
	near(t, "Ablation-CAM", r.Map().Flat, 0.75*1, 0.75*3)
}

// A cell alone is a quarter of itself and an eighth of its neighbour.
func TestReciproCAMByHand(t *testing.T) {
	r := run(t, "Recipro-CAM", clean(5, 7))
	near(t, "input 0", r.Input(0), 1.0/4, 2.0/4, 3.0/8, 0)
	near(t, "input 1", r.Input(1), 1.0/8, 2.0/8, 3.0/4, 0)
	r.Take(0, 2, nil)
	r.Take(1, 5, nil)
	near(t, "Recipro-CAM", r.Map().Flat, 0, 3)
}

// Of S = x^2 the gradient at a x is 2 a x: the integral of x 2 a x da is x^2.
func TestIntegratedGradientsByHand(t *testing.T) {
	r := run(t, "IG", clean(3, -2))
	for i := range r.Inputs {
		x := r.Input(i)
		r.Take(i, 0, []float32{x[0] * 2 * x[0], x[1] * 2 * x[1]})
	}
	near(t, "Integrated gradients", r.Map().Flat, 9, 4)
}

// The mean of the maps; the noise is the same every time and has the deviation that is said.
func TestSmoothGradByHand(t *testing.T) {
	r := run(t, "SmoothGrad", clean(0, 1))
	r.Take(0, 0, []float32{1, 5})
	r.Take(1, 0, []float32{3, -5})
	near(t, "SmoothGrad", r.Map().Flat, 2, 0)
	var sum float64
	for i := range 2000 {
		x := r.Input(i)
		sum += float64(x[0] * x[0])
		if again := r.Input(i); again[0] != x[0] {
			t.Fatal("the noise differs from call to call")
		}
	}
	if sigma := math.Sqrt(sum / 2000); !(math.Abs(sigma-0.15) <= 0.01) {
		t.Errorf("the noise has the deviation %g, want 0.15", sigma)
	}
}

// The same gradient every time gives Grad-CAM++: G = (2, -2), (1, 2) as in TestByHand.
func TestSmoothGradCAMPlusPlusByHand(t *testing.T) {
	r := run(t, "Smooth Grad-CAM++", clean(0, 1))
	for i := range r.Inputs {
		r.Take(i, 0, []float32{2, -2, 1, 2})
	}
	near(t, "Smooth Grad-CAM++", r.Map().Flat, 11.0/30*1+1.0/3*2, 11.0/30*3)
}

// Three maps as they are and three of mirrored pictures, which are turned back.
func TestAugSmoothByHand(t *testing.T) {
	r := run(t, "AugSmooth", clean(5, 7))
	near(t, "input 0", r.Input(0), 4.5, 6.3)
	near(t, "input 4", r.Input(4), 7, 5)
	for i := range r.Inputs {
		r.Take(i, 0, []float32{6, 0})
	}
	near(t, "AugSmooth", r.Map().Flat, 3, 3)
}

// At its defaults pytorch-grad-cam takes 122 windows. A window that sees nothing does not count. If all windows see the
// same value, the mean is that value: the scaled map of a single positive cell is 1.
func TestSESSByHand(t *testing.T) {
	c := Original{Picture: Values{H: 8, W: 8, C: 1, Flat: make([]float32, 64)},
		Act: Values{H: 1, W: 2, C: 1, Flat: []float32{0, 0}}}
	r := run(t, "SESS", c)
	if r.Inputs != 122 {
		t.Errorf("%d windows, want 122", r.Inputs)
	}
	r.Take(0, 0, []float32{1, 0, 0.5}) // the whole picture: its left side
	got := r.Map()
	if got.H != 8 || got.W != 8 || !(got.Flat[0] > 0.5 && got.Flat[7] < got.Flat[0]) {
		t.Errorf("the map is %v", got)
	}
	constant := blur(Grid{H: 3, W: 3, Flat: []float32{2, 2, 2, 2, 2, 2, 2, 2, 2}})
	near(t, "blur of a constant", constant.Flat, 2, 2, 2, 2, 2, 2, 2, 2, 2)
}

// Methods that cannot be combined are refused, with the reason.
func TestComposedNames(t *testing.T) {
	for name, want := range map[string]string{
		"SESS": "SESS", "sess(grad-cam)": "SESS", "SESS(LayerCAM)": "SESS(LayerCAM)",
		"refinecam(finercam)": "RefineCAM(FinerCAM)",
		"FinerCAM(HiResCAM)":  "FinerCAM(HiResCAM)", "eigensmooth(layercam)": "EigenSmooth(LayerCAM)",
	} {
		if m, err := ByName(name); err != nil || m.Name != want {
			t.Errorf("%q is %q (%v), want %q", name, m.Name, err, want)
		}
	}
	for _, name := range []string{"GradCAM(LayerCAM)", "SESS(LayerCAM", "SESS(Saliency)", "EigenSmooth(FEM2)",
		"EigenSmooth(Eigen-CAM)", "SESS(SESS)", "RefineCAM(Score-CAM)", "FinerCAM(FEM)", "SmoothGrad(FullGrad)"} {
		if m, err := ByName(name); err == nil {
			t.Errorf("%q is found: %q", name, m.Name)
		}
	}
}

// LRP has rules of its own for one pass, so no other method can be made of it. The error says so.
func TestNothingIsMadeOfLRP(t *testing.T) {
	for _, name := range []string{"SmoothGrad(LRP)", "FinerCAM(LRP)"} {
		if _, err := ByName(name); err == nil || strings.Contains(err.Error(), "passes") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	if _, err := ByName("SmoothGrad(LRP)"); err == nil || !strings.Contains(err.Error(), "rules of its own") {
		t.Errorf("the error is %v", err)
	}
}
