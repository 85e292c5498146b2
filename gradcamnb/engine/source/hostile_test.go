package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// hostile are files that ask for much more than they hold: each is made here, and is no larger
// than 1 MB.
var hostile = map[string]func() *protos.ModelProto{
	"a constant of 2^30 whole numbers": func() *protos.ModelProto {
		return hostileGraph([]*protos.NodeProto{
			hostileNode("Expand", "one", "size"), hostileNode("Cast", "t0"), hostileNode("Add", "x", "t1"),
		}, initializer("one", true, []int64{1}, 7), initializer("size", true, []int64{1}, 1<<30))
	},
	"a thousand constants of 10^6": func() *protos.ModelProto {
		nodes := make([]*protos.NodeProto, 1000)
		for i := range nodes {
			nodes[i] = hostileNode("Expand", "one", "size")
		}
		return hostileGraph(nodes, initializer("one", true, []int64{1}, 7), initializer("size", true, []int64{1}, 1e6))
	},
	"numbers of 16,000 in a chain": func() *protos.ModelProto {
		return chained("Mul", 15000, initializer("first", false, []int64{1, 16000}, slices.Repeat([]float64{1}, 16000)...))
	},
	"reshapes of a constant": func() *protos.ModelProto {
		nodes := make([]*protos.NodeProto, 15000)
		for i := range nodes {
			nodes[i] = hostileNode("Reshape", before(i, "large"), []string{"flat", "square"}[i%2])
		}
		return hostileGraph(nodes, initializer("large", false, []int64{200, 200}, make([]float64, 40000)...), initializer("flat", true, []int64{1}, 40000), initializer("square", true, []int64{2}, 200, 200))
	},
	"transposes of a constant": func() *protos.ModelProto {
		return chained("Transpose", 15000, initializer("first", false, []int64{200, 200}, make([]float64, 40000)...))
	},
	"whole numbers and numbers in turn": func() *protos.ModelProto {
		nodes := make([]*protos.NodeProto, 0, 16000)
		for i := range 5000 {
			nodes = append(nodes, hostileNode("Ceil", before(3*i, "half")), casts(3*i, protos.TensorProto_INT64), casts(3*i+1, protos.TensorProto_FLOAT))
		}
		return hostileGraph(nodes, initializer("half", false, []int64{1}, 0.5))
	},
	"doubling a sum": func() *protos.ModelProto {
		nodes := []*protos.NodeProto{hostileNode("ConstantOfShape", "size")}
		for i := range 15000 {
			nodes = append(nodes, hostileNode("Add", before(i+1, ""), before(i+1, "")))
		}
		return hostileGraph(append(nodes, hostileNode("ReduceMax", before(15001, "")), casts(15001, protos.TensorProto_INT64)), initializer("size", true, []int64{1}, 1<<20))
	},
	"doubling a constant": func() *protos.ModelProto {
		nodes := make([]*protos.NodeProto, 30)
		for i := range nodes {
			nodes[i] = hostileNode("Concat", before(i, "first"), before(i, "first"))
			nodes[i].Attribute = []*protos.AttributeProto{wholeAttribute("axis", 0)}
		}
		return hostileGraph(nodes, initializer("first", true, []int64{2}, 1, 2))
	},
	"the largest of 2^31": func() *protos.ModelProto {
		return hostileGraph([]*protos.NodeProto{hostileNode("ConstantOfShape", "size"), hostileNode("ReduceMax", "t0"), casts(1, protos.TensorProto_INT64), hostileNode("Add", "x", "t2")},
			initializer("size", true, []int64{2}, 1<<15, 1<<16))
	},
	"tensors of rank 100,000": func() *protos.ModelProto {
		axes := make([]float64, 100000)
		for i := range axes {
			axes[i] = float64(i)
		}
		return hostileGraph([]*protos.NodeProto{hostileNode("Unsqueeze", "x", "axes")}, initializer("axes", true, []int64{100000}, axes...))
	},
	"a name of 250,000 modules": func() *protos.ModelProto {
		n := hostileNode("Relu", "x")
		n.Name = strings.Repeat("/a", 250000) + "/Relu"
		return hostileGraph([]*protos.NodeProto{n})
	},
	"names of 250 modules": func() *protos.ModelProto {
		m := chained("Relu", 1500, nil)
		for _, n := range m.Graph.Node {
			n.Name = strings.Repeat("/a", 250) + "/Relu"
		}
		return m
	},
	"25,000 activations":         func() *protos.ModelProto { return chained("Relu", 25000, nil) },
	"25,000 in reverse order":    func() *protos.ModelProto { m := chained("Relu", 25000, nil); slices.Reverse(m.Graph.Node); return m },
	"25,000 sums before softmax": sumsBeforeSoftmax,
	"pools of 1000 x 1000": func() *protos.ModelProto {
		return hostileGraph([]*protos.NodeProto{pool("MaxPool"), hostileNode("Relu", "t0")})
	},
	"mean pools of 1000 x 1000": func() *protos.ModelProto {
		return hostileGraph([]*protos.NodeProto{pool("AveragePool"), hostileNode("Relu", "t0")})
	},
	"a resize to 2^14 x 2^15": func() *protos.ModelProto {
		return hostileGraph([]*protos.NodeProto{hostileNode("Resize", "x", "", "", "size"), hostileNode("Relu", "t0")}, initializer("size", true, []int64{4}, 1, 3, 1<<14, 1<<15))
	},
	"resizes to many sizes": func() *protos.ModelProto {
		var nodes []*protos.NodeProto
		var sizes []*protos.TensorProto
		for i := range 500 {
			name := fmt.Sprint("s", i)
			sizes = append(sizes, initializer(name, true, []int64{4}, 1, 3, float64(8000+i), float64(9000+i)))
			nodes = append(nodes, hostileNode("Resize", "x", "", "", name))
		}
		return hostileGraph(nodes, sizes...)
	},
	"30,000 initializers": func() *protos.ModelProto {
		var all []*protos.TensorProto
		for i := range 30000 {
			all = append(all, initializer(fmt.Sprint("i", i), false, []int64{1}, 1))
		}
		return hostileGraph([]*protos.NodeProto{hostileNode("Relu", "x")}, all...)
	},
}

