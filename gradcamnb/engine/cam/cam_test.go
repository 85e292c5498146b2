package cam

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// cells is a layer [1, 1, cells, channels].
func cells(values ...[]float32) *tensors.Tensor {
	var flat []float32
	for _, v := range values {
		flat = append(flat, v...)
	}
	return tensors.FromFlatDataAndDimensions(flat, 1, 1, len(values), len(values[0]))
}

// Two cells with two channels, A = (1, 2), (3, 0) and G = (2, -2), (1, 2), so that the
// channels sum to 4 and 2; and, for the methods that need more cells, a spike.
func TestByHand(t *testing.T) {
	act, grad := cells([]float32{1, 2}, []float32{3, 0}), cells([]float32{2, -2}, []float32{1, 2})
	ones := cells([]float32{1, 1}, []float32{1, 1}, []float32{1, 1})
	line := cells([]float32{0, 0}, []float32{0, 0}, []float32{9, 12})
	spike := cells([]float32{0}, []float32{0}, []float32{6}, []float32{0}, []float32{0}, []float32{0})
	for _, c := range []struct {
		method    Method
		act, grad *tensors.Tensor
		want      []float64
	}{
		// w = (2+1)/2, (-2+2)/2 = 1.5, 0.
		{GradCAM, act, grad, []float64{1.5*1 + 0*2, 1.5*3 + 0*0}},
		{HiResCAM, act, grad, []float64{2*1 - 2*2, 1*3 + 2*0}},
		// What speaks against, -2*2, is left out.
		{GradCAMElementWise, act, grad, []float64{2*1 + 0, 1*3 + 2*0}},
		{LayerCAM, act, grad, []float64{2*1 + 0*2, 1*3 + 2*0}},
		// a = 4/(2*4 + 8*4) = 1/10, 1/(2*1 + 1*4) = 1/6 in channel 1; 4/(2*4 + 8*2) = 1/6 in
		// channel 2, where G > 0. w = 2/10 + 1/6 = 11/30, 2/6 = 1/3.
		{GradCAMPlusPlus, act, grad, []float64{11.0/30*1 + 1.0/3*2, 11.0 / 30 * 3}},
		// w = (2*1 + 1*3)/4, (-2*2 + 2*0)/2 = 5/4, -2.
		{XGradCAM, act, grad, []float64{1.25*1 - 2*2, 1.25*3 - 2*0}},
		// Mean 1, variance (5*1 + 25)/6 = 5; only 6 > 1 + 2 sqrt(5) = 5.47; w = 1/6.
		{FEM, spike, nil, []float64{0, 0, 1, 0, 0, 0}},
		// Less the means (3, 4): (-3, -4), (-3, -4), (6, 8), all along (3, 4)/5.
		{EigenCAM, line, nil, []float64{-5, -5, 10}},
		{EigenGradCAM, line, ones, []float64{-5, -5, 10}},
	} {
		if c.grad == nil {
			c.grad = c.act // any; it is not looked at
		}
		got := tensors.MustCopyFlatData[float32](MustExecOnce(gobackend.GetBackend(), func(act, grad *Node) *Node {
			m, _ := MakeMap(c.method.Procedure, View{Act: act, Grad: grad})
			return m
		}, c.act, c.grad))
		for i, want := range c.want {
			if !(math.Abs(float64(got[i])-want) <= 1e-5) {
				t.Errorf("%s: %v, want %v", c.method.Name, got, c.want)
				break
			}
		}
	}
}

// The mean of 224 x 224 equal terms is right to 1e-5. A single float32 sum would be off by 5e-4 of it.
func TestCellMeanOfLargeMap(t *testing.T) {
	const side, value = 224, 0.1
	flat := make([]float32, side*side)
	for i := range flat {
		flat[i] = value
	}
	got := graph(t, func(in []*Node) *Node { return Reshape(cellMean(in[0]), 1) },
		tensors.FromFlatDataAndDimensions(flat, 1, side, side, 1))
	if !(math.Abs(float64(got[0])-value) <= 1e-5*value) {
		t.Errorf("the mean is %v, want %v", got[0], value)
	}
}

// The cell of a principal component that is furthest from zero is positive, also if most cells are on the other side.
// A layer whose cells are all alike has a map of zeros.
func TestPrincipalSign(t *testing.T) {
	for _, c := range []struct{ act, want []float32 }{
		{[]float32{9, 9, 0}, []float32{-3, -3, 6}},
		{[]float32{0, 0, 9}, []float32{-3, -3, 6}},
		{[]float32{5, 5, 5}, []float32{0, 0, 0}},
	} {
		x := tensors.FromFlatDataAndDimensions(c.act, 1, 1, 3, 1)
		got := tensors.MustCopyFlatData[float32](MustExecOnce(gobackend.GetBackend(), principal, x))
		for i := range got {
			if !(math.Abs(float64(got[i]-c.want[i])) <= 1e-5) {
				t.Errorf("%v gives %v, want %v", c.act, got, c.want)
				break
			}
		}
	}
}

// A method without a name or a procedure, or with the name of another one, is a mistake of the program.
func TestRegisterRefuses(t *testing.T) {
	terms := Terms(func(act, _ *Node) *Node { return act })
	for want, m := range map[string]Method{
		"needs a Name":       {Procedure: terms},
		"needs a Name and a": {Name: "Mine"},
		`one of "Grad-CAM"`:  {Name: "Mine", Aliases: []string{"gradcam"}, Procedure: terms},
	} {
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.Contains(said, want) {
					t.Errorf("it says %q, want %q", said, want)
				}
			}()
			Register(m)
		}()
	}
}

// Every method is found by its name in the paper and in pytorch-grad-cam.
func TestNames(t *testing.T) {
	for name, want := range map[string]Method{
		"GradCAM": GradCAM, "grad-cam": GradCAM, "Grad CAM": GradCAM,
		"GradCAM++": GradCAMPlusPlus, "GradCAMPlusPlus": GradCAMPlusPlus, "grad-cam++": GradCAMPlusPlus,
		"xgradcam": XGradCAM, "layer_cam": LayerCAM, "hirescam": HiResCAM, "GradCAMElementWise": GradCAMElementWise,
		"EigenCAM": EigenCAM, "eigen-grad-cam": EigenGradCAM, "fem": FEM,
	} {
		if got, err := ByName(name); err != nil || got.Name != want.Name {
			t.Errorf("%q is %q, want %q; %v", name, got.Name, want.Name, err)
		}
	}
	if _, err := ByName("cam-o-mile"); err == nil {
		t.Error("an unknown method is found")
	}
	for _, m := range All() {
		if m.Name == "" || m.Paper == "" || m.Formula == "" || m.Passes == "" || m.Use == "" || m.Procedure == nil {
			t.Errorf("%+v is not complete", m)
		}
	}
}
