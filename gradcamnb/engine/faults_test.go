package engine

import (
	"context"
	"errors"
	"image"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// What a program can act on is told by errors.Is, through everything that the errors went through.
func TestErrorsCanBeTold(t *testing.T) {
	e := testEngine(t, "go")
	m, in := gradcamnb.NewModel(open(t, e, "resnet-basic.dyn.onnx")), *tiny(t, "resnet-basic")
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	ask := func(c ...gradcamnb.Choice) error {
		_, err := m.ExplainTensor(in, c...)
		return err
	}
	for name, c := range map[string]struct{ err, want error }{
		"layer":  {ask(gradcamnb.Layers("layer9")), gradcamnb.ErrUnknownLayer},
		"method": {ask(gradcamnb.Methods("voodoo")), gradcamnb.ErrUnknownMethod},
		"metric": {ask(gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{"voodoo"}})),
			gradcamnb.ErrUnknownName},
		"baseline": {ask(gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{"insertion"}, Baseline: "grey"})),
			gradcamnb.ErrUnknownName},
		"design": {ask(gradcamnb.Methods("RISE"), gradcamnb.Sampled(gradcamnb.Sampling{Design: "voodoo"})),
			gradcamnb.ErrUnknownName},
		"decoder":       {ask(gradcamnb.Detection(1), gradcamnb.Read(gradcamnb.Reading{Decoder: "voodoo"})), gradcamnb.ErrUnknownName},
		"class":         {ask(gradcamnb.Class(10)), gradcamnb.ErrNoClass},
		"label":         {ask(gradcamnb.Label("cat")), gradcamnb.ErrNoClass},
		"preprocessing": {second(m.Explain(picture)), gradcamnb.ErrNoPreprocessing},
		"prepare":       {second(m.Prepare(picture)), gradcamnb.ErrNoPreprocessing},
		"backend":       {New("tpu").Start(), gradcamnb.ErrNoBackend},
		"plugin":        {New("xla:/no/such/plugin.so").Start(), gradcamnb.ErrNoBackend},
		"cancelled":     {second(m.Run(ended, gradcamnb.Request{Tensor: &in})), context.Canceled},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v is no %q", name, c.err, c.want)
		}
		for _, other := range []error{gradcamnb.ErrUnknownLayer, gradcamnb.ErrNoClass, gradcamnb.ErrNoBackend,
			gradcamnb.ErrUnsupported} {
			if !errors.Is(c.want, other) && errors.Is(c.err, other) {
				t.Errorf("%s: %v is %q, too", name, c.err, other)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The errors of a GoMLX model can be told, too: by their kinds, and a mistake in the graph function by its line, also
// if it is of a kind.
func TestErrorsOfGoMLXModelsCanBeTold(t *testing.T) {
	in := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: make([]float32, 16)}
	m := gomlxModel(t, testEngine(t, "go"), source.Card{Name: "mine", Input: []int{-1, 4, 4, 1}}, func(x *Node) []*Node {
		sorted := Sort(MulScalar(x, 2).WithAlias("/map"), 1, true)
		return []*Node{Concatenate([]*Node{ReduceMean(x, 1, 2), ReduceMax(sorted, 1, 2)}, 1)}
	})
	ask := func(c ...gradcamnb.Choice) error {
		_, err := m.ExplainTensor(in, c...)
		return err
	}
	for name, c := range map[string]struct {
		err, want error
		line      bool
	}{
		"layer":         {ask(gradcamnb.Layers("layer9")), gradcamnb.ErrUnknownLayer, false},
		"method":        {ask(gradcamnb.Methods("voodoo")), gradcamnb.ErrUnknownMethod, false},
		"class":         {ask(gradcamnb.Class(2)), gradcamnb.ErrNoClass, false},
		"label":         {ask(gradcamnb.Label("cat")), gradcamnb.ErrNoClass, false},
		"preprocessing": {second(m.Explain(image.NewNRGBA(image.Rect(0, 0, 4, 4)))), gradcamnb.ErrNoPreprocessing, false},
		"gradient":      {ask(gradcamnb.Class(1), gradcamnb.Layers("/map")), gradcamnb.ErrUnsupported, true},
	} {
		var f *gradcamnb.FunctionError
		if !errors.Is(c.err, c.want) || errors.As(c.err, &f) != c.line {
			t.Errorf("%s: %v is no %q, or a line is told: %t", name, c.err, c.want, f != nil)
		}
	}
}
