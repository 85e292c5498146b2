// Package upstream holds those cases of docs/upstream.md that a few lines of Go show, ready to be sent. If a test
// fails, something was mended upstream, and the way around it here may go.
package upstream

import (
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/go-huggingface/hub"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/proto"
)

const mended = "this works now: update docs/upstream.md and take away what goes round it"

// call returns f(x) on the pure-Go backend.
func call(t *testing.T, f func(x *Node) *Node, dims []int, x []float32) ([]float32, error) {
	t.Helper()
	b, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	e, err := NewExec(b, f)
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Call(tensors.FromFlatDataAndDimensions(x, dims...))
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](out[0])
}

// run is call for a function that works.
func run(t *testing.T, f func(x *Node) *Node, dims []int, x []float32) []float32 {
	t.Helper()
	values, err := call(t, f, dims, x)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// builds returns the error of a call with zeros.
func builds(t *testing.T, f func(x *Node) *Node, dims ...int) error {
	t.Helper()
	n := 1
	for _, d := range dims {
		n *= d
	}
	_, err := call(t, f, dims, make([]float32, n))
	return err
}

// gradientError returns how far the gradient of the sum of squares of f is from central differences, as a share of the
// largest of these.
func gradientError(t *testing.T, f func(x *Node) *Node, dims []int) float64 {
	t.Helper()
	n := 1
	for _, d := range dims {
		n *= d
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i*7919%101)/101 - 0.5
	}
	score := func(x *Node) *Node { return ReduceAllSum(Square(f(x))) }
	grad := run(t, func(x *Node) *Node { return Gradient(score(x), x)[0] }, dims, x)
	var worst, scale float64
	const h = 1. / 64
	for i := range x {
		at := x[i]
		x[i] = at + h
		up := run(t, score, dims, x)[0]
		x[i] = at - h
		down := run(t, score, dims, x)[0]
		x[i] = at
		d := float64(up-down) / (2 * h)
		worst, scale = max(worst, math.Abs(d-float64(grad[i]))), max(scale, math.Abs(d))
	}
	return worst / scale
}

func kernel(x *Node, side int) *Node {
	k := make([]float32, side*side)
	for i := range k {
		k[i] = float32(i + 1)
	}
	return Reshape(Const(x.Graph(), k), side, side, 1, 1)
}

// gomlx: the gradient through an If is 0, without a word.
func TestIf(t *testing.T) {
	g := run(t, func(x *Node) *Node {
		positive := GreaterThan(ReduceAllSum(x), ScalarZero(x.Graph(), x.DType()))
		yes := NewClosure(x.Graph(), func(*Graph) []*Node { return []*Node{MulScalar(x, 3)} })
		no := NewClosure(x.Graph(), func(*Graph) []*Node { return []*Node{Neg(x)} })
		return Gradient(ReduceAllSum(If(positive, yes, no)[0]), x)[0]
	}, []int{2}, []float32{1, 2})
	if !slices.Equal(g, []float32{0, 0}) {
		t.Errorf("%v: %s", g, mended)
	}
}

// gomlx: the gradient of a convolution with an even kernel.
func TestEvenKernel(t *testing.T) {
	conv := func(side int) func(x *Node) *Node {
		return func(x *Node) *Node { return Convolve(x, kernel(x, side)).Strides(2).NoPadding().Done() }
	}
	dims := []int{1, 6, 6, 1}
	if odd := gradientError(t, conv(3), dims); !(odd <= 1e-3) {
		t.Errorf("an odd kernel: %g; this is how the check is checked", odd)
	}
	if even := gradientError(t, conv(2), dims); even < 1e-2 {
		t.Errorf("%s (%g)", mended, even)
	}
}

// gomlx: the gradient of Interpolate cannot be built on the pure-Go backend.
func TestInterpolate(t *testing.T) {
	err := builds(t, func(x *Node) *Node {
		up := Interpolate(x, NoInterpolation, 6, 6, NoInterpolation).Bilinear().Done()
		return Gradient(ReduceAllSum(Square(up)), x)[0]
	}, 2, 3, 3, 2)
	if err == nil {
		t.Error(mended)
	}
}

// gomlx: the gradient of max(x, 0) at 0 is 1; torch's Relu has 0 there.
func TestMaxAtZero(t *testing.T) {
	g := run(t, func(x *Node) *Node { return Gradient(ReduceAllSum(Max(x, ZerosLike(x))), x)[0] }, []int{3},
		[]float32{-1, 0, 1})
	if g[0] != 0 || g[1] != 1 || g[2] != 1 {
		t.Errorf("%s (%v)", mended, g)
	}
}

// gomlx: Identity has no gradient.
func TestIdentity(t *testing.T) {
	if err := builds(t, func(x *Node) *Node { return Gradient(ReduceAllSum(Identity(x)), x)[0] }, 3); err == nil {
		t.Error(mended)
	}
}

// gomlx: the gradient of a node that does not feed the score is zeros, without a word.
func TestUnreachable(t *testing.T) {
	g := run(t, func(x *Node) *Node { return Gradient(ReduceAllSum(Square(x)), MulScalar(x, 2))[0] }, []int{2},
		[]float32{3, 4})
	if g[0] != 0 || g[1] != 0 {
		t.Errorf("%s (%v)", mended, g)
	}
}

// gomlx: there is no second derivative of a convolution with strides.
func TestSecondDerivative(t *testing.T) {
	err := builds(t, func(x *Node) *Node {
		conv := Convolve(x, kernel(x, 3)).Strides(2).NoPadding().Done()
		return Gradient(ReduceAllSum(Square(Gradient(ReduceAllSum(Square(conv)), x)[0])), x)[0]
	}, 1, 7, 7, 1)
	if err == nil {
		t.Error(mended)
	}
}

