package engine

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// spotting is a detector with a fixed number of boxes after its own suppression. It finds
// the window, x and y from 6 to 12, as surely as the window is bright, always its upper
// half with 0.2, and a third row is not used.
func spotting(t *testing.T, e *Engine) driver.Session {
	t.Helper()
	card := source.Card{
		Name: "spotting", Input: []int{-1, side, side, 3}, Labels: []string{"bright"}, Outputs: []string{"found"},
		Detector: &detect.Spec{Decoder: detect.EndToEnd.Name},
	}
	m, err := source.GoMLX(card, model.NewStore(), func(_ *model.Scope, x *Node) []*Node {
		seen := ReduceMean(Slice(x, AxisRange(), AxisRange(6, 12), AxisRange(6, 12), AxisRange()), 1, 2, 3)
		rows := Const(x.Graph(), [][][]float32{{{6, 6, 12, 12, 0, 0}, {6, 6, 12, 9, 0.2, 0}, {0, 0, 0, 0, 0, 0}}})
		score := Const(x.Graph(), [][][]float32{{{0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}}})
		return []*Node{Add(rows, Mul(score, InsertAxes(seen, -1, -1)))}
	})
	if err != nil {
		t.Fatal(err)
	}
	return e.Session(m)
}

// D-RISE by hand. A mask under which the share s of the window is seen matches
//
//	max(1 * s, 1/2 * 0.2)
//
// with the window itself, and with the upper half, whose IoU is 1/2. If the bottom side is explained, the same
// candidate counts by the distance of its bottom side, which is 1 - 3/6 for the upper half. A box that is drawn over
// the detection has the same weight as the detection. The map is the mean of the masks weighted so, divided by p.
func TestDRISEByHand(t *testing.T) {
	const n, grid, p = 20, 4, 0.3
	found := gradcamnb.Detection(1)
	onBackends(t, func(t *testing.T, e *Engine) {
		r, err := sample(t.Context(), t, spotting(t, e), gradcamnb.Request{
			Targets:  []gradcamnb.Target{found, found.Side("bottom"), gradcamnb.Box(heatmap.Box{6, 6, 12, 12}, 0)},
			Methods:  []string{"D-RISE"},
			Sampling: gradcamnb.Sampling{Masks: n, Grid: grid, Seed: 3, P: p, Batch: 8},
		})
		if err != nil {
			t.Fatal(err)
		}
		maps := r[0].Maps
		if m := maps[0]; m.Method != "D-RISE" || m.Score != 1 || m.Box != (heatmap.Box{6, 6, 12, 12}) || m.Class != "bright" {
			t.Errorf("%s of %s %v scores %g", m.Method, m.Class, m.Box, m.Score)
		}
		hidden := 0
		var want [3][side * side]float64
		for i := range n {
			mask := maskByHand(3, uint32(i), grid, p)
			var s float64
			for k, v := range mask {
				if inWindow(k) {
					s += v / 36
				}
			}
			w := [3]float64{s, s, s}
			if s < 0.1 {
				hidden++
				w = [3]float64{0.1, 0.1 * 0.5, 0.1}
			}
			for a, w := range w {
				if got := float64(maps[a].Sampled.Weights[i]); !(math.Abs(got-w) <= 1e-6) {
					t.Errorf("%s: mask %d weighs %g, want %g", maps[a].Target, i, got, w)
				}
				for k, v := range mask {
					want[a][k] += w * v / (p * n)
				}
			}
		}
		if hidden == 0 || hidden == n {
			t.Fatalf("%d masks of %d hide the window: both cases should be met", hidden, n)
		}
		for a := range want {
			for k, v := range want[a] {
				if got := float64(maps[a].Raw.Values[k]); !(math.Abs(got-v) <= 1e-5) {
					t.Fatalf("%s: pixel %d is %g, want %g", maps[a].Target, k, got, v)
				}
			}
		}
	})
}

