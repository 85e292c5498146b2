package engine

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// one returns a convolution with a kernel of 1 in every axis and the one weight 1, every strides cells.
func one(scope *model.Scope, x *Node, spatial int, strides ...int) *Node {
	var kernel any = [][]float32{{1}}
	switch spatial {
	case 1:
		kernel = [][][]float32{{{1}}}
	case 2:
		kernel = [][][][]float32{{{{1}}}}
	case 3:
		kernel = [][][][][]float32{{{{{1}}}}}
	}
	w := scope.In("conv").VariableWithValue("weights", kernel)
	return activation.Relu(Convolve(x, w.NodeValue(x.Graph())).NoPadding().StridePerAxis(strides...).Done())
}

// Functions on volumes, videos and signals are explained, whatever way they look at them. By hand: the score is the
// mean of the n voxels that the convolution reads, so a cell of HiResCAM is its voxel / n, in the slice that the voxel
// lies in.
func TestVolumesOfGoMLXByHand(t *testing.T) {
	mean := func(x *Node) []*Node { return []*Node{ReduceMean(x, 1, 2, 3)} }
	batch := func(x *Node) int { return x.Shape().Dim(0) }
	for name, c := range map[string]struct {
		input  []int
		layout imgio.Layout
		fn     source.GraphFn
		slices int
		cells  []float32 // times the number of cells
	}{
		"volume": {[]int{-1, 2, 4, 2, 1}, "", func(scope *model.Scope, x *Node) []*Node {
			return mean(one(scope, x, 3, 1, 2, 1))
		}, 2, []float32{1, 2, 5, 6, 9, 10, 13, 14}},
		"every second slice": {[]int{-1, 4, 2, 2, 1}, "", func(scope *model.Scope, x *Node) []*Node {
			return mean(one(scope, x, 3, 2, 1, 1))
		}, 2, []float32{1, 2, 3, 4, 9, 10, 11, 12}},
		"volume, channels first": {[]int{-1, 1, 2, 4, 2}, imgio.ChannelsFirst, func(scope *model.Scope, x *Node) []*Node {
			x = TransposeAllAxes(x, 0, 2, 3, 4, 1)
			return mean(one(scope, x, 3, 1, 2, 1))
		}, 2, []float32{1, 2, 5, 6, 9, 10, 13, 14}},
		"video, frame by frame": {[]int{-1, 2, 4, 2, 1}, "", func(scope *model.Scope, x *Node) []*Node {
			b := batch(x)
			x = one(scope, Reshape(x, b*2, 4, 2, 1), 2, 2, 1)
			return mean(Reshape(x, b, 2, 2, 2, 1))
		}, 2, []float32{1, 2, 5, 6, 9, 10, 13, 14}},
		"video, frame by frame, pooled": {[]int{-1, 2, 4, 2, 1}, "", func(scope *model.Scope, x *Node) []*Node {
			b := batch(x)
			x = MaxPool(Reshape(x, b*2, 4, 2, 1)).WindowPerAxis(2, 1).Done()
			x = one(scope, x, 2, 1, 1)
			return mean(Reshape(x, b, 2, 2, 2, 1))
		}, 2, []float32{3, 4, 7, 8, 11, 12, 15, 16}},
		"tokens of a volume": {[]int{-1, 2, 2, 2, 1}, "", func(scope *model.Scope, x *Node) []*Node {
			b := batch(x)
			x = Reshape(x, b, 8, 1)
			x = activation.Relu(layers.Dense(scope.In("embed"), x, false, 1))
			return []*Node{ReduceMean(x, 1)}
		}, 2, []float32{1, 2, 3, 4, 5, 6, 7, 8}},
		"signal": {[]int{-1, 1, 8, 1}, "", func(scope *model.Scope, x *Node) []*Node {
			return []*Node{ReduceMean(one(scope, Squeeze(x, 1), 1, 2), 1)}
		}, 0, []float32{1, 3, 5, 7}},
	} {
		t.Run(name, func(t *testing.T) {
			onBackends(t, func(t *testing.T, e *Engine) {
				store := model.NewStore()
				store.VariableWithValue("/embed/dense/weights", [][]float32{{1}})
				card := source.Card{Name: "volumes", Input: c.input, Layout: c.layout, Untrained: true}
				m, err := source.GoMLX(card, store, c.fn)
				if err != nil {
					t.Fatal(err)
				}
				in := gradcamnb.Tensor{Dims: append([]int{1}, c.input[1:]...)}
				n := 1
				for _, d := range in.Dims {
					n *= d
				}
				for i := range n {
					in.Values = append(in.Values, float32(i+1))
				}
				layer := "conv"
				if strings.Contains(name, "tokens") {
					layer = "embed"
				}
				r, err := gradcamnb.NewModel(e.Session(m)).ExplainTensor(in, gradcamnb.Methods("HiResCAM"), gradcamnb.Class(0),
					gradcamnb.Layers(layer))
				if err != nil {
					t.Fatal(err)
				}
				got := r[0].Maps[0].Raw
				if got.Slices != c.slices || len(got.Values) != len(c.cells) {
					t.Fatalf("a map of %d slices, %v", got.Slices, got.Values)
				}
				for i, v := range got.Values {
					if !(math.Abs(float64(v-c.cells[i]/float32(len(c.cells)))) <= 1e-5) {
						t.Fatalf("the map is %v, want %v / %d", got.Values, c.cells, len(c.cells))
					}
				}
			})
		})
	}
}

