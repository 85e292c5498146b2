package engine

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// gomlxModel is a model of one function, on an engine.
func gomlxModel(t *testing.T, e *Engine, c source.Card, fn func(x *Node) []*Node) *gradcamnb.Model {
	t.Helper()
	m, err := source.GoMLX(c, model.NewStore(), func(_ *model.Scope, x *Node) []*Node { return fn(x) })
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(e.Session(m))
}

// linearModel has three classes of 2 x 2 pixels: y0 = p0 + 3 p2, y1 = p1, y2 = 2 p0 + p3.
func linearModel(t *testing.T, e *Engine) *gradcamnb.Model {
	weights := []float32{1, 0, 2, 0, 1, 0, 3, 0, 0, 0, 0, 1}
	return gomlxModel(t, e, source.Card{Name: "linear", Input: []int{-1, 2, 2, 1}}, func(x *Node) []*Node {
		x = MulScalar(x, 1).WithAlias("/map")
		flat := Reshape(x, x.Shape().Dim(0), 4)
		return []*Node{Dot(flat, Const(x.Graph(), tensors.FromFlatDataAndDimensions(weights, 4, 3))).Product()}
	})
}

func wantMap(t *testing.T, what string, got []float32, want ...float32) {
	t.Helper()
	if d := absolute(got, want); !(d < 1e-5) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// HiResCAM of the picture 1, 2, 3, 4 is pixel times gradient: what each target's score is
// made of. y = 10, 2, 6.
func TestTargetsOfClassesByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		m := linearModel(t, e)
		in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: []float32{1, 2, 3, 4}}
		product := Target("product", "logits squared", func(out []*Node) *Node {
			y := func(k int) *Node { return Squeeze(Slice(out[0], AxisRange(), AxisElem(k)), -1) }
			return Mul(y(0), y(1))
		})
		for _, c := range []struct {
			target gradcamnb.Target
			score  float32
			want   []float32
		}{
			{gradcamnb.Class(0), 10, []float32{1, 0, 9, 0}},
			{gradcamnb.Tag(2), 6, []float32{2, 0, 0, 4}},
			{gradcamnb.Contrast(0, 2), 4, []float32{1 - 2, 0, 9, -4}},
			{gradcamnb.Tags(0, 1), 12, []float32{1, 2, 9, 0}},
			{gradcamnb.Output("output", 1), 2, []float32{0, 2, 0, 0}},
			{product, 20, []float32{2, 20, 18, 0}}, // y1 dy0 + y0 dy1 = 2 (1, 0, 9, 0) + 10 (0, 2, 0, 0)
		} {
			r, err := m.ExplainTensor(in, c.target, gradcamnb.Methods("HiResCAM"), gradcamnb.Layers("/map"))
			if err != nil {
				t.Fatalf("%s: %v", c.target, err)
			}
			got := r[0].Maps[0]
			wantMap(t, c.target.String(), got.Raw.Values, c.want...)
			if got.Score != c.score {
				t.Errorf("%s: score %g, want %g", c.target, got.Score, c.score)
			}
		}
		// Probabilities of the tags are sigmoids of 10, 2 and 6: 0.99995, 0.88, 0.9975.
		r, err := m.ExplainTensor(in, gradcamnb.TagsAbove(0.99), gradcamnb.Layers("/map"))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(r[0].Maps); n != 2 || r[0].Maps[0].Index != 0 || r[0].Maps[1].Index != 2 {
			t.Errorf("tags above 0.99 are %d maps, want tags 0 and 2", n)
		}
		// The list of the best has them, too; beside a class it has softmaxes: 1/(1 + e^-8 + e^-4) of the first.
		wantTop := func(words string, top []heatmap.Prediction, want ...float64) {
			t.Helper()
			if len(top) != len(want) {
				t.Fatalf("of %s the list has %v, want %v", words, top, want)
			}
			for i, p := range top {
				if !(math.Abs(float64(p.Probability)-want[i]) <= 1e-5) {
					t.Errorf("of %s the probabilities are %v, want %v", words, top, want)
					return
				}
			}
		}
		sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
		wantTop("tags above", r[0].Top, sigmoid(10), sigmoid(6), sigmoid(2))
		for _, c := range []struct {
			target gradcamnb.Target
			want   []float64
		}{
			{gradcamnb.Tag(1), []float64{sigmoid(10), sigmoid(6), sigmoid(2)}},
			{gradcamnb.Class(1), []float64{0.981690, 0.017980, 0.000329}},
		} {
			one, err := m.ExplainTensor(in, c.target, gradcamnb.Layers("/map"))
			if err != nil {
				t.Fatal(err)
			}
			wantTop(c.target.String(), one[0].Top, c.want...)
			if p := float64(one[0].Maps[0].Probability); !(math.Abs(p-c.want[2]) <= 1e-5) {
				t.Errorf("%s has the probability %g, want %g", c.target, p, c.want[2])
			}
		}
		if r, err = m.ExplainTensor(in, gradcamnb.Tags(0, 1), gradcamnb.Layers("/map")); err != nil {
			t.Fatal(err)
		}
		wantTop("two tags", r[0].Top, sigmoid(10), sigmoid(6), sigmoid(2))
		if r, err = m.ExplainTensor(in, gradcamnb.TagsAbove(0.99), gradcamnb.Layers("/map")); err != nil {
			t.Fatal(err)
		}
		if tags := r[0].Tags(0.99); len(tags) != 2 || tags[0].Index != 0 || tags[1].Index != 2 {
			t.Errorf("tags above 0.99 are %v", tags)
		}
		// Grad-CAM of FinerCAM's score with one rival is that of the difference of the two.
		two := gomlxModel(t, e, source.Card{Name: "two", Input: []int{-1, 2, 2, 1}}, func(x *Node) []*Node {
			x = MulScalar(x, 1).WithAlias("/map")
			sum := ReduceSum(x, 1, 2)
			return []*Node{Concatenate([]*Node{MulScalar(sum, 3), MulScalar(sum, 1)}, 1)}
		})
		// With pixels that sum to 1, so that the rival has a probability: p = softmax(3, 1).
		in.Values = []float32{0.1, 0.2, 0.3, 0.4}
		r, err = two.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods("FinerCAM"), gradcamnb.Layers("/map"))
		if err != nil {
			t.Fatal(err)
		}
		wantMap(t, "FinerCAM", r[0].Maps[0].Raw.Values, 0.2, 0.4, 0.6, 0.8)
		// With two rivals their probabilities count. y = 3 s, 2 s, s for pixels that sum to s, so
		// p1/p2 = e^s and S = (e^s s + 2 s) / (e^s + 1) = s (1 + 1/(e^s + 1)). Its slope is
		// 1 + 1/(e^s + 1) - s e^s/(e^s + 1)^2, for s = ln 3: 1 + 1/4 - 3/16 ln 3.
		three := gomlxModel(t, e, source.Card{Name: "three", Input: []int{-1, 2, 2, 1}}, func(x *Node) []*Node {
			sum := ReduceSum(MulScalar(x, 1).WithAlias("/map"), 1, 2)
			return []*Node{Concatenate([]*Node{MulScalar(sum, 3), MulScalar(sum, 2), sum}, 1)}
		})
		last := float32(math.Log(3) - 0.6)
		in.Values = []float32{0.1, 0.2, 0.3, last}
		if r, err = three.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods("FinerCAM"),
			gradcamnb.Layers("/map")); err != nil {
			t.Fatal(err)
		}
		w := float32(1 + 1./4 - 3./16*math.Log(3))
		wantMap(t, "FinerCAM of two rivals", r[0].Maps[0].Raw.Values, w*0.1, w*0.2, w*0.3, w*last)
	})
}