// A partial map equals the map of a run that ends there, with all its fields.
func TestPartialMaps(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		s := spotting(t, e)
		r := gradcamnb.Request{Targets: []gradcamnb.Target{gradcamnb.Detection(1)},
			Sampling: gradcamnb.Sampling{Masks: 1 << 30, Grid: 8, Seed: 3}}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var partial heatmap.Map
		done := 0
		r.Progress = func(p gradcamnb.Progress) {
			if p.Partial != nil && done == 0 {
				partial, done = *p.Partial[0].Maps[0], p.Done
				stop()
			}
		}
		if _, err := sample(ctx, t, s, r); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if len(partial.Sampled.Weights) != done || partial.Method != "D-RISE" || partial.Score != 1 ||
			partial.StdErr.W != side {
			t.Errorf("after %d masks: %s of %d, score %g", done, partial.Method, len(partial.Sampled.Weights), partial.Score)
		}
		r.Sampling.Masks, r.Progress = done, nil
		whole, err := sample(t.Context(), t, s, r)
		if err != nil {
			t.Fatal(err)
		}
		if m := whole[0].Maps[0]; !slices.Equal(m.Raw.Values, partial.Raw.Values) ||
			!slices.Equal(m.StdErr.Values, partial.StdErr.Values) || !slices.Equal(m.Values, partial.Values) {
			t.Errorf("the map so far is not that of a run of %d masks", done)
		}
	})
}

// A detector in an ONNX file that ends in NonMaxSuppression, with a changing number of
// boxes. Three candidates are as sure as the picture is red, green and blue; the first two
// overlap by 3/4.
func TestDetectBeforeSuppression(t *testing.T) {
	path := suppressing(t)
	pic := func(r, g, b uint8) image.Image {
		img := image.NewNRGBA(image.Rect(0, 0, 8, 8))
		for i := range 64 {
			img.SetNRGBA(i%8, i/8, color.NRGBA{r, g, b, 255})
		}
		return img
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		s, err := e.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		m := gradcamnb.NewModel(s)
		for _, c := range []struct {
			picture image.Image
			want    []heatmap.Box
		}{
			{pic(204, 153, 102), []heatmap.Box{{0, 0, 4, 4}, {4, 4, 8, 8}}},
			{pic(153, 204, 0), []heatmap.Box{{0, 0, 4, 3}}},
			{pic(0, 0, 0), nil},
		} {
			found, err := m.Detect(c.picture)
			if err != nil {
				t.Fatal(err)
			}
			var got []heatmap.Box
			for _, d := range found {
				got = append(got, d.Box)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v: found %v, want %v", c.picture.At(0, 0), got, c.want)
			}
		}
		// Hidden to a share s, red is 0.8 s: the first candidate's match with itself.
		r, err := m.Explain(pic(204, 153, 102), gradcamnb.Detection(1), gradcamnb.Methods("D-RISE"),
			gradcamnb.Sampled(gradcamnb.Sampling{Masks: 8, Grid: 1, Seed: 1}))
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range r.Maps[0].Sampled.Weights { // a grid of one cell shows all or nothing
			if !(math.Abs(float64(w)-0.8) <= 1e-6) && w != 0 {
				t.Errorf("mask %d weighs %g, want 0.8 or 0", i, w)
			}
		}
	})
}

