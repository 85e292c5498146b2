package engine

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// inputsCase is a model with several inputs, of testdata/inputs.
type inputsCase struct {
	Layer   string
	Classes []int
	Inputs  map[string][][]float32
	Outputs map[string][][]float32
	Map     [][][]float32
}

func readInputsCase(t *testing.T, name string) (c inputsCase) {
	t.Helper()
	data, err := os.ReadFile(golden.Path("inputs", name+".case.json"))
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rows is a batch of vectors.
func rows(of [][]float32) gradcamnb.Tensor {
	return gradcamnb.Tensor{Dims: []int{len(of), len(of[0])}, Values: slices.Concat(of...)}
}

func swapped(t gradcamnb.Tensor) gradcamnb.Tensor {
	half := len(t.Values) / 2
	return gradcamnb.Tensor{Dims: t.Dims, Values: slices.Concat(t.Values[half:], t.Values[:half])}
}

func part(t gradcamnb.Tensor, i int) gradcamnb.Tensor {
	n := len(t.Values) / t.Dims[0]
	return gradcamnb.Tensor{Dims: append([]int{1}, t.Dims[1:]...), Values: t.Values[i*n : (i+1)*n]}
}

// Models with several inputs against onnxruntime's outputs and the Grad-CAM of torch's
// autograd: a vector and integers that differ from picture to picture, and pairs of
// pictures.
func TestSeveralInputs(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		dims := []int{2, 3, 32, 32}
		pictures := gradcamnb.Tensor{Dims: dims, Values: zooPicture(dims)}
		about, twins := readInputsCase(t, "about"), readInputsCase(t, "twins")
		for _, c := range []struct {
			ref    string
			want   inputsCase
			inputs map[string]gradcamnb.Tensor
		}{
			{"about.onnx", about, map[string]gradcamnb.Tensor{"about": rows(about.Inputs["about"]),
				"size": rows(about.Inputs["size"])}},
			{"twins.onnx#left", twins, map[string]gradcamnb.Tensor{"right": swapped(pictures)}},
		} {
			s, err := e.Open(golden.Path("inputs", c.ref))
			if err != nil {
				t.Fatal(err)
			}
			m := gradcamnb.NewModel(s)
			explain := func(in gradcamnb.Tensor, inputs map[string]gradcamnb.Tensor, methods []string,
				classes ...int) []*mapValues {
				choices := []gradcamnb.Choice{gradcamnb.Layers(c.want.Layer), gradcamnb.Class(classes...),
					gradcamnb.Methods(methods...)}
				for name, value := range inputs {
					choices = append(choices, gradcamnb.Input(name, value))
				}
				results, err := m.ExplainTensor(in, choices...)
				if err != nil {
					t.Fatalf("%s: %v", c.ref, err)
				}
				var out []*mapValues
				for _, r := range results {
					o := &mapValues{scores: r.Scores}
					for _, m := range r.Maps {
						o.methods, o.raws = append(o.methods, m.Method), append(o.raws, m.Raw.Values)
					}
					out = append(out, o)
				}
				return out
			}
			methods := []string{"Grad-CAM", "Score-CAM", "Ablation-CAM", "guided backpropagation"}
			both := explain(pictures, c.inputs, methods, c.want.Classes...)
			for i, got := range both {
				if d := relative(got.scores, c.want.Outputs["logits"][i]); !(d < 1e-5) {
					t.Errorf("%s: the logits of picture %d differ from onnxruntime's by %.3g", c.ref, i, d)
				}
				if d := relative(got.raws[0], slices.Concat(c.want.Map[i]...)); !(d < 1e-4) {
					t.Errorf("%s: the map of picture %d differs from torch's by %.3g", c.ref, i, d)
				}
				// Each picture alone, with its own values, gives what the batch gave.
				alone := map[string]gradcamnb.Tensor{}
				for name, v := range c.inputs {
					alone[name] = part(v, i)
				}
				single := explain(part(pictures, i), alone, methods, c.want.Classes[i])[0]
				for k, method := range got.methods { // in the engine's order
					if d := relative(got.raws[k], single.raws[k]); !(d < 1e-4) {
						t.Errorf("%s: %s of picture %d differs by %.3g in the batch and alone", c.ref, method, i, d)
					}
				}
			}
			if c.ref == "twins.onnx#left" { // other values of a float input need no other program
				before := len(s.(*session).programs)
				explain(pictures, map[string]gradcamnb.Tensor{"right": pictures}, methods, c.want.Classes...)
				if after := len(s.(*session).programs); after != before {
					t.Errorf("%s: other pictures beside make %d programs of %d", c.ref, after, before)
				}
			}
			// One value for all pictures.
			first := map[string]gradcamnb.Tensor{}
			for name, v := range c.inputs {
				first[name] = part(v, 0)
			}
			if got := explain(pictures, first, methods[:1], c.want.Classes...); relative(got[0].scores, both[0].scores) > 1e-5 ||
				relative(got[1].scores, both[1].scores) < 1e-3 {
				t.Errorf("%s: the first picture's values for both give %v and %v", c.ref, got[0].scores, got[1].scores)
			}
		}
	})
}

