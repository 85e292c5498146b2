package source

import (
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/onnx-gomlx/onnx/parser"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// BenchmarkStraight explains EfficientNet-Lite0, or the file of GRADCAM_BENCH_MODEL, on the
// pure-Go backend by turns as this package builds it and as onnx-gomlx alone does: Grad-CAM
// of the best class at the suggested layer. Both maps must agree.
//
//	go test ./gradcamnb/engine/source -run - -bench Straight -benchtime 7x
func BenchmarkStraight(b *testing.B) {
	path := golden.Path("models", "efficientnet-lite0.onnx")
	if p := os.Getenv("GRADCAM_BENCH_MODEL"); p != "" {
		path = p
	}
	backend, err := compute.NewWithConfig("go:ops_sequential")
	if err != nil {
		b.Fatal(err)
	}
	dims := []int{1, 3, 224, 224}
	m, err := ONNX(path)
	if err != nil {
		b.Fatal(err)
	}
	layers, err := m.Layers(b.Context(), dims, "")
	if err != nil {
		b.Fatal(err)
	}
	layer, err := SuggestedLayer(layers)
	if err != nil {
		b.Fatal(err)
	}
	output := m.Card().Outputs[0]
	ours, err := model.NewExec(backend, m.Store(), func(scope *model.Scope, x *Node) *Node {
		built := m.Build(scope, x, []string{layer.Name}, []string{output})
		cut := built.Cuts[0]
		return gradCAM(cut.Grid(cut.Node), cut.Grid(slope(built.Outputs[output], cut.Node)))
	})
	if err != nil {
		b.Fatal(err)
	}
	straight, err := straightExec(backend, path, layer.Name, output)
	if err != nil {
		b.Fatal(err)
	}
	x := picture(dims)
	run := func(e *model.Exec) ([]float32, time.Duration) {
		start := time.Now()
		out, err := e.Call1(tensors.FromFlatDataAndDimensions(x, dims...))
		if err != nil {
			b.Fatal(err)
		}
		values, err := tensors.CopyFlatData[float32](out)
		if err != nil {
			b.Fatal(err)
		}
		return values, time.Since(start)
	}
	got, _ := run(ours) // which also prepares the program
	want, _ := run(straight)
	top := slices.Max(want)
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) <= 1e-4*float64(top)) {
			b.Fatalf("cell %d is %g and %g in the straight import", i, got[i], want[i])
		}
	}
	var here, there []float64
	for b.Loop() {
		_, took := run(ours)
		here = append(here, took.Seconds()*1e3)
		_, took = run(straight)
		there = append(there, took.Seconds()*1e3)
	}
	slices.Sort(here)
	slices.Sort(there)
	a, c := here[len(here)/2], there[len(there)/2]
	b.ReportMetric(a, "ms-here")
	b.ReportMetric(c, "ms-straight")
	b.ReportMetric(c/a, "times")
}

// straightExec returns Grad-CAM by onnx-gomlx alone, without our rewriting.
func straightExec(backend compute.Backend, path, layer, output string) (*model.Exec, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	imported, err := parser.Parse(data)
	if err != nil {
		return nil, err
	}
	store := model.NewStore()
	if err := imported.VariablesToScope(store.RootScope()); err != nil {
		return nil, err
	}
	inputs, _ := imported.Inputs()
	return model.NewExec(backend, store, func(scope *model.Scope, x *Node) *Node {
		out := imported.CallGraph(scope, x.Graph(), map[string]*Node{inputs[0]: x}, output, layer)
		channelsLast := func(n *Node) *Node { return TransposeAllDims(n, 0, 2, 3, 1) }
		return gradCAM(channelsLast(out[1]), channelsLast(slope(out[0], out[1])))
	})
}

// slope returns the gradient of the best class at a layer.
func slope(scores, layer *Node) *Node { return Gradient(ReduceAllMax(scores), layer)[0] }

// gradCAM is relu(sum over k of mean(grad_k) act_k), of [1, h, w, channels].
func gradCAM(act, grad *Node) *Node {
	weights := ReduceAndKeep(grad, ReduceMean, 1, 2)
	sum := ReduceSum(Mul(act, weights), -1)
	return Max(sum, ZerosLike(sum))
}
