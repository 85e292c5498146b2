package cam_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"

	_ "github.com/gradcam-go/gradcam/gradcamnb/engine" // does the computing
)

// sensitivity sums the magnitude of the gradient over the channels of a layer.
var sensitivity = cam.Register(cam.Method{
	Name:      "Sensitivity",
	Paper:     "Simonyan, Vedaldi and Zisserman 2013, arXiv:1312.6034, of a layer instead of the picture",
	Formula:   "SUM_k |dS/dA_k|",
	Passes:    "1 forward, 1 backward down to the layer",
	Use:       "to see which cells would move the score if they changed",
	Unit:      "logits per unit of activation",
	Procedure: cam.Terms(func(_, grad *Node) *Node { return Abs(grad) }),
})

// A method of your own is a graph function of activations and gradient. It can be combined with other methods.
func ExampleRegister() {
	model := gradcamnb.MustOpen("../../../testdata/models/resnet-basic.dyn.onnx")
	x := gradcamnb.Tensor{Dims: []int{1, 3, 64, 64}, Values: make([]float32, 3*64*64)}
	results, err := model.ExplainTensor(x, gradcamnb.Class(1), gradcamnb.Layers("layer3"),
		gradcamnb.Methods(sensitivity.Name, "SESS(sensitivity)"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range results[0].Maps {
		lowest, _, _ := m.Raw.Range()
		fmt.Printf("%s, unit: %s, nowhere below 0: %t\n", m.Method, m.Unit, lowest >= 0)
	}
	// Output:
	// Sensitivity, unit: logits per unit of activation, nowhere below 0: true
	// SESS(Sensitivity), unit: relative, nowhere below 0: true
}
