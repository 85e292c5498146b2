package engine_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// croppingModel writes a file that takes rows and columns of a picture of 8 x 8, convolves them with the one weight 1,
// and answers with the mean. Rows and columns go from first to end by a step.
func croppingModel(t *testing.T, first, end [2]int64, step int64) string {
	t.Helper()
	return behind(t, "Slice", wholeNumbers("first", first[:]...), wholeNumbers("end", end[:]...),
		wholeNumbers("axes", 2, 3), wholeNumbers("step", step, step))
}

func wholeNumbers(name string, values ...int64) *protos.TensorProto {
	return &protos.TensorProto{Name: name, DataType: int32(protos.TensorProto_INT64), Dims: []int64{int64(len(values))},
		Int64Data: values}
}

// behind writes a file that makes something of a picture of 8 x 8 by an operator with constants, convolves that with
// the one weight 1, and answers with the mean.
func behind(t *testing.T, op string, constants ...*protos.TensorProto) string {
	t.Helper()
	inputs := []string{"image"}
	for _, c := range constants {
		inputs = append(inputs, c.Name)
	}
	node := func(op, out string, in ...string) *protos.NodeProto {
		return &protos.NodeProto{OpType: op, Name: out, Input: in, Output: []string{out}}
	}
	data, err := proto.Marshal(&protos.ModelProto{
		IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}},
		Graph: &protos.GraphProto{
			Name: "g", Input: []*protos.ValueInfoProto{onnxnorm.Declare("image", []int{1, 1, 8, 8})},
			Output: []*protos.ValueInfoProto{onnxnorm.Declare("y", []int{1, 1})},
			Node: []*protos.NodeProto{
				node(op, "part", inputs...), node("Conv", "conv", "part", "weight"),
				node("Relu", "act", "conv"), node("GlobalAveragePool", "mean", "act"), node("Flatten", "y", "mean"),
			},
			Initializer: append(constants, &protos.TensorProto{Name: "weight", DataType: int32(protos.TensorProto_FLOAT),
				Dims: []int64{1, 1, 1, 1}, FloatData: []float32{1}}),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "net.onnx")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// A map of a part that the network cuts from the picture lies on that part, also if the network mirrors it, and the
// rest of the picture has no evidence. By hand: the score is the mean of 16 pixels, so the gradient of each is 1/16,
// and the map is pixel/16. The part are the last 4 rows and the middle 4 columns.
func TestMapOfCutPart(t *testing.T) {
	for name, file := range map[string]string{
		"upright":  croppingModel(t, [2]int64{4, 2}, [2]int64{8, 6}, 1),
		"mirrored": croppingModel(t, [2]int64{7, 5}, [2]int64{3, 1}, -1),
	} {
		t.Run(name, func(t *testing.T) { checkCutPart(t, file) })
	}
}

func checkCutPart(t *testing.T, file string) {
	picture := gradcamnb.Tensor{Dims: []int{1, 1, 8, 8}}
	for i := range 64 {
		picture.Values = append(picture.Values, float32(i+1))
	}
	for _, backend := range []string{"go", "xla:cpu"} {
		e := engine.New(backend)
		if err := e.Start(); err != nil {
			require.Missing(t, "xla", err.Error())
		}
		s, err := e.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		m := gradcamnb.NewModel(s)
		for _, method := range []string{"Grad-CAM", "LayerCAM", "Ablation-CAM"} {
			results, err := m.ExplainTensor(picture, gradcamnb.Methods(method))
			if err != nil {
				t.Fatal(method, err)
			}
			got, largest := results[0].Maps[0], float32(62)
			scale := got.At(5, 7) / largest // for Ablation-CAM the weight of the one channel is 1
			if method != "Ablation-CAM" && !(math.Abs(float64(scale-1./16)) <= 1e-7) || got.Raw.H != 4 || got.Raw.W != 4 {
				t.Errorf("%s on %s: %g of %s cells, want 1/16 of 4 x 4", method, backend, scale, got.Raw.Size())
			}
			for y := range 8 {
				for x := range 8 {
					var want float32
					if y >= 4 && x >= 2 && x < 6 {
						want = scale * picture.Values[8*y+x]
					}
					signed := got.Signed()
					if !(math.Abs(float64(got.At(x, y)-want)) <= 1e-5) || !(math.Abs(float64(signed.At(x, y)-want)) <= 1e-5) {
						t.Fatalf("%s on %s: (%d, %d) has %g and %g, want %g", method, backend, x, y, got.At(x, y), signed.At(x, y), want)
					}
				}
			}
		}
	}
}

// A map of a picture that the network pads goes beyond the picture: what lies in the bars is not drawn, and the rest is
// not stretched over the picture. By hand: of 12 x 8 cells 2 rows are bars above and 2 below, the score is the mean of
// 96 values, and the map is pixel/96.
func TestMapOfPaddedPicture(t *testing.T) {
	picture := gradcamnb.Tensor{Dims: []int{1, 1, 8, 8}}
	for i := range 64 {
		picture.Values = append(picture.Values, float32(i+1))
	}
	file := behind(t, "Pad", wholeNumbers("pads", 0, 0, 2, 0, 0, 0, 2, 0))
	for _, backend := range []string{"go", "xla:cpu"} {
		e := engine.New(backend)
		if err := e.Start(); err != nil {
			require.Missing(t, "xla", err.Error())
		}
		s, err := e.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		m := gradcamnb.NewModel(s)
		results, err := m.ExplainTensor(picture)
		if err != nil {
			t.Fatal(err)
		}
		got := results[0].Maps[0]
		signed := got.Signed()
		for y := range 8 {
			for x := range 8 {
				want := picture.Values[8*y+x] / 96
				if !(math.Abs(float64(got.At(x, y)-want)) <= 1e-6) || !(math.Abs(float64(signed.At(x, y)-want)) <= 1e-6) {
					t.Fatalf("%s: (%d, %d) has %g and %g, want %g", backend, x, y, got.At(x, y), signed.At(x, y), want)
				}
			}
		}
		_, err = m.ExplainTensor(picture, gradcamnb.Methods("Score-CAM"))
		if err == nil || !strings.Contains(err.Error(), "pads the picture") {
			t.Errorf("%s, Score-CAM: %v, want that the model pads the picture", backend, err)
		}
	}
}

// If a map of a part cannot be right it is refused: by a method that spreads the layer over the whole picture, and at a
// layer whose cells lie in another order.
func TestCutPartsThatAreRefused(t *testing.T) {
	picture := gradcamnb.Tensor{Dims: []int{1, 1, 8, 8}, Values: make([]float32, 64)}
	e := engine.New("go")
	for method, file := range map[string]string{
		"Score-CAM": croppingModel(t, [2]int64{4, 2}, [2]int64{8, 6}, 1),
		"FullGrad":  croppingModel(t, [2]int64{4, 2}, [2]int64{8, 6}, 1),
		"AugSmooth": croppingModel(t, [2]int64{4, 2}, [2]int64{8, 6}, 1),
		"Grad-CAM":  inAnotherOrder(t),
	} {
		s, err := e.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		want := "cuts off a part of the picture"
		choices := []gradcamnb.Choice{gradcamnb.Methods(method)}
		if method == "Grad-CAM" {
			want, choices = "do not lie where they lay in the picture", append(choices, gradcamnb.Layers("act"))
		}
		_, err = gradcamnb.NewModel(s).ExplainTensor(picture, choices...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", method, err, want)
		}
	}
}

// inAnotherOrder writes a file that puts the first row of a picture last, with a sidecar that tells the order of the
// axes, which GatherND does not.
func inAnotherOrder(t *testing.T) string {
	t.Helper()
	var rows []int64
	for i := range int64(64) {
		rows = append(rows, 0, 0, (i/8+1)%8, i%8)
	}
	places := wholeNumbers("places", rows...)
	places.Dims = []int64{1, 1, 8, 8, 4}
	file := behind(t, "GatherND", places)
	if err := os.WriteFile(strings.TrimSuffix(file, "onnx")+"json", []byte(`{"layout": "NCHW"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