// mapValues is what a result holds, as far as the test compares it.
type mapValues struct {
	scores  []float32
	methods []string // of raws
	raws    [][]float32
}

// The score is the sum of pixel times weight, and the weights are an input: HiResCAM at
// the pixels is pixel times weight. A number of integers multiplies it.
func TestInputsOfGoMLXModelByHand(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		card := source.Card{Name: "weighed", Input: []int{-1, 2, 2, 1},
			Inputs: []source.Input{{Name: "weights", Dims: []int{-1, 4}}, {Name: "times", Type: "int64"}}}
		m, err := source.GoMLXWithInputs(card, model.NewStore(), func(_ *model.Scope, x *Node, in map[string]*Node) []*Node {
			flat := Reshape(MulScalar(x, 1).WithAlias("/map"), x.Shape().Dim(0), 4)
			beside := Reshape(in["weights"], x.Shape().Dim(0), 2, 2, 1).WithAlias("/weights")
			y := ReduceAndKeep(Mul(flat, Reshape(beside, x.Shape().Dim(0), 4)), ReduceSum, -1)
			return []*Node{Mul(y, ConvertDType(in["times"], y.DType()))}
		})
		if err != nil {
			t.Fatal(err)
		}
		own := gradcamnb.NewModel(e.Session(m))
		in := gradcamnb.Tensor{Dims: []int{2, 2, 2, 1}, Values: []float32{1, 2, 3, 4, 5, 6, 7, 8}}
		weights := gradcamnb.Tensor{Dims: []int{2, 4}, Values: []float32{1, 0, 2, -1, 3, 1, 0, 0}}
		r, err := own.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Layers("/map"), gradcamnb.Methods("HiResCAM"),
			gradcamnb.Input("weights", weights), gradcamnb.Input("times", gradcamnb.Numbers(2)))
		if err != nil {
			t.Fatal(err)
		}
		wantMap(t, "the first picture", r[0].Maps[0].Raw.Values, 2, 0, 12, -8)
		wantMap(t, "the second picture", r[1].Maps[0].Raw.Values, 30, 12, 0, 0)
		if got := r[0].Maps[0].Score; got != 2*(1+6-4) {
			t.Errorf("the score is %g, want 6", got)
		}
		_, err = own.ExplainTensor(in, gradcamnb.Class(0), gradcamnb.Layers("/weights"), gradcamnb.Input("weights", weights),
			gradcamnb.Input("times", gradcamnb.Numbers(2)))
		if err == nil || !strings.Contains(err.Error(), "and not on the picture") {
			t.Errorf("a layer of the weights: error %v", err)
		}
	})
}

