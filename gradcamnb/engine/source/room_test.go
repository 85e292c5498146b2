package source

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// A node whose inputs and output need more than the memory is refused; one that needs exactly that much is not.
func TestRoom(t *testing.T) {
	g := &onnxnorm.Graph{Tensors: []onnxnorm.Tensor{
		{Name: "k", Op: "Constant", Dims: []int{1 << 20}, Constant: true},
		{Name: "a", Op: "Conv", Node: "first", Dims: []int{1, 10, 10}, Inputs: []string{"x"}},         // 400 bytes
		{Name: "b", Op: "Resize", Node: "second", Dims: []int{1, 20, 20}, Inputs: []string{"a", "k"}}, // 1,600 and 400
		{Name: "c", Op: "Relu", Node: "third", Dims: []int{1, 5, 5}, Inputs: []string{"b"}},           // 100 and 1,600
	}}
	if err := roomFor(g, 2000); err != nil {
		t.Error(err)
	}
	if err := roomFor(g, 0); err != nil { // not known
		t.Error(err)
	}
	if err := roomFor(g, 1999); err == nil || !strings.Contains(err.Error(), `Resize computes "b", [1 20 20]`) ||
		!strings.Contains(err.Error(), "fewer at once") {
		t.Errorf("error %v", err)
	}
	g.Tensors[1].Dims = []int{1 << 31, 1 << 31} // times 4 bytes is 2^64, which is 0 in 64 bits
	if err := roomFor(g, 1<<40); err == nil || !strings.Contains(err.Error(), `computes "a"`) {
		t.Errorf("of an overflow, error %v", err)
	}
}
