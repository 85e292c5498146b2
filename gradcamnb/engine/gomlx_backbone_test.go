package engine

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A GoMLX head on a backbone from an ONNX file: the file's layer comes as [batch, h, w,
// channels], whatever the file's order, and is explained through the head.
func TestHeadOnAFilesBackbone(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		backbone, err := source.ONNX(golden.Path("models", "resnet-basic.dyn.onnx"))
		if err != nil {
			t.Fatal(err)
		}
		card := source.Card{Name: "head", Input: []int{-1, 3, 64, 64}, Layout: imgio.ChannelsFirst, Untrained: true}
		all, err := backbone.Layers(t.Context(), []int{1, 3, 64, 64}, "")
		if err != nil {
			t.Fatal(err)
		}
		last, err := source.SuggestedLayer(all)
		if err != nil {
			t.Fatal(err)
		}
		m, err := source.GoMLX(card, model.NewStore(), func(scope *model.Scope, x *Node) []*Node {
			cut := backbone.Build(scope.In("backbone"), x, []string{last.Name}, nil).Cuts[0]
			features := Layer(cut.Grid(cut.Node), "/features")
			return []*Node{layers.Dense(scope.In("head"), ReduceMean(features, 1, 2), true, 4)}
		})
		if err != nil {
			t.Fatal(err)
		}
		in := tiny(t, "resnet-basic")
		one := gradcamnb.Tensor{Dims: []int{1, 3, 64, 64}, Values: in.Values[:3*64*64]}
		r, err := gradcamnb.NewModel(e.Session(m)).ExplainTensor(one, gradcamnb.Class(1), gradcamnb.Layers("/features"))
		if err != nil {
			t.Fatal(err)
		}
		if raw := r[0].Maps[0].Raw; raw.H != last.Grid[0] || raw.W != last.Grid[1] {
			t.Errorf("the map is %d x %d, want %v", raw.H, raw.W, last.Grid)
		}
	})
}