// one returns an ONNX model of one node, x -> y, with x of the given dims and constants for the
// node's other inputs.
func one(t *testing.T, dims []int64, node *protos.NodeProto, constants ...*protos.TensorProto) []byte {
	t.Helper()
	node.Input, node.Output = []string{"x"}, []string{"y"}
	var nodes []*protos.NodeProto
	for _, c := range constants {
		node.Input = append(node.Input, c.Name)
		nodes = append(nodes, &protos.NodeProto{OpType: "Constant", Output: []string{c.Name},
			Attribute: []*protos.AttributeProto{
				{Name: "value", Type: protos.AttributeProto_TENSOR, T: c}}})
	}
	shape := &protos.TensorShapeProto{}
	for _, d := range dims {
		shape.Dim = append(shape.Dim,
			&protos.TensorShapeProto_Dimension{Value: &protos.TensorShapeProto_Dimension_DimValue{DimValue: d}})
	}
	float := &protos.TypeProto{
		Value: &protos.TypeProto_TensorType{TensorType: &protos.TypeProto_Tensor{ElemType: int32(protos.TensorProto_FLOAT),
			Shape: shape}}}
	data, err := proto.Marshal(&protos.ModelProto{
		IrVersion: 9, OpsetImport: []*protos.OperatorSetIdProto{{Version: 20}},
		Graph: &protos.GraphProto{
			Node:   append(nodes, node),
			Input:  []*protos.ValueInfoProto{{Name: "x", Type: float}},
			Output: []*protos.ValueInfoProto{{Name: "y", Type: float}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func int64s(name string, values ...int64) *protos.TensorProto {
	return &protos.TensorProto{Name: name, DataType: int32(protos.TensorProto_INT64), Dims: []int64{int64(len(values))},
		Int64Data: values}
}

// imported returns an ONNX model as onnx-gomlx builds it.
func imported(t *testing.T, data []byte) func(x *Node) *Node {
	t.Helper()
	m, err := parser.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return func(x *Node) *Node { return m.CallGraph(nil, x.Graph(), map[string]*Node{"x": x}, "y")[0] }
}

// onnx-gomlx: a Slice that reverses a vector.
func TestSlice(t *testing.T) {
	f := imported(t, one(t, []int64{3}, &protos.NodeProto{OpType: "Slice"}, int64s("starts", -1),
		int64s("ends", math.MinInt64+1), int64s("axes", 0), int64s("steps", -1)))
	if got := run(t, f, []int{3}, []float32{1, 2, 3}); slices.Equal(got, []float32{3, 2, 1}) {
		t.Error(mended)
	} else {
		t.Log(got)
	}
}

// onnx-gomlx: Gelu by its tanh form, which is 0.841192 at 1, and not 0.841345.
func TestGelu(t *testing.T) {
	f := imported(t, one(t, []int64{1}, &protos.NodeProto{OpType: "Gelu", Attribute: []*protos.AttributeProto{
		{Name: "approximate", Type: protos.AttributeProto_STRING, S: []byte("tanh")}}}))
	if got := run(t, f, []int{1}, []float32{1})[0]; math.Abs(float64(got)-0.841192) < 1e-5 {
		t.Errorf("%s (%v)", mended, got)
	}
}

// onnx-gomlx: MaxPool with dilations of one, as torch's exporters write it.
func TestMaxPool(t *testing.T) {
	ints := func(name string, v ...int64) *protos.AttributeProto {
		return &protos.AttributeProto{Name: name, Type: protos.AttributeProto_INTS, Ints: v}
	}
	f := imported(t, one(t, []int64{1, 1, 4, 4}, &protos.NodeProto{OpType: "MaxPool", Attribute: []*protos.AttributeProto{
		ints("kernel_shape", 2, 2), ints("strides", 2, 2), ints("dilations", 1, 1)}}))
	if err := builds(t, f, 1, 1, 4, 4); err == nil || !strings.Contains(err.Error(), "dilations") {
		t.Errorf("%s (%v)", mended, err)
	}
}

// go-huggingface: a download that breaks off is reported as done.
func TestBrokenDownload(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/api/"):
			_, _ = w.Write([]byte(`{"sha": "0123456789abcdef0123456789abcdef01234567", "siblings": [{"rfilename": "model.onnx"}]}`))
		case r.Method == http.MethodHead:
			w.Header().Set("ETag", `"an-etag"`)
		default:
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(make([]byte, 100))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	defer s.Close()
	repo := hub.New("owner/name").WithEndpoint(s.URL).WithCacheDir(t.TempDir())
	repo.Verbosity = 0
	path, err := repo.DownloadFile("model.onnx")
	if err != nil {
		t.Fatalf("%s (%v)", mended, err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Errorf("the file is there: %s", mended)
	}
}

// Each of 8 x 8 outputs has weights that add up to 1, and each of 4 x 4 inputs the same share of them: 4.
func TestInterpolateGradient(t *testing.T) {
	got := run(t, func(x *Node) *Node {
		return Gradient(ReduceAllSum(Interpolate(x, NoInterpolation, 8, 8, NoInterpolation).Bilinear().Done()), x)[0]
	}, []int{1, 4, 4, 1}, make([]float32, 16))
	if slices.Max(got) < 4.001 && slices.Min(got) > 3.999 {
		t.Error(mended)
	}
}

func TestGroupedLayer(t *testing.T) {
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Finalize()
	exec, err := model.NewExec(b, model.NewStore(), func(scope *model.Scope, x *Node) *Node {
		return layers.Convolution(scope, x).Channels(4).KernelSize(3).ChannelGroupCount(2).Done()
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.Call(tensors.FromFlatDataAndDimensions(make([]float32, 256), 1, 8, 8, 4)); err == nil {
		t.Error(mended)
	}
}
