package engine

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/images"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// Channels first within a channels-last model: 24 channels of 6 x 4 cells are 6 x 4 cells, at the convolution and at
// what comes after it, whatever the card says of the picture. A picture of a model of one channel becomes grey.
//
// Class 3 is S = 1/24 SUM tanh(a), of the cells a of channel 3. HiResCAM is a (1 - tanh(a)^2)/24 at the convolution and
// tanh(a)/24 behind the tanh.
func TestAxesWithinGoMLXModels(t *testing.T) {
	const class = 3
	weights, biases := make([]float32, 24*2*2), make([]float32, 24) // [channel, 1, 2, 2]
	for i := range weights {
		weights[i] = float32(math.Sin(float64(i)))
	}
	for i := range biases {
		biases[i] = float32(math.Cos(float64(i))) / 2
	}
	img := image.NewNRGBA(image.Rect(0, 0, 8, 12))
	for i := range 96 {
		grey := uint8(37 * i % 256)
		img.SetNRGBA(i%8, i/8, color.NRGBA{grey, grey, grey, 255})
	}
	want := map[string][]float32{}
	for cell := range 6 * 4 {
		a := float64(biases[class])
		for k := range 4 {
			x, y := cell%4*2+k%2, cell/4*2+k/2
			a += float64(weights[4*class+k]) * float64(img.NRGBAAt(x, y).R) / 255
		}
		want["conv"] = append(want["conv"], float32(a*(1-math.Tanh(a)*math.Tanh(a))/24))
		want["conv/tanh"] = append(want["conv/tanh"], float32(math.Tanh(a)/24))
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		prep := imgio.Prep{Width: 8, Height: 12, Fit: imgio.Stretch, Order: "RGB", Scale: [3]float32{255, 255, 255}}
		store := model.NewStore()
		store.Scope("/conv/conv").VariableWithValue("weights", tensors.FromFlatDataAndDimensions(weights, 24, 1, 2, 2))
		store.Scope("/conv/conv").VariableWithValue("biases", biases)
		m, err := source.GoMLX(source.Card{Name: "within", Input: []int{-1, 12, 8, 1}, Prep: &prep}, store,
			func(scope *model.Scope, x *Node) []*Node {
				x = TransposeAllAxes(x, 0, 3, 1, 2)
				x = layers.Convolution(scope.In("conv"), x).ChannelsAxis(images.ChannelsFirst).Channels(24).KernelSize(2).Strides(
					2).Done()
				return []*Node{ReduceMean(Tanh(x), 2, 3)}
			})
		if err != nil {
			t.Fatal(err)
		}
		for _, layer := range []string{"conv", "conv/tanh"} {
			r, err := gradcamnb.NewModel(e.Session(m)).Explain(img, gradcamnb.Class(class), gradcamnb.Layers(layer),
				gradcamnb.Methods("HiResCAM"))
			if err != nil {
				t.Errorf("%s: %v", layer, err)
				continue
			}
			raw := r.Maps[0].Raw
			if raw.W != 4 || raw.H != 6 {
				t.Errorf("%s: the map is %d x %d cells, want 4 x 6", layer, raw.W, raw.H)
			}
			wantMap(t, layer, raw.Values, want[layer]...)
		}
	})
}

// convolutions is the number of convolutions of a graph.
func convolutions(g *Graph) (n int) {
	for _, node := range g.Nodes() {
		if node.Type() == NodeTypeConvGeneral {
			n++
		}
	}
	return n
}