// One logit, y = p0 - p1.
func TestBinaryTargetByHand(t *testing.T) {
	m := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "one", Input: []int{-1, 1, 2, 1}}, func(x *Node) []*Node {
		x = MulScalar(x, 1).WithAlias("/map")
		return []*Node{Sub(Reshape(Slice(x, AxisRange(), AxisRange(), AxisElem(0)), x.Shape().Dim(0), 1),
			Reshape(Slice(x, AxisRange(), AxisRange(), AxisElem(1)), x.Shape().Dim(0), 1))}
	})
	in := gradcamnb.Tensor{Dims: []int{1, 1, 2, 1}, Values: []float32{5, 2}}
	for class, want := range [][]float32{{-5, 2}, {5, -2}} {
		r, err := m.ExplainTensor(in, gradcamnb.Binary(class), gradcamnb.Methods("HiResCAM"), gradcamnb.Layers("/map"))
		if err != nil {
			t.Fatal(err)
		}
		wantMap(t, "binary", r[0].Maps[0].Raw.Values, want...)
	}
}

// A segmentation with y0 = x and y1 = 1 - x: class 0 is predicted where x = 1. HiResCAM is
// x times the mask for class 0.
func TestRegionsByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		m := gomlxModel(t, e, source.Card{Name: "halves", Input: []int{-1, 3, 3, 1}}, func(x *Node) []*Node {
			x = MulScalar(x, 1).WithAlias("/map")
			plane := TransposeAllAxes(x, 0, 3, 1, 2)
			return []*Node{Concatenate([]*Node{plane, OneMinus(plane)}, 1)}
		})
		x := []float32{
			1, 0, 1,
			1, 0, 0,
			0, 0, 1,
		}
		in := gradcamnb.Tensor{Dims: []int{1, 3, 3, 1}, Values: x}
		for _, c := range []struct {
			target gradcamnb.Target
			score  float32
			want   []float32
		}{
			{gradcamnb.Region(0), 4, x},
			{gradcamnb.RegionMean(0), 1, []float32{0.25, 0, 0.25, 0.25, 0, 0, 0, 0, 0.25}},
			{gradcamnb.Part(0, 0, 1), 2, []float32{1, 0, 0, 1, 0, 0, 0, 0, 0}},
			// Every pixel touches the other region; y0 - y1 = 2x - 1 sums to 4 - 5.
			{gradcamnb.Border(0, 1), -1, []float32{2, 0, 2, 2, 0, 0, 0, 0, 2}},
		} {
			r, err := m.ExplainTensor(in, c.target, gradcamnb.Methods("HiResCAM"), gradcamnb.Layers("/map"))
			if err != nil {
				t.Fatalf("%s: %v", c.target, err)
			}
			wantMap(t, c.target.String(), r[0].Maps[0].Raw.Values, c.want...)
			if got := r[0].Maps[0].Score; !(math.Abs(float64(got-c.score)) <= 1e-6) {
				t.Errorf("%s: score %g, want %g", c.target, got, c.score)
			}
		}
	})
}

