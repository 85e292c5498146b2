package engine

import (
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// A picture of 1 x 2 cells with the channels A = (1, 2), (3, 0); its channels sum to 4 and 2.
// The score is the square of 2 times the first sum less the second, and what goes round the
// layer, the picture's own sum of 6: S = (2*4 - 2)^2 + 6 = 42.
//
// Without channel 0 it is (0 - 2)^2 + 6 = 10, without channel 1 (8 - 0)^2 + 6 = 70, so
// Ablation-CAM weighs w = (42 - 10)/42 = 16/21 and (42 - 70)/42 = -2/3, and the map is
// 16/21*1 - 2/3*2 = -4/7 and 16/21*3 - 0 = 16/7.
//
// The first cell alone is (1, 2)/4 + (3, 0)/8 beside it in Recipro-CAM's mask: the sums are
// 1/4 + 3/8 = 5/8 and 1/2, S = (5/4 - 1/2)^2 + 6 = 6.5625; the second one alone is
// 1/8 + 3/4 = 7/8 and 1/4, S = (7/4 - 1/4)^2 + 6 = 8.25. The least taken off: 0 and 1.6875.
func TestPassesFromALayerOfGoMLXByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, layout := range []imgio.Layout{imgio.ChannelsLast, imgio.ChannelsFirst} {
			card := source.Card{Name: "squared", Layout: layout, Input: []int{-1, 1, 2, 2}}
			in := gradcamnb.Tensor{Dims: []int{1, 1, 2, 2}, Values: []float32{1, 2, 3, 0}}
			axes := []int{1, 2}
			if layout == imgio.ChannelsFirst {
				card.Input = []int{-1, 2, 1, 2}
				in = gradcamnb.Tensor{Dims: []int{1, 2, 1, 2}, Values: []float32{1, 3, 2, 0}}
				axes = []int{2, 3}
			}
			m := gomlxModel(t, e, card, func(x *Node) []*Node {
				sums := ReduceSum(Layer(MulScalar(x, 1), "/map"), axes...) // [batch, 2]
				weighed := Dot(sums, Const(x.Graph(), tensors.FromFlatDataAndDimensions([]float32{2, -1}, 2, 1))).Product()
				return []*Node{Add(Mul(weighed, weighed), ExpandAxes(ReduceSum(x, 1, 2, 3), -1))}
			})
			for method, want := range map[string][]float32{"Ablation-CAM": {-4. / 7, 16. / 7}, "Recipro-CAM": {0, 1.6875}} {
				r, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods(method), gradcamnb.Layers("/map"))
				if err != nil {
					t.Fatal(err)
				}
				wantMap(t, method+" "+string(layout), r[0].Maps[0].Raw.Values, want...)
			}
		}
	})
}

// What cannot be done in a GoMLX model says why, and what to do.
func TestWhatGoMLXModelsCannot(t *testing.T) {
	e := testEngine(t, "go")
	in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: make([]float32, 16)}
	m := gomlxModel(t, e, source.Card{Name: "own", Input: []int{-1, 4, 4, 1}}, func(x *Node) []*Node {
		x = MulScalar(x, 1).WithAlias("/map")
		x = Convolve(x, Ones(x.Graph(), shapes.Make(dtypes.Float32, 3, 3, 1, 2))).Strides(2).PadSame().Done()
		return []*Node{ReduceSum(Mul(x, x), 1, 2)}
	})
	for method, want := range map[string]string{
		"Ablation-CAM":           `needs it named with engine.Layer(x, "/map")`,
		"Recipro-CAM":            `needs it named with engine.Layer(x, "/map")`,
		"ShapleyCAM":             "needs the second derivative of what follows layer /map",
		"Guided backpropagation": "export the model to ONNX, or take Saliency",
		"Guided Grad-CAM":        "export the model to ONNX, or take Saliency",
		"FullGrad":               "export the model to ONNX, or take Input x gradient",
		"LeGrad":                 "is for vision transformers",
	} {
		_, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods(method), gradcamnb.Layers("/map"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\x00\n") {
			t.Errorf("%s: error %v, want %q", method, err, want)
		} else {
			t.Log(err)
		}
	}
}