// What is wrong with an input is said in a sentence that names it.
func TestInputErrors(t *testing.T) {
	e := testEngine(t, "go")
	dims := []int{1, 3, 32, 32}
	picture := gradcamnb.Tensor{Dims: dims, Values: zooPicture(dims)}
	s, err := e.Open(golden.Path("inputs", "about.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m := gradcamnb.NewModel(s)
	right := gradcamnb.Input("about", gradcamnb.Numbers(1, 2, 3, 4))
	for want, choices := range map[string][]gradcamnb.Choice{
		`takes the input "about" (float32, [any 4]) besides the picture, and nothing gives it`: nil,
		`"about" (float32, [any 4]) is given the shape [3]`: {gradcamnb.Input("about",
			gradcamnb.Numbers(1, 2, 3))},
		`given the shape [1 2 2]: it needs 2 axes`: {gradcamnb.Input("about",
			gradcamnb.Tensor{Dims: []int{1, 2, 2}, Values: []float32{1, 2, 3, 4}})},
		`that is 3 values for 1 pictures`: {gradcamnb.Input("about",
			gradcamnb.Tensor{Dims: []int{3, 4}, Values: make([]float32, 12)})},
		`does not hold its 3 values`: {gradcamnb.Input("about",
			gradcamnb.Tensor{Dims: []int{1, 4}, Values: make([]float32, 3)})},
		`has no input "abuot" besides the picture; it has "about"`: {right,
			gradcamnb.Input("abuot", gradcamnb.Numbers(1))},
		`takes whole numbers and is given 0.5`: {right,
			gradcamnb.Input("size", gradcamnb.Numbers(32, 0.5))},
		`"size" (int64, [any 2]) is given a number of 16777216 or near it`: {right,
			gradcamnb.Input("size", gradcamnb.Numbers(32, 1<<24+1))},
		`is given a number of -9.22337204e+18 or near it`: {right,
			gradcamnb.Input("size", gradcamnb.Numbers(32, math.MinInt64))},
	} {
		if _, err := m.ExplainTensor(picture, choices...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := m.ExplainTensor(picture, right, gradcamnb.Input("size", gradcamnb.Numbers(32, 1<<24-1))); err != nil {
		t.Errorf("the largest whole number that is surely exact: %v", err)
	}
	if _, err := m.ExplainTensor(picture, right); err != nil {
		t.Errorf("with the sidecar's size: %v", err)
	}
	of, about := image.NewRGBA(image.Rect(0, 0, 32, 32)), readInputsCase(t, "about")
	two := func(yield func(image.Image, error) bool) {
		if yield(of, nil) {
			yield(of, nil)
		}
	}
	for _, err := range m.ExplainEach(t.Context(), two, 2, gradcamnb.Input("about", rows(about.Inputs["about"])),
		gradcamnb.Prepared(imgio.Prep{Width: 32, Height: 32, Scale: [3]float32{255, 255, 255}})) {
		if err == nil || !strings.HasSuffix(err.Error(),
			"that is 2 values, and the pictures are explained in several batches: give one value for all") {
			t.Errorf("a value for each picture of a batch, of which there may be more: error %v", err)
		}
	}
	if _, err := m.Layers(); err != nil { // of inputs whose shapes are known
		t.Errorf("the layers: %v", err)
	}
	for want, ref := range map[string]string{
		`2 could be the picture; they are "left" (float32, [any 3 32 32]), "right"`: "twins.onnx",
		`no input "middle" that could be the picture; its inputs are "left"`:        "twins.onnx#middle",
		`is no batch of pictures`: "about.onnx#size",
	} {
		if _, err := e.Open(golden.Path("inputs", ref)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", ref, err, want)
		}
	}
	twins, err := e.Open(golden.Path("inputs", "twins.onnx#left"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = gradcamnb.NewModel(twins).ExplainTensor(picture, gradcamnb.Input("right", picture),
		gradcamnb.Layers("/body/body.3_1/Relu_output_0"))
	if err == nil || !strings.Contains(err.Error(), "depends only on another input and not on the picture") {
		t.Errorf("the other twin's layer: error %v", err)
	}
	single := linearModel(t, e)
	if _, err := single.ExplainTensor(gradcamnb.Tensor{Dims: []int{1, 2, 2, 1}, Values: make([]float32, 4)},
		right); err == nil || !strings.Contains(err.Error(), `has no input "about" besides the picture; it has none`) {
		t.Errorf("a model with one input: error %v", err)
	}
}

// A detector that takes what its box is to be multiplied with, as PaddleDetection's do, one
// row a picture, and the picture's size in whole numbers, which it adds: it finds one box
// from the corner, as sure as the picture is bright. Two pictures have 2 * (1, 0.5) + 1 =
// (3, 2) and 2 * (0.5, 1) + 1 = (2, 3). Under a mask the box is the same, so what D-RISE
// hears is the brightness of what is seen: no more than the whole picture's, and less under
// most masks.
func TestDetectorWithSeveralInputs(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		card := source.Card{
			Name: "scaled", Input: []int{-1, 4, 4, 1}, Detector: &detect.Spec{Decoder: "end-to-end",
				Numbers: []byte(`{"classes": 1}`)},
			Inputs: []source.Input{{Name: "scale", Dims: []int{-1, 2}}, {Name: "size", Type: "int64", Dims: []int{2}}},
		}
		m, err := source.GoMLXWithInputs(card, model.NewStore(), func(_ *model.Scope, x *Node, in map[string]*Node) []*Node {
			bright := ExpandAxes(ReduceMean(x, 1, 2, 3), -1) // [batch, 1]
			corner := Add(MulScalar(in["scale"], 2), ExpandAxes(ConvertDType(in["size"], x.DType()), 0))
			none := ZerosLike(corner)
			return []*Node{ExpandAxes(Concatenate([]*Node{none, corner, bright, ZerosLike(bright)}, 1), 1)}
		})
		if err != nil {
			t.Fatal(err)
		}
		own := gradcamnb.NewModel(e.Session(m))
		in := gradcamnb.Tensor{Dims: []int{2, 4, 4, 1}, Values: slices.Repeat([]float32{0.8}, 32)}
		beside := []gradcamnb.Choice{
			gradcamnb.Input("scale", gradcamnb.Tensor{Dims: []int{2, 2}, Values: []float32{1, 0.5, 0.5, 1}}),
			gradcamnb.Input("size", gradcamnb.Numbers(1, 1)),
		}
		boxes := []heatmap.Box{{0, 0, 3, 2}, {0, 0, 2, 3}}
		found, err := own.DetectAll(t.Context(), gradcamnb.Request{Tensor: &in}, beside...)
		if err != nil {
			t.Fatal(err)
		}
		r, err := own.ExplainTensor(in,
			append(beside, gradcamnb.Methods("D-RISE"), gradcamnb.Sampled(gradcamnb.Sampling{Masks: 8, Grid: 2, Batch: 4}))...)
		if err != nil {
			t.Fatal(err)
		}
		for i, box := range boxes {
			if len(found[i]) != 1 || found[i][0].Box != box || !(math.Abs(float64(found[i][0].Score)-0.8) <= 1e-6) {
				t.Errorf("picture %d: found %+v, want one at %v with 0.8", i, found[i], box)
			}
			got := r[i].Maps[0]
			if got.Box != box || !(math.Abs(float64(got.Score)-0.8) <= 1e-6) || len(got.Sampled.Weights) != 8 {
				t.Errorf("picture %d: explained %v with %g, want %v with 0.8", i, got.Box, got.Score, box)
			}
			if w := got.Sampled.Weights; slices.Max(w) > 0.8+1e-6 || slices.Min(w) >= 0.79 {
				t.Errorf("picture %d: under masks it scores %v", i, w)
			}
		}
		if _, err := own.DetectAll(t.Context(), gradcamnb.Request{Tensor: &in}, beside[0]); err == nil ||
			!strings.Contains(err.Error(), `takes the input "size"`) {
			t.Errorf("without the size: %v", err)
		}
	})
}
