package source

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// kink is a case of testdata/ops/kinks.json: a piecewise operator at the places where its
// pieces meet, with torch's value and gradient.
type kink struct {
	Operator, Where, Taken, Torch, Call string

	Attributes map[string]any
	Constants  []struct {
		Dims     []int64
		Values   []float64
		Integers bool
	}
	Opset           int64
	Operands        int
	Shape           []int
	X               []float32
	Value, Gradient []float32
}

func kinks(t *testing.T) (cases []kink, torch string) {
	t.Helper()
	data, err := os.ReadFile(golden.Path("ops", "kinks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Torch string
		Cases []kink
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all.Cases, all.Torch
}

// model returns the case as a file: image -> Identity "x" -> the operator -> y.
func (k kink) model() *protos.ModelProto {
	nodes := []*protos.NodeProto{{OpType: "Identity", Name: "begin", Input: []string{"image"}, Output: []string{"x"}}}
	n := &protos.NodeProto{OpType: k.Operator, Name: "it", Input: []string{"x"}, Output: []string{"y"}}
	if k.Operands == 2 {
		nodes = append(nodes, &protos.NodeProto{OpType: "Split", Name: "halves", Input: []string{"x"},
			Output: []string{"a", "b"}, Attribute: []*protos.AttributeProto{attribute("axis", 3.0)}})
		n.Input = []string{"a", "b"}
	}
	g := &protos.GraphProto{Name: "kink", Input: []*protos.ValueInfoProto{onnxnorm.Declare("image", k.Shape)},
		Output: []*protos.ValueInfoProto{{Name: "y"}}}
	for i, c := range k.Constants {
		p := &protos.TensorProto{Name: fmt.Sprintf("c%d", i), DataType: int32(protos.TensorProto_FLOAT), Dims: c.Dims}
		for _, v := range c.Values {
			if c.Integers {
				p.DataType, p.Int64Data = int32(protos.TensorProto_INT64), append(p.Int64Data, int64(v))
			} else {
				p.FloatData = append(p.FloatData, float32(v))
			}
		}
		n.Input, g.Initializer = append(n.Input, p.Name), append(g.Initializer, p)
	}
	for name, v := range k.Attributes {
		n.Attribute = append(n.Attribute, attribute(name, v))
	}
	if k.Call != "" {
		n.MetadataProps = []*protos.StringStringEntryProto{{Key: "pkg.torch.onnx.fx_node", Value: k.Call}}
	}
	g.Node = slices.Concat(nodes, []*protos.NodeProto{n})
	return &protos.ModelProto{IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: k.Opset}}, Graph: g}
}

// attribute returns a number or a list of whole numbers, as JSON holds them.
func attribute(name string, v any) *protos.AttributeProto {
	if list, ok := v.([]any); ok {
		a := &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INTS}
		for _, v := range list {
			a.Ints = append(a.Ints, int64(v.(float64)))
		}
		return a
	}
	f := v.(float64)
	if slices.Contains([]string{"axis", "keepdims"}, name) {
		return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INT, I: int64(f)}
	}
	return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_FLOAT, F: float32(f)}
}

// At every kink, value and gradient are torch's, on every backend and in both layouts.
func TestKinksAgainstTorch(t *testing.T) {
	cases, _ := kinks(t)
	onBackends(t, func(t *testing.T, b compute.Backend, o onnxnorm.Options) {
		for i, k := range cases {
			t.Run(fmt.Sprintf("%d %s", i, k.Operator), func(t *testing.T) {
				m, err := ONNXWith(golden.Save(t, k.model()), o)
				if err != nil {
					t.Fatal(err)
				}
				e := model.MustNewExec(b, m.Store(), func(scope *model.Scope, x *Node) []*Node {
					built := m.Build(scope, x, []string{"x"}, []string{"y"})
					y := built.Outputs["y"]
					weights := make([]float32, y.Shape().Size())
					for i := range weights {
						weights[i] = float32(i + 1)
					}
					score := ReduceAllSum(Mul(y,
						Const(x.Graph(), tensors.FromFlatDataAndDimensions(weights, y.Shape().Dimensions...))))
					return []*Node{y, built.Cuts[0].Grid(Gradient(score, built.Cuts[0].Node)[0])}
				})
				out := e.MustCall(tensors.FromFlatDataAndDimensions(k.X, k.Shape...))
				near(t, "value", tensors.MustCopyFlatData[float32](out[0]), k.Value)
				last := tensors.MustCopyFlatData[float32](out[1])
				grad, c := make([]float32, len(last)), check{dims: k.Shape}
				for i := range grad {
					grad[i] = last[c.lastIndex(i)]
				}
				near(t, "gradient", grad, k.Gradient)
			})
		}
	})
}

func near(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if len(got) != len(want) || !(math.Abs(float64(got[i]-want[i])) <= 1e-6*max(1, math.Abs(float64(want[i])))) {
			t.Fatalf("%s %v, torch has %v", what, got, want)
		}
	}
}

// docs/kinks.md is made of the cases.
func TestKinksPage(t *testing.T) {
	cases, torch := kinks(t)
	var b strings.Builder
	b.WriteString(`# Kinks and ties

This page lists the derivative that is taken at kinks, where the pieces of an operator meet, and at ties, where values are
equal. It matters: behind a Relu about half of all cells are zero, and another derivative there gives another map. The
derivatives are those of torch ` + torch + `'s autograd, and a test compares them on both backends
(` + "`go test ./gradcamnb/engine/source -run TestKinks -update`" + ` writes this page).

| operator | where | derivative | as torch's |
|---|---|---|---|
`)
	var rows []string
	for _, k := range cases {
		row := fmt.Sprintf("| %s | %s | %s | `%s` |\n", k.Operator, k.Where, k.Taken, k.Torch)
		if !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	b.WriteString(strings.Join(rows, ""))
	b.WriteString(`
Operators that select by an index or a condition (Where, Gather, TopK, Slice, Split, Pad, Resize's nearest) hand their gradient
to what they selected. ArgMax, comparisons, Not, And, Or, Round and casts to integers have no gradient.

An ONNX file may leave two things open:

* torch's older exporter writes ` + "`x.max(1)[0]` and `x.amax(1)`" + ` as the same node. A ReduceMax over one axis is
  read as the first, whose gradient goes to only one of several equal values, as in CBAM. A ReduceMax over several axes,
  and every ReduceMin, is read as the second.
* torch's newer exporter writes ` + "`torch.clamp(x, min=0)` and `torch.maximum`" + ` as a Max. They are told apart by
  the call that the exporter records beside the node. If a tool drops that record (metadata), the derivative at a tie is a
  half and not 0.
`)
	path := filepath.Join("..", "..", "..", "docs", "kinks.md")
	if require.Update() {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != b.String() {
		t.Errorf("docs/kinks.md is not what the cases say (%v); run the test with -update", err)
	}
}