// The embedding is the mean colour: (3, 4, 0) here and (1, 0, 0) of a red picture, at a
// cosine of 3/5.
func TestSimilarByHand(t *testing.T) {
	prep := imgio.Prep{Width: 2, Height: 2, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}
	m := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "colours", Input: []int{-1, 2, 2, 3}, Prep: &prep},
		func(x *Node) []*Node {
			return []*Node{ReduceMean(MulScalar(x, 1).WithAlias("/map"), 1, 2)}
		})
	red := image.NewNRGBA(image.Rect(0, 0, 5, 5))
	for i := range 25 {
		red.SetNRGBA(i%5, i/5, color.NRGBA{R: 255, A: 255})
	}
	in := gradcamnb.Tensor{Dims: []int{1, 2, 2, 3}, Values: []float32{3, 4, 0, 3, 4, 0, 3, 4, 0, 3, 4, 0}}
	r, err := m.ExplainTensor(in, gradcamnb.Similar(red), gradcamnb.Layers("/map"))
	if err != nil {
		t.Fatal(err)
	}
	if got := r[0].Maps[0].Score; !(math.Abs(float64(got)-0.6) <= 1e-6) {
		t.Errorf("the cosine is %g, want 0.6", got)
	}
	in.Values = make([]float32, 12) // whose embedding has no direction
	if r, err = m.ExplainTensor(in, gradcamnb.Similar(red), gradcamnb.Layers("/map")); err != nil {
		t.Fatal(err)
	}
	wantMap(t, "an embedding of zeros", r[0].Maps[0].Raw.Values, 0, 0, 0, 0)
}

