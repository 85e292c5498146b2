package gomlxzoo

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

func open(t *testing.T, backend string, n Net) *gradcamnb.Model {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: n.Name, Input: n.Input, Untrained: true}, n.Store(), func(scope *model.Scope, x *Node) []*Node {
		return []*Node{n.Fn(scope, x)}
	})
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(engine.New(backend).Session(m))
}

func TestLayers(t *testing.T) {
	for _, n := range Nets() {
		t.Run(n.Name, func(t *testing.T) {
			layers, err := open(t, "go", n).Layers()
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range layers {
				t.Log(l.Name, l.Op, l.Shape, l.Grid, l.Suggested, l.Why)
			}
		})
	}
}
