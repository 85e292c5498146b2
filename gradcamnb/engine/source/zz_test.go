package source

import (
	"fmt"
	"os"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

func TestZZ(t *testing.T) {
	f := os.Getenv("ZZ")
	m, err := ONNX(f)
	if err != nil {
		t.Fatal(err)
	}
	o := m.(*onnxModel)
	size := 64
	in := o.card.Input
	in = append([]int{1}, in[1:]...)
	for i := range in {
		if in[i] < 0 {
			in[i] = size
		}
	}
	if os.Getenv("ZB") != "" {
		in[0] = 2
	}
	g, err := onnxnorm.Normalise(o.proto, in, o.options)
	if err != nil {
		t.Fatal(err)
	}
	ax := o.trace(g, in)
	for _, x := range g.Tensors {
		if !x.Constant {
			fmt.Println(x.Op, x.Name, x.Dims, ax[x.Name], x.Inputs)
		}
	}
}
