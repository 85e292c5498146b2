package gomlxzoo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// prelude declares what docs/gomlx.md assumes: a user's store, trained a little, a picture, a file to write to, and the
// loop and data of a training.
const prelude = `
	store := model.NewStore()
	loop := train.NewLoop(train.NewTrainer(engine.MustBackend(), store, cifar.C10ConvolutionModelGraph,
		loss.SparseCategoricalCrossEntropyLogits, optimizer.Adam().Done(), nil, nil))
	dataset := ones{}
	if _, err := loop.RunSteps(dataset, 1); err != nil {
		panic(err)
	}
	picture := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	file, err := os.Create("card.png")
	if err != nil {
		panic(err)
	}
`

const data = `
// ones are batches of two white pictures.
type ones struct{}

func (ones) Name() string { return "ones" }

func (ones) Iter() iter.Seq2[train.Batch, error] {
	return func(yield func(train.Batch, error) bool) {
		for {
			x := make([]float32, 2*32*32*3)
			for i := range x {
				x[i] = 1
			}
			b := train.Batch{Inputs: []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, 2, 32, 32, 3)},
				Labels: []*tensors.Tensor{tensors.FromFlatDataAndDimensions([]int32{1, 2}, 2, 1)}}
			if !yield(b, nil) {
				return
			}
		}
	}
}
`

// functions are the functions that the table of docs/gomlx.md wraps, in its order.
var functions = []string{
	"var f func(*model.Scope, *graph.Node) *graph.Node",
	"var f train.ModelFn; var spec any",
	"var f func(*model.Scope, *graph.Node) *graph.Node",
}

// The blocks of docs/gomlx.md about GoMLX's own network run as they stand, with 2 steps of training in place of 1000,
// and write a card and a film. The functions of its table, and the block that trains a backbone, compile. The block about hugot is run in examples/hugot.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "gomlx.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 5 || !strings.Contains(blocks[2][1], "hugot") || strings.Count(blocks[4][1], "dataset, 1000") != 1 {
		t.Fatalf("the page has %d blocks, or others", len(blocks))
	}
	if lines := strings.Count(blocks[0][1], "\n"); lines > 5 {
		t.Errorf("from a store to a map takes %d lines, and five are promised", lines)
	}
	explain, prep, watch := blocks[0][1], blocks[1][1], strings.Replace(blocks[4][1], "dataset, 1000", "dataset, 2", 1)
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\t. \"github.com/gomlx/gomlx/core/graph\"\n")
	const module = "github.com/gradcam-go/gradcam/gradcamnb"
	for _, pkg := range []string{"image", "image/png", "iter", "os", "github.com/gomlx/gomlx/core/graph",
		"github.com/gomlx/gomlx/core/tensors", "github.com/gomlx/gomlx/examples/cifar", "github.com/gomlx/gomlx/ml/model",
		"github.com/gomlx/gomlx/ml/train", "github.com/gomlx/gomlx/ml/train/loss", "github.com/gomlx/gomlx/ml/train/optimizer",
		module, module + "/engine", module + "/engine/film", module + "/engine/source", module + "/imgio", module + "/nb",
		module + "/render"} {
		fmt.Fprintf(&b, "\t%q\n", pkg)
	}
	fmt.Fprintf(&b, ")\n%s\nfunc main() {%s%s%s_ = err\n%s}\n", data, prelude, prep, explain,
		strings.Replace(watch, "_, err :=", "_, err =", 1))
	fmt.Fprintf(&b, "\nfunc _(scope *model.Scope) {\nbackbone := scope.In(\"backbone\")\n%s}\n", blocks[3][1])
	given := regexp.MustCompile("(?m)^\\| .* \\| `(func\\(.*)` \\|$").FindAllStringSubmatch(string(page), -1)
	if len(given) != len(functions) {
		t.Fatalf("the table has %d functions", len(given))
	}
	for i, g := range given {
		fmt.Fprintf(&b, "\nfunc _() source.GraphFn {\n%s\nreturn %s\n}\n", functions[i], g[1])
	}
	run(t, b.String())
}

// run builds a program within this module and runs it in a folder of its own, in pure Go.
func run(t *testing.T, program string) {
	t.Helper()
	source, err := os.MkdirTemp(".", "page")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(source) }) // a temporary folder
	if err := os.WriteFile(filepath.Join(source, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "page")
	if out, err := exec.Command("go", "build", "-mod=mod", "-o", binary, "./"+source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := exec.Command(binary)
	c.Dir, c.Env = t.TempDir(), append(os.Environ(), "GOMLX_BACKEND=go")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"card.png", "heatmap-1.png"} { // the film, outside a notebook
		if data, err := os.ReadFile(filepath.Join(c.Dir, name)); err != nil || !strings.HasPrefix(string(data), "\x89PNG") {
			t.Errorf("%s: %v, %d bytes", name, err, len(data))
		}
	}
}