// hostileNode is a node whose output the graph names t0, t1, ...
func hostileNode(op string, in ...string) *protos.NodeProto {
	return &protos.NodeProto{OpType: op, Input: in}
}

func casts(i int, to protos.TensorProto_DataType) *protos.NodeProto {
	n := hostileNode("Cast", fmt.Sprint("t", i))
	n.Attribute = []*protos.AttributeProto{wholeAttribute("to", int(to))}
	return n
}

func pool(op string) *protos.NodeProto {
	n := hostileNode(op, "x")
	n.Attribute = []*protos.AttributeProto{
		{Name: "kernel_shape", Type: protos.AttributeProto_INTS, Ints: []int64{1000, 1000}},
		{Name: "pads", Type: protos.AttributeProto_INTS, Ints: []int64{990, 990, 990, 990}},
	}
	return n
}

// before is what node i reads of the one before it, or the first.
func before(i int, first string) string {
	if i == 0 {
		return first
	}
	return fmt.Sprint("t", i-1)
}

// chained is n operators one after another, of a constant or, without one, of the picture.
func chained(op string, n int, first *protos.TensorProto) *protos.ModelProto {
	name, weights := "x", []*protos.TensorProto(nil)
	if first != nil {
		name, weights = first.Name, []*protos.TensorProto{first}
	}
	nodes := make([]*protos.NodeProto, n)
	for i := range nodes {
		nodes[i] = hostileNode(op, before(i, name))
		if op == "Mul" {
			nodes[i].Input = append(nodes[i].Input, before(i, name))
		}
	}
	return hostileGraph(nodes, weights...)
}

func sumsBeforeSoftmax() *protos.ModelProto {
	nodes := []*protos.NodeProto{hostileNode("Reshape", "x", "shape")}
	for i := range 25000 {
		nodes = append(nodes, hostileNode("Add", before(i+1, ""), before(i+1, "")))
	}
	return hostileGraph(append(nodes, hostileNode("Softmax", before(len(nodes), ""))), initializer("shape", true, []int64{3}, 1, 32, 96))
}

func hostileGraph(nodes []*protos.NodeProto, weights ...*protos.TensorProto) *protos.ModelProto {
	for i, n := range nodes {
		n.Output = []string{fmt.Sprint("t", i)}
	}
	return &protos.ModelProto{IrVersion: 8, OpsetImport: []*protos.OperatorSetIdProto{{Version: 17}}, Graph: &protos.GraphProto{
		Name: "hostile", Node: nodes, Initializer: weights,
		Input: []*protos.ValueInfoProto{onnxnorm.Declare("x", []int{1, 3, 32, 32})}, Output: []*protos.ValueInfoProto{{Name: fmt.Sprint("t", len(nodes)-1)}},
	}}
}

const hostileEnv = "GRADCAMNB_TEST_HOSTILE_FILE"

// The layers of each hostile file are listed, or refused with a sentence, within 5 s of the
// processor and 500 MB.
func TestHostileFiles(t *testing.T) {
	if file := os.Getenv(hostileEnv); file != "" {
		m, err := ONNXWith(file, onnxnorm.Options{})
		if err == nil {
			_, err = m.Layers([]int{1, 3, 32, 32}, "")
		}
		fmt.Println("error:", err)
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("reads a process's memory as Linux gives it")
	}
	for name, made := range hostile {
		t.Run(name, func(t *testing.T) {
			data, err := proto.Marshal(made())
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > 1<<20 {
				t.Errorf("the file has %d bytes", len(data))
			}
			file := filepath.Join(t.TempDir(), "hostile.onnx")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
			defer stop()
			c := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHostileFiles$")
			c.Cancel = func() error { return c.Process.Signal(syscall.SIGQUIT) } // which tells where it is
			c.Env = append(os.Environ(), hostileEnv+"="+file)
			out, err := c.CombinedOutput()
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) || !strings.Contains(string(out), "error:") {
				t.Fatalf("%v\n%.2000s", err, out)
			}
			spent := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
			memory := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
			line, _, _ := strings.Cut(string(out), "\n")
			t.Logf("%d bytes: %.1f s, %d MB, %.200s", len(data), spent.Seconds(), memory, line)
			if spent > 5*time.Second || memory > 500 {
				t.Errorf("it takes %v of the processor and %d MB", spent, memory)
			}
		})
	}
}
