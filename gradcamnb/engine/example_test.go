package engine_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Why is the network sure that it is a cat, whichever: the log of the probability that
// the five classes of domestic cats have together.
func ExampleTarget() {
	cats := engine.Target("a cat", "log probability", func(out []*Node) *Node {
		classes := Slice(LogSoftmax(out[0]), AxisRange(), AxisRange(281, 286)) // [batch, 5]
		return Log(ReduceSum(Exp(classes), 1))                                 // [batch]
	})
	model := engine.MustOpen("../../testdata/models/efficientnet-lite0.onnx")
	r := model.MustExplain(imgio.MustOpen("../../testdata/images/cat.png"), cats, gradcamnb.Methods("LayerCAM"))
	fmt.Printf("%s: %.2f %s\n", r.Maps[0].Target, r.Maps[0].Score, r.Maps[0].ScoreUnit)
	fmt.Println("of the best class alone:", r.Top[0].Label, r.Top[0].Index)
	// Output:
	// a cat: -0.12 log probability
	// of the best class alone: Egyptian cat 285
}
