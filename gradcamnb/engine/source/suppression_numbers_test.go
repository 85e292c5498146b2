package source

import (
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
)

// The numbers of a file's own suppression are those of its first comparison and of NonMaxSuppression or, without that,
// of its next comparison. Classes suppress each other if no ArgMax reaches the boxes that are compared.
func TestTakeSuppression(t *testing.T) {
	number := func(name string, v float32) *protos.TensorProto {
		return &protos.TensorProto{Name: name, DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{v}}
	}
	node := func(op, out string, in ...string) *protos.NodeProto {
		return &protos.NodeProto{OpType: op, Input: in, Output: []string{out}}
	}
	pick := []*protos.NodeProto{node("Greater", "early", "stem", "iou"), node("Identity", "all", "stem"),
		node("ReduceMax", "best", "all"), node("ArgMax", "class", "all"), node("Greater", "sure", "best", "score")}
	then := func(nodes ...*protos.NodeProto) []*protos.NodeProto { return slices.Concat(pick, nodes) }
	apart := then(node("Add", "moved", "all", "class"),
		node("NonMaxSuppression", "kept", "moved", "best", "most", "iou"))
	across := then(node("NonMaxSuppression", "kept", "all", "best", "most", "iou"))
	turned := then(node("Sub", "moved", "all", "class"), node("Greater", "kept", "moved", "iou"),
		node("LessOrEqual", "zero", "kept", "nothing"))
	for name, c := range map[string]struct {
		nodes []*protos.NodeProto
		usual float64
		most  int64
		want  detect.Spec
		words string
	}{
		"apart":         {apart, 0.25, 20, detect.Spec{Threshold: 0.5, NMS: 0.375, Most: 20}, "scores above 0.5, an IoU of 0.375, at most 20 boxes"},
		"across":        {across, 0.25, 0, detect.Spec{Threshold: 0.5, NMS: 0.375, AcrossClasses: true}, "scores above 0.5, an IoU of 0.375, across classes"},
		"turned":        {turned, 0.25, 0, detect.Spec{Threshold: 0.5, NMS: 0.375}, "scores above 0.5, an IoU of 0.375"},
		"usually above": {apart, 0.75, 0, detect.Spec{Threshold: 0.75, NMS: 0.375}, "an IoU of 0.375"},
		"a choice":      {[]*protos.NodeProto{node("TopK", "kept", "all")}, 0.25, 0, detect.Spec{Threshold: 0.25, NMS: 0.7}, ""},
	} {
		dim := func(n int64) *protos.TensorShapeProto_Dimension {
			return &protos.TensorShapeProto_Dimension{Value: &protos.TensorShapeProto_Dimension_DimValue{DimValue: n}}
		}
		shape := &protos.TensorShapeProto{Dim: []*protos.TensorShapeProto_Dimension{dim(1), dim(c.most), dim(6)}}
		if c.most == 0 {
			shape.Dim[1] = &protos.TensorShapeProto_Dimension{}
		}
		m := &onnxModel{proto: &protos.ModelProto{Graph: &protos.GraphProto{Node: c.nodes,
			Initializer: []*protos.TensorProto{number("score", 0.5), number("iou", 0.375), number("nothing", 0),
				number("most", 99)},
			Output: []*protos.ValueInfoProto{{Name: "out", Type: &protos.TypeProto{Value: &protos.TypeProto_TensorType{
				TensorType: &protos.TypeProto_Tensor{ElemType: int32(protos.TensorProto_FLOAT), Shape: shape}}}}}}}}
		spec := detect.Spec{Threshold: c.usual, NMS: 0.7}
		words := m.takeSuppression("all", &spec)
		if spec.Threshold != c.want.Threshold || spec.NMS != c.want.NMS || spec.Most != c.want.Most ||
			spec.AcrossClasses != c.want.AcrossClasses || words != c.words {
			t.Errorf("%s: %+v, %q, want %+v, %q", name, spec, words, c.want, c.words)
		}
	}
}
