package engine_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// A model of GoMLX: a store of variables and a graph function, in which the layers to explain at
// are named. This one scores how bright the left and the right half of the picture are.
func ExampleModel() {
	card := source.Card{Name: "halves", Input: []int{-1, 4, 4, 1}, Labels: []string{"left", "right"}}
	m, err := engine.Model(card, model.NewStore(), func(_ *model.Scope, x *Node) []*Node {
		x = engine.Layer(MulScalar(x, 2), "/seen")
		half := func(from, to int) *Node {
			return ReduceSum(Slice(x, AxisRange(), AxisRange(), AxisRange(from, to)), 1, 2, 3)
		}
		return []*Node{Stack([]*Node{half(0, 2), half(2, 4)}, 1)}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	x := gradcamnb.Tensor{Dims: []int{1, 4, 4, 1}, Values: []float32{
		0, 0, 0, 0,
		0, 1, 3, 0,
		0, 0, 2, 0,
		0, 0, 0, 0,
	}}
	r, err := m.ExplainTensor(x, gradcamnb.Label("right"), gradcamnb.Layers("/seen"), gradcamnb.Methods("HiResCAM"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r[0].Maps[0].Score, r[0].Maps[0].Raw.Values)
	// Output:
	// 10 [0 0 0 0 0 0 6 0 0 0 4 0 0 0 0 0]
}