// suppressing writes that detector, with its sidecar.
func suppressing(t *testing.T) string {
	t.Helper()
	floats := func(name string, dims []int64, values ...float32) *protos.TensorProto {
		return &protos.TensorProto{Name: name, DataType: int32(protos.TensorProto_FLOAT), Dims: dims, FloatData: values}
	}
	ints := func(name string, values ...int64) *protos.TensorProto {
		return &protos.TensorProto{Name: name, DataType: int32(protos.TensorProto_INT64), Dims: []int64{int64(len(values))},
			Int64Data: values}
	}
	var dims []*protos.TensorShapeProto_Dimension
	for _, d := range []int64{1, 3, 8, 8} {
		dims = append(dims, &protos.TensorShapeProto_Dimension{Value: &protos.TensorShapeProto_Dimension_DimValue{
			DimValue: d}})
	}
	node := func(op, out string, in ...string) *protos.NodeProto {
		return &protos.NodeProto{OpType: op, Name: out + "_", Input: in, Output: []string{out}}
	}
	data, err := proto.Marshal(&protos.ModelProto{
		IrVersion:   8,
		OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{
			Name: "detector",
			Input: []*protos.ValueInfoProto{{Name: "image", Type: &protos.TypeProto{Value: &protos.TypeProto_TensorType{
				TensorType: &protos.TypeProto_Tensor{ElemType: int32(protos.TensorProto_FLOAT),
					Shape: &protos.TensorShapeProto{Dim: dims}},
			}}}},
			Initializer: []*protos.TensorProto{
				floats("places", []int64{1, 3, 4}, 0, 0, 4, 4, 0, 0, 4, 3, 4, 4, 8, 8), floats("nothing", nil, 0),
				ints("across", 0, 1, 3), ints("down", 0, 3, 1),
			},
			Node: []*protos.NodeProto{
				node("GlobalAveragePool", "colours", "image"),
				node("Reshape", "scores", "colours", "across"),
				node("Reshape", "column", "colours", "down"), node("Mul", "zero", "column", "nothing"),
				node("Add", "boxes", "places", "zero"),
				node("NonMaxSuppression", "selected", "boxes", "scores"),
			},
			Output: []*protos.ValueInfoProto{{Name: "selected"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sidecar := `{"input": {"width": 8, "height": 8, "fit": "stretch", "mean": [0, 0, 0], "scale": [255, 255, 255], "order": "RGB"}, "labels": "things.txt",
		"detector": {"decoder": "before-nms", "outputs": ["boxes", "scores"]}}`
	for name, text := range map[string]string{"suppressing.onnx": string(data), "suppressing.json": sidecar,
		"things.txt": "thing\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "suppressing.onnx")
}

// Several targets share the passes of a function, which is asked about every masked picture
// once; masks of its instances and its objectness count. The picture's two instances have
// one box and halves of it as masks, the left one surer.
func TestFunctionWithMasks(t *testing.T) {
	const w, h = 24, 16
	half := func(left bool) heatmap.Grid {
		g := heatmap.NewGrid(w, h)
		for i := range g.Values {
			if (i%w < w/2) == left {
				g.Values[i] = 1
			}
		}
		return g
	}
	pictures := 0
	m := gradcamnb.NewModel(testEngine(t, "go").detector("halves", []string{"half"},
		func(p []image.Image) ([][]heatmap.Detection, error) {
			pictures += len(p)
			out := make([][]heatmap.Detection, len(p))
			for i := range out {
				for _, left := range []bool{true, false} {
					d := heatmap.Detection{Box: heatmap.Box{0, 0, w, h}, Objectness: 0.5, Mask: half(left)}
					if left {
						d.Objectness = 0.75
					}
					out[i] = append(out[i], d)
				}
			}
			return out, nil
		}))
	pic := image.NewNRGBA(image.Rect(0, 0, w, h))
	strip := heatmap.Polygon(w, h, [2]float64{0, 0}, [2]float64{6, 0}, [2]float64{6, h}, [2]float64{0, h})
	for name, targets := range map[string][]gradcamnb.Target{
		"one": {gradcamnb.Instance(1)}, "three": {gradcamnb.Instance(1), gradcamnb.Instance(2), gradcamnb.Mask(strip, 0)},
	} {
		pictures = 0
		choices := []gradcamnb.Choice{gradcamnb.Methods("D-RISE"), gradcamnb.Sampled(gradcamnb.Sampling{Masks: 32, Grid: 4})}
		for _, target := range targets {
			choices = append(choices, target)
		}
		r, err := m.Explain(pic, choices...)
		if err != nil {
			t.Fatal(err)
		}
		if pictures != 1+32 {
			t.Errorf("%s: the function saw %d pictures, want the whole one and 32 masked", name, pictures)
		}
		// Each instance matches itself by its objectness; the strip is half of the left one.
		for i, got := range r.Maps {
			if want := []float64{0.75, 0.5, 0.5 * 0.75}[i]; !(math.Abs(float64(got.Score)-want) <= 1e-6) ||
				!(math.Abs(float64(got.Sampled.Weights[31])-want) <= 1e-6) {
				t.Errorf("%s: %s scores %g and %g under a mask, want %g", name, got.Target, got.Score, got.Sampled.Weights[31],
					want)
			}
		}
	}
}
