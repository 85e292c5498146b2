package engine

import (
	"image"
	"image/color"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors/images"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Channels first within a channels-last model: 24 channels of 6 x 4 cells are 6 x 4 cells, at
// the convolution and at what comes after it, whatever the card says of the picture. A colour
// picture of a model of one channel becomes grey.
func TestAxesWithinGoMLXModels(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		prep := imgio.Prep{Width: 8, Height: 12, Fit: imgio.Stretch, Order: "RGB", Scale: [3]float32{255, 255, 255}}
		m, err := source.GoMLX(source.Card{Name: "within", Input: []int{-1, 12, 8, 1}, Prep: &prep, Untrained: true},
			model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
				x = TransposeAllAxes(x, 0, 3, 1, 2)
				x = layers.Convolution(scope.In("conv"), x).ChannelsAxis(images.ChannelsFirst).Channels(24).KernelSize(2).Strides(
					2).Done()
				return []*Node{ReduceMean(Tanh(x), 2, 3)}
			})
		if err != nil {
			t.Fatal(err)
		}
		img := image.NewNRGBA(image.Rect(0, 0, 8, 12))
		for i := range 96 {
			img.SetNRGBA(i%8, i/8, color.NRGBA{uint8(i), uint8(2 * i), 90, 255})
		}
		for _, layer := range []string{"conv", "conv/tanh"} {
			r, err := gradcamnb.NewModel(e.Session(m)).Explain(img, gradcamnb.Class(3), gradcamnb.Layers(layer))
			if err != nil {
				t.Errorf("%s: %v", layer, err)
				continue
			}
			if raw := r.Maps[0].Raw; raw.W != 4 || raw.H != 6 {
				t.Errorf("%s: the map is %d x %d cells, want 4 x 6", layer, raw.W, raw.H)
			}
		}
	})
}

// The first map through a depthwise convolution of 256 channels takes seconds at most: GoMLX
// 0.28.8 has its gradient as 256 convolutions, which XLA compiles for most of a minute.
func TestDepthwiseConvolutionCompilesQuickly(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		m := gomlxModel(t, e, source.Card{Name: "depthwise", Input: []int{-1, 16, 16, 256}}, func(x *Node) []*Node {
			k := Sin(IotaFull(x.Graph(), shapes.Make(dtypes.Float32, 3, 3, 1, 256)))
			y := Convolve(Layer(MulScalar(x, 1), "/map"), k).ChannelGroupCount(256).PadSame().Done()
			return []*Node{ReduceMean(Mul(y, y), 1, 2)}
		})
		in := gradcamnb.Tensor{Dims: []int{1, 16, 16, 256}, Values: make([]float32, 16*16*256)}
		for i := range in.Values {
			in.Values[i] = float32(i%7) - 3
		}
		start := time.Now()
		if _, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Layers("/map")); err != nil {
			t.Fatal(err)
		}
		first := time.Since(start)
		t.Logf("the first map took %v", first)
		if first > 20*time.Second {
			t.Errorf("the first map took %v", first)
		}
	})
}
