package engine

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A GoMLX head on a backbone from an ONNX file: the file's layer comes as [batch, h, w, channels], whatever the file's
// order, and is explained through the head. The head is y_c = SUM_k w_kc MEAN_ij A_ijk + b_c, so a cell's HiResCAM and
// Grad-CAM are both SUM_k w_kc A_ijk / (h w). A is torch's activation of the same network and input.
func TestHeadOnAFilesBackbone(t *testing.T) {
	const classes, class = 4, 1
	dims, torch := golden.Array(t, "golden/resnet-basic/activations__layer3.npy") // [pictures, channels, h, w]
	channels, h, w := dims[1], dims[2], dims[3]
	weights := make([]float32, channels*classes)
	for i := range weights {
		weights[i] = float32(i%7) - 2.5
	}
	want := make([]float64, h*w)
	for k := range channels {
		for cell := range want {
			want[cell] += float64(weights[k*classes+class]) * float64(torch[k*h*w+cell]) / float64(h*w)
		}
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		backbone, err := source.ONNX(golden.Path("models", "resnet-basic.dyn.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		all, err := backbone.Layers(t.Context(), []int{1, 3, 64, 64}, "")
		if err != nil {
			t.Fatal(err)
		}
		last, err := source.Resolve(all, "layer3")
		if err != nil {
			t.Fatal(err)
		}
		store := model.NewStore()
		store.RootScope().In("head").In("dense").VariableWithValue("weights",
			tensors.FromFlatDataAndDimensions(weights, channels, classes))
		store.RootScope().In("head").In("dense").VariableWithValue("biases", []float32{1, 2, 3, 4})
		in := tiny(t, "resnet-basic")
		for _, layout := range []imgio.Layout{imgio.ChannelsFirst, imgio.ChannelsLast} {
			card := source.Card{Name: "head", Input: []int{-1, 3, 64, 64}, Layout: layout}
			one := gradcamnb.Tensor{Dims: []int{1, 3, 64, 64}, Values: in.Values[:3*64*64]}
			if layout == imgio.ChannelsLast {
				card.Input, one = []int{-1, 64, 64, 3}, channelsLast(one)
			}
			m, err := source.GoMLX(card, store, func(scope *model.Scope, x *Node) []*Node {
				if layout == imgio.ChannelsLast {
					x = TransposeAllAxes(x, 0, 3, 1, 2)
				}
				cut := backbone.Build(scope.In("backbone"), x, []string{last.Name}, nil).Cuts[0]
				features := Layer(cut.Grid(cut.Node), "/features")
				return []*Node{layers.Dense(scope.In("head"), ReduceMean(features, 1, 2), true, classes)}
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, method := range []string{"HiResCAM", "Grad-CAM"} {
				r, err := gradcamnb.NewModel(e.Session(m)).ExplainTensor(one, gradcamnb.Class(class),
					gradcamnb.Layers("/features"), gradcamnb.Methods(method))
				if err != nil {
					t.Fatal(err)
				}
				raw := r[0].Maps[0].Raw
				if raw.H != h || raw.W != w {
					t.Fatalf("%s, %s: the map is %d x %d, want %d x %d", layout, method, raw.H, raw.W, h, w)
				}
				score := 2.0 // the bias
				for _, v := range want {
					score += v
				}
				wantShare(t, string(layout)+" "+method, raw.Values, want, 1e-5)
				wantShare(t, string(layout)+" "+method+", the score", []float32{r[0].Maps[0].Score}, []float64{score}, 1e-5)
			}
		}
	})
}

// channelsLast returns one picture, [1, channels, h, w], as [1, h, w, channels].
func channelsLast(p gradcamnb.Tensor) gradcamnb.Tensor {
	c, h, w := p.Dims[1], p.Dims[2], p.Dims[3]
	out := gradcamnb.Tensor{Dims: []int{1, h, w, c}, Values: make([]float32, len(p.Values))}
	for k := range c {
		for cell := range h * w {
			out.Values[cell*c+k] = p.Values[k*h*w+cell]
		}
	}
	return out
}

// wantShare compares values with those that are wanted, to a share of the largest of these.
func wantShare(t *testing.T, what string, got []float32, want []float64, share float64) {
	t.Helper()
	largest, off := 0.0, 0.0
	for i, v := range want {
		largest = max(largest, v, -v)
		off = max(off, float64(got[i])-v, v-float64(got[i]))
	}
	if !(off <= share*largest) {
		t.Errorf("%s: it is off by %g of the largest value %g", what, off/largest, largest)
	}
	t.Logf("%s: off by %.1e of the largest value", what, off/largest)
}