// A layer whose cells are no longer those of all slices, one below another, has no map.
func TestSlicesThatAreNoMap(t *testing.T) {
	for name, of := range map[string]func(x *Node) *Node{
		"a part of the frames": func(x *Node) *Node {
			return Reshape(Slice(x, AxisRange(), AxisRange(0, 2)), x.Shape().Dim(0)*2, 4, 2, 1)
		},
		"a montage": func(x *Node) *Node { return Reshape(x, x.Shape().Dim(0), 16, 2, 1) },
	} {
		m, err := source.GoMLX(source.Card{Name: "slices", Input: []int{-1, 4, 4, 2, 1}, Untrained: true}, model.NewStore(),
			func(scope *model.Scope, x *Node) []*Node {
				y := one(scope, of(x), 2, 1, 1)
				return []*Node{ReduceMean(Reshape(y, x.Shape().Dim(0), -1, 1), 1)}
			})
		if err != nil {
			t.Fatal(err)
		}
		all, err := gradcamnb.NewModel(testEngine(t, "go").Session(m)).Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all {
			if l.Name == "conv" && l.Grid != [2]int{} {
				t.Errorf("%s: %s has a map of %v", name, l.Name, l.Grid)
			}
		}
		if !slices.ContainsFunc(all, func(l gradcamnb.Layer) bool { return l.Name == "conv" }) {
			t.Errorf("%s: no layer conv in %v", name, all)
		}
	}
}

// A region of a volume goes through its slices, in either order of axes. By hand: class 0 is 2 x, and predicted at x =
// 1, 3, 5, of which 2 x is 18, and the mean 6; its gradient is 2 and 2/3 there. A part is looked for in planes only.
func TestRegionsOfVolumesByHand(t *testing.T) {
	for _, first := range []bool{false, true} {
		m, err := source.GoMLX(source.Card{Name: "segments", Input: []int{-1, 2, 2, 2, 1}}, model.NewStore(),
			func(_ *model.Scope, x *Node) []*Node {
				y := Concatenate([]*Node{MulScalar(x, 2), MulScalar(x, -2)}, -1)
				if first {
					y = TransposeAllAxes(y, 0, 4, 1, 2, 3)
				}
				return []*Node{y}
			})
		if err != nil {
			t.Fatal(err)
		}
		net := gradcamnb.NewModel(testEngine(t, "go").Session(m))
		volume := gradcamnb.Tensor{Dims: []int{1, 2, 2, 2, 1}, Values: []float32{1, -2, 3, -4, 5, -6, -7, -8}}
		for want, target := range map[float32]gradcamnb.Target{2: gradcamnb.Region(0), 2. / 3: gradcamnb.RegionMean(0)} {
			r, err := net.ExplainTensor(volume, gradcamnb.Methods("Saliency"), target)
			if err != nil {
				t.Fatal(err)
			}
			if got := r[0].Maps[0]; !(math.Abs(float64(got.Score-9*want)) <= 1e-5) {
				t.Errorf("the score is %g, want %g", got.Score, 9*want)
			}
			wantMap(t, "region", r[0].Maps[0].Raw.Values, want, 0, want, 0, want, 0, 0, 0)
		}
		if _, err := net.ExplainTensor(volume, gradcamnb.Methods("Saliency"), gradcamnb.Part(0, 0, 0)); err == nil ||
			!strings.Contains(err.Error(), "takes volumes") {
			t.Errorf("a part of a volume: error %v", err)
		}
	}
}

// A card of volumes that cannot be is refused.
func TestCardsOfVolumes(t *testing.T) {
	for want, input := range map[string][]int{
		"any number of slices": {-1, -1, 4, 4, 1}, "a signal is a picture of one row": {-1, 8, 2},
		"must have 4 axes": {1, 2, 3, 4, 5, 6},
	} {
		_, err := source.GoMLX(source.Card{Name: "volumes", Input: input}, model.NewStore(),
			func(_ *model.Scope, x *Node) []*Node { return []*Node{x} })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v", input, err)
		}
	}
	card := source.Card{Name: "volumes", Input: []int{-1, 2, 4, 4, 1}, Prep: &imgio.Prep{Width: 3, Height: 4}}
	_, err := source.GoMLX(card, model.NewStore(), func(_ *model.Scope, x *Node) []*Node { return []*Node{x} })
	if err == nil || !strings.Contains(err.Error(), "its Input [-1 2 4 4 1] takes 4 x 4") {
		t.Errorf("pictures of another size: error %v", err)
	}
}
