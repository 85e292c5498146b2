package gradcamnb_test

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// The prediction, explained at the suggested layer.
func Example() {
	model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
	cat := imgio.MustOpen("../testdata/images/cat.png")
	r := model.MustExplain(cat)
	fmt.Printf("%s: %.0f %%\n", r.Top[0].Label, 100*r.Top[0].Probability)
	fmt.Println(r.Maps[0].Method, "at", r.Maps[0].Layer, "of", r.Maps[0].Raw.W, "x", r.Maps[0].Raw.H, "cells")
	// Output:
	// Egyptian cat: 39 %
	// Grad-CAM at _swish (hardtanh_32) of 7 x 7 cells
}

// Two classes at two layers are four maps of one forward pass.
func ExampleModel_Explain() {
	model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
	cat := imgio.MustOpen("../testdata/images/cat.png")
	r, err := model.Explain(cat, gradcamnb.Class(285), gradcamnb.Class(282), gradcamnb.Layers("_blocks.10", "_blocks.14"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range r.Maps {
		fmt.Println(m.Class, m.Layer)
	}
	// Output:
	// Egyptian cat _blocks.10 (add_5)
	// Egyptian cat _blocks.14 (add_8)
	// tiger cat _blocks.10 (add_5)
	// tiger cat _blocks.14 (add_8)
}

// Errors name what was wrong and what there is.
func ExampleLayers() {
	model := gradcamnb.MustOpen("../testdata/models/resnet-basic.dyn.onnx")
	x := gradcamnb.Tensor{Dims: []int{1, 3, 64, 64}, Values: make([]float32, 3*64*64)}
	_, err := model.ExplainTensor(x, gradcamnb.Layers("layer4"))
	fmt.Println(err)
	// Output:
	// the model has no layer "layer4"; the nearest names are "layer1", "layer2", "layer3", "layer1.0", "layer1.1"; the suggested layer is "layer3.1.relu2"; nb.ShowLayers(net) lists all
}