// SESS weighs the windows of a target that is no class by its score: a class that the target does not read changes
// nothing. A class is weighed by its probability, which depends on the other classes, and a tag by its sigmoid, which
// does not: each window's map is scaled to [0, 1], so it is the map of a function that is the sigmoid.
func TestSESSOfNoClass(t *testing.T) {
	e := testEngine(t, "go")
	in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: make([]float32, 16)}
	for i := range in.Values {
		in.Values[i] = float32(i*i%7) / 4
	}
	right := Target("right half", "", func(y []*Node) *Node { return Squeeze(Slice(y[0], AxisRange(), AxisElem(1)), -1) })
	likely := Target("right half, sigmoid", "", func(y []*Node) *Node {
		return Sigmoid(Squeeze(Slice(y[0], AxisRange(), AxisElem(1)), -1))
	})
	explain := func(times float64) (maps [4][]float32) {
		m := gomlxModel(t, e, source.Card{Name: "halves", Input: []int{-1, 4, 4, 1}}, func(x *Node) []*Node {
			x = MulScalar(x, 1).WithAlias("/map")
			half := func(from, to int) *Node {
				return ReduceMean(Slice(x, AxisRange(), AxisRange(), AxisRange(from, to)), 1, 2, 3)
			}
			return []*Node{Stack([]*Node{MulScalar(half(0, 2), times), half(2, 4)}, -1)}
		})
		r, err := m.ExplainTensor(in, right, gradcamnb.Class(1), gradcamnb.Tag(1), likely, gradcamnb.Layers("/map"),
			gradcamnb.Methods("SESS"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range maps {
			maps[i] = r[0].Maps[i].Raw.Values
		}
		return maps
	}
	one, other := explain(1), explain(5)
	wantMap(t, "a function, and another class that is five times as likely", other[0], one[0]...)
	wantMap(t, "a tag, and another one that is five times as likely", other[2], one[2]...)
	wantMap(t, "a tag", one[2], one[3]...)
	if absolute(one[1], other[1]) < 1e-3 {
		t.Error("a class is not weighed by its probability")
	}
}

// A binary target and tags above a threshold are looked for in the output that they name. The colours of the picture
// have the means 1, 0 and -1, of which only the first is above a probability of 0.55; they sum to 0, and 3 is added.
func TestTargetsInAnotherOutput(t *testing.T) {
	card := source.Card{Name: "heads", Input: []int{-1, 1, 1, 3}, Outputs: []string{"first", "tags", "sum"}}
	m := gomlxModel(t, testEngine(t, "go"), card, func(x *Node) []*Node {
		mean := ReduceMean(MulScalar(x, 1).WithAlias("/map"), 1, 2)
		sum := ReduceAndKeep(mean, ReduceSum, 1)
		return []*Node{MulScalar(sum, 2), mean, AddScalar(sum, 3)}
	})
	in := gradcamnb.Tensor{Dims: []int{1, 1, 1, 3}, Values: []float32{1, 0, -1}}
	r, err := m.ExplainTensor(in, gradcamnb.Binary(0).In("sum"), gradcamnb.TagsAbove(0.55).In("tags"),
		gradcamnb.Layers("/map"))
	if err != nil {
		t.Fatal(err)
	}
	if maps := r[0].Maps; len(maps) != 2 || maps[0].Score != -3 || maps[1].Score != 1 {
		t.Errorf("%d maps, of the scores %g and %g; want -3 and 1", len(maps), maps[0].Score, maps[1].Score)
	}
}

// An attribute is a head and a value by name; an object's box is seen alone and its map
// lies in the whole picture.
func TestAttributeInABox(t *testing.T) {
	prep := imgio.Prep{Width: 2, Height: 2, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}
	card := source.Card{Name: "heads", Input: []int{-1, 2, 2, 3}, Prep: &prep, Outputs: []string{"bright", "colour"},
		HeadLabels: map[string][]string{"colour": {"red", "green", "blue"}}}
	m := gomlxModel(t, testEngine(t, "go"), card, func(x *Node) []*Node {
		mean := ReduceMean(MulScalar(x, 1).WithAlias("/map"), 1, 2)
		return []*Node{ReduceAndKeep(mean, ReduceSum, 1), mean}
	})
	img := image.NewNRGBA(image.Rect(0, 0, 8, 8))
	img.SetNRGBA(6, 5, color.NRGBA{G: 255, A: 255})
	r, err := m.Explain(img, gradcamnb.Attribute("colour", "green"), gradcamnb.InBox(image.Rect(6, 4, 8, 6)),
		gradcamnb.Layers("/map"), gradcamnb.Methods("HiResCAM"))
	if err != nil {
		t.Fatal(err)
	}
	wantMap(t, "the box", r.Maps[0].Raw.Values, 0, 0, 0.25, 0) // the green pixel is below left in the box
	if x, y := r.Frame.ToPicture(0, 1); x != 6 || y != 5 || r.Frame.PictureW != 8 {
		t.Errorf("the map's lower left cell begins at (%g, %g) of %+v, want (6, 5)", x, y, r.Frame)
	}
}

// CAM: F = means (2, 1) of A = (1, 2), (3, 0); S = 2 F0 - F1 = 3; L = 2 A0 - A1 = 0, 6, whose
// mean is S. ShapleyCAM of S = SUM A^2: G = 2 A, H A = 2 A, w = mean(2 A - A) = (2, 1).
func TestMethodsOfTheGraphByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		in := gradcamnb.Tensor{Dims: []int{1, 1, 2, 2}, Values: []float32{1, 2, 3, 0}}
		card := source.Card{Name: "head", Input: []int{-1, 1, 2, 2}}
		head := func(after func(*Node) *Node) *gradcamnb.Model {
			return gomlxModel(t, e, card, func(x *Node) []*Node {
				pooled := after(ReduceMean(MulScalar(x, 1).WithAlias("/map"), 1, 2))
				return []*Node{Dot(pooled,
					Const(x.Graph(), tensors.FromFlatDataAndDimensions([]float32{2, 5, -1, 7}, 2, 2))).Product()}
			})
		}
		explain := func(m *gradcamnb.Model, method string) ([]float32, error) {
			r, err := m.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Methods(method), gradcamnb.Layers("/map"))
			if err != nil {
				return nil, err
			}
			return r[0].Maps[0].Raw.Values, nil
		}
		got, err := explain(head(func(x *Node) *Node { return x }), "CAM")
		if err != nil {
			t.Fatal(err)
		}
		wantMap(t, "CAM", got, 2*1-2, 2*3-0)
		if _, err := explain(head(Tanh), "CAM"); err == nil || !strings.Contains(err.Error(), "Tanh, which is not linear") {
			t.Errorf("CAM through a tanh: error %v", err)
		}
		squares := gomlxModel(t, e, card, func(x *Node) []*Node {
			x = MulScalar(x, 1).WithAlias("/map")
			return []*Node{Reshape(ReduceSum(Mul(x, x), 1, 2, 3), x.Shape().Dim(0), 1)}
		})
		if got, err = explain(squares, "ShapleyCAM"); err != nil {
			t.Fatal(err)
		}
		wantMap(t, "ShapleyCAM", got, 2*1+1*2, 2*3+0)
	})
}