// A map through a convolution with groups, one for each of 256 channels or one for each eight, has a program of at most
// ten convolutions. With -slow, on a quiet machine, the first map takes 8 s at most, and each further one at most three
// times as long as the network without a gradient. GoMLX 0.28.8 has the gradient as one convolution for each group.
// With it, XLA compiles 256 groups for 45 s and 32 groups for 10 s, in place of 1 s, and a map through 256 groups takes
// 4.2 times as long as the network.
func TestGroupedConvolutionsAreQuick(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		in := gradcamnb.Tensor{Dims: []int{1, 16, 16, 256}, Values: make([]float32, 16*16*256)}
		for i := range in.Values {
			in.Values[i] = float32(i%7) - 3
		}
		for _, groups := range []int{256, 32} {
			var programs []*Graph
			m := gomlxModel(t, e, source.Card{Name: "grouped", Input: []int{-1, 16, 16, 256}}, func(x *Node) []*Node {
				programs = append(programs, x.Graph())
				k := Sin(IotaFull(x.Graph(), shapes.Make(dtypes.Float32, 3, 3, 256/groups, 256)))
				y := Convolve(Layer(MulScalar(x, 1), "/map"), k).ChannelGroupCount(groups).PadSame().Done()
				return []*Node{ReduceMean(Mul(y, y), 1, 2)}
			})
			explain := func(method string) time.Duration {
				start := time.Now()
				if _, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Layers("/map"),
					gradcamnb.Methods(method)); err != nil {
					t.Fatal(err)
				}
				return time.Since(start)
			}
			quickest := func(method string) time.Duration {
				best := explain(method)
				for range 9 {
					best = min(best, explain(method))
				}
				return best
			}
			first := explain("Grad-CAM")
			most := 0
			for _, g := range programs {
				most = max(most, convolutions(g))
			}
			if most < 2 || most > 10 {
				t.Errorf("%d groups: the largest of %d programs has %d convolutions", groups, len(programs), most)
			}
			if !require.IsSlow() {
				continue
			}
			further, without := quickest("Grad-CAM"), quickest("FEM")
			t.Logf("%d groups: the first map took %v, each further one %v, and %v without a gradient", groups, first, further,
				without)
			if first > 8*time.Second {
				t.Errorf("%d groups: the first map took %v", groups, first)
			}
			if further > 3*without {
				t.Errorf("%d groups: a map takes %v, and %v without a gradient", groups, further, without)
			}
		}
	})
}

// A convolution over other axes than rows and columns makes no map: over channels and columns, as in triplet attention,
// over the sums of rows beside those of columns, as in coordinate attention, and over rows that were mixed.
func TestConvolutionsOverOtherAxes(t *testing.T) {
	for name, of := range map[string]func(s *model.Scope, x *Node) *Node{
		"channels and columns": func(s *model.Scope, x *Node) *Node {
			return conv3(s.In("conv"), TransposeAllAxes(x, 0, 3, 2, 1), 2, 1)
		},
		"rows beside columns": func(s *model.Scope, x *Node) *Node {
			columns := TransposeAllAxes(ReduceAndKeep(x, ReduceMean, 1), 0, 2, 1, 3)
			return conv3(s.In("conv"), Concatenate([]*Node{ReduceAndKeep(x, ReduceMean, 2), columns}, 1), 2, 1)
		},
		"mixed rows": func(s *model.Scope, x *Node) *Node {
			shares := Softmax(Reshape(layers.Dense(s.In("shares"), ReduceMean(x, 1, 2), true, 64), -1, 8, 8), -1)
			return conv3(s.In("conv"), Einsum("bij,bjwc->biwc", shares, x), 2, 1)
		},
	} {
		m, err := source.GoMLX(source.Card{Name: name, Input: []int{-1, 8, 6, 3}, Untrained: true}, model.NewStore(),
			func(s *model.Scope, x *Node) []*Node {
				return []*Node{ReduceMean(Tanh(of(s, conv3(s.In("stem"), x, 3, 1))), 1, 2)}
			})
		if err != nil {
			t.Fatal(err)
		}
		listed, err := gradcamnb.NewModel(testEngine(t, "go").Session(m)).Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range listed {
			if strings.HasPrefix(l.Name, "conv") && l.Grid != [2]int{} {
				t.Errorf("%s: the layer %s is a map of %v", name, l.Name, l.Grid)
			}
		}
	}
}
