package engine

import (
	"math"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A Softmax at the end of a file changes nothing: the score is the logit before it, 9.127, and the probability is that
// of one softmax, 0.4028. So the insertion of Grad-CAM at the last layer is 0.495 and the deletion 0.402, in 8 steps,
// as a review measured them of the file of logits. When they were measured on the softmax of the softmax, which is
// about 1/1000 for each of 1000 classes, they were 0.0015 and 0.0014.
func TestSoftmaxAtTheEnd(t *testing.T) {
	proto := golden.Model(t, "efficientnet-lite0.onnx")
	out := proto.Graph.Output[0]
	proto.Graph.Node = append(proto.Graph.Node, &protos.NodeProto{OpType: "Softmax", Name: "softmax",
		Input: []string{out.Name}, Output: []string{"probabilities"}})
	out.Name = "probabilities"
	file := golden.Save(t, proto)
	onBackends(t, func(t *testing.T, e *Engine) {
		in, err := gradcamnb.NewModel(open(t, e, "efficientnet-lite0.onnx")).Prepare(
			imgio.MustOpen(golden.Path("images", "cat_224.png")))
		if err != nil {
			t.Fatal(err)
		}
		results, err := gradcamnb.NewModel(openFile(t, e, file)).ExplainTensor(in, gradcamnb.Layers("_swish"),
			gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{"insertion", "deletion"}}))
		if err != nil {
			t.Fatal(err)
		}
		m := results[0].Maps[0]
		for _, c := range []struct {
			what            string
			got, want, most float64
		}{
			{"score", float64(m.Score), 9.127, 5e-4},
			{"probability", float64(m.Probability), 0.4028, 5e-5},
			{"insertion", m.Metrics["insertion"], 0.4952, 5e-5},
			{"deletion", m.Metrics["deletion"], 0.4020, 5e-5},
		} {
			if !(math.Abs(c.got-c.want) <= c.most) {
				t.Errorf("the %s is %.5f, want %g", c.what, c.got, c.want)
			}
		}
		if m.ScoreUnit != "logits" || m.Index != 285 {
			t.Errorf("the score is of class %d, in %q", m.Index, m.ScoreUnit)
		}
	})
}