// Gradients, and the second derivative that ShapleyCAM takes, by central differences on a
// small net with a curved target: softmax of W2 tanh(W1 x), three pixels of one channel.
func TestSecondOrderByFiniteDifferences(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		w1 := []float32{0.5, -0.3, 0.8, 0.2, 0.9, -0.4, -0.6, 0.7, 0.1}
		w2 := []float32{1.2, -0.5, 0.3, 0.8, -0.9, 1.1}
		m := gomlxModel(t, e, source.Card{Name: "curved", Input: []int{-1, 1, 3, 1}}, func(x *Node) []*Node {
			x = MulScalar(x, 1).WithAlias("/map")
			g := x.Graph()
			hidden := Tanh(Dot(Reshape(x, x.Shape().Dim(0), 3), Const(g, tensors.FromFlatDataAndDimensions(w1, 3, 3))).Product())
			return []*Node{Dot(hidden, Const(g, tensors.FromFlatDataAndDimensions(w2, 3, 2))).Product()}
		})
		x := []float32{0.4, -0.7, 1.1}
		explain := func(x []float32, method string) (float64, []float32) {
			r, err := m.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 1, 3, 1}, Values: x}, gradcamnb.Softmax(0),
				gradcamnb.Methods(method), gradcamnb.Layers("/map"))
			if err != nil {
				t.Fatal(err)
			}
			return float64(r[0].Maps[0].Score), r[0].Maps[0].Raw.Values
		}
		gradient := func(x []float32) []float64 { // HiResCAM is gradient times x
			_, v := explain(x, "HiResCAM")
			out := make([]float64, len(v))
			for i := range v {
				out[i] = float64(v[i]) / float64(x[i])
			}
			return out
		}
		const h = 1e-2
		grad := gradient(x)
		for i := range x {
			up, down := append([]float32(nil), x...), append([]float32(nil), x...)
			up[i], down[i] = up[i]+h, down[i]-h
			above, _ := explain(up, "HiResCAM")
			below, _ := explain(down, "HiResCAM")
			if want := (above - below) / (2 * h); !(math.Abs(grad[i]-want) <= 1e-4) {
				t.Errorf("gradient %d is %g, by differences %g", i, grad[i], want)
			}
		}
		scaled := func(by float32) []float32 {
			out := make([]float32, len(x))
			for i := range x {
				out[i] = by * x[i]
			}
			return out
		}
		above, below := gradient(scaled(1+h)), gradient(scaled(1-h))
		var weight float64 // mean of G - 1/2 H x
		for i := range x {
			weight += (grad[i] - (above[i]-below[i])/(2*h)/2) / 3
		}
		_, got := explain(x, "ShapleyCAM")
		for i := range x {
			if want := weight * float64(x[i]); !(math.Abs(float64(got[i])-want) <= 2e-4) {
				t.Errorf("ShapleyCAM %d is %g, by differences %g", i, got[i], want)
			}
		}
	})
}
