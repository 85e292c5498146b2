package source

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// openedCase is a case that was opened.
type openedCase struct {
	c     backendCase
	exec  *model.Exec
	names []string
	at    []int // place of each output among the results, -1 of a constant
	known []numbers
}

// open imports the case; with a cut the results are the score and its gradient there.
func (b bench) open(c backendCase, cuts []string) (r *openedCase, err error) {
	if len(c.inputs) == 0 {
		return nil, errors.New("it has no input")
	}
	p := c.inputs[c.picture()]
	o := onnxnorm.Options{Picture: p.name, Given: map[string]onnxnorm.GivenInput{}, Cuts: cuts,
		PureGo: b.Name() == gobackend.GetBackend().Name(), Winograd: true, Evaluate: evaluate}
	for _, in := range c.inputs {
		if in.name != p.name {
			g := onnxnorm.GivenInput{Dims: in.dims}
			if !in.real {
				g.Ints = in.ints()
			}
			o.Given[in.name] = g
		}
	}
	m := proto.Clone(c.proto).(*protos.ModelProto)
	if err := onnxnorm.Inline(context.Background(), m); err != nil {
		return nil, err
	}
	onnxnorm.Modernise(m)
	g, err := onnxnorm.Normalise(context.Background(), m, p.dims, o)
	if err != nil {
		return nil, err
	}
	r = &openedCase{c: c}
	tensor := map[string]onnxnorm.Tensor{p.name: {Rewritten: p.name}}
	for name := range g.OtherInputs {
		tensor[name] = onnxnorm.Tensor{Rewritten: name}
	}
	for _, t := range g.Tensors {
		tensor[t.Name] = t
	}
	var wants []string
	var last []bool
	for _, out := range g.Outputs {
		t := tensor[out]
		if dims, values, ok := g.Constant(out); ok {
			r.at, r.known = append(r.at, -1), append(r.known, numbers{dims: dims, values: values})
			continue
		}
		r.at, r.known = append(r.at, len(wants)), append(r.known, numbers{})
		wants, last = append(wants, t.Rewritten), append(last, t.ChannelsLast)
	}
	if len(wants) == 0 {
		return r, nil
	}
	r.names = []string{p.name}
	for _, in := range c.inputs {
		if _, ok := g.OtherInputs[in.name]; ok {
			r.names = append(r.names, in.name)
		}
	}
	outs := len(wants)
	for range cuts {
		wants, last = append(wants, tensor[cuts[0]].Rewritten), append(last, tensor[cuts[0]].ChannelsLast)
	}
	r.exec, err = model.NewExec(b.Backend, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		data, err := proto.Marshal(g.Proto)
		if err != nil {
			panic(err)
		}
		imported, err := parser.Parse(data)
		if err != nil {
			panic(err)
		}
		imported.DisableFusion()
		feed := weightNodes(scope.At(onnxScope), in[0].Graph(), g.Weights)
		for i, n := range in {
			feed[r.names[i]] = n
		}
		nodes := imported.CallGraph(nil, in[0].Graph(), feed, wants...)
		inFile := func(i int, n *Node) *Node {
			if last[i] {
				return TransposeAllAxes(n, 0, 3, 1, 2)
			}
			return n
		}
		if len(cuts) == 0 {
			for i := range nodes {
				nodes[i] = ConvertDType(inFile(i, nodes[i]), 0+nodes[i].DType())
			}
			return nodes
		}
		score := Scalar(in[0].Graph(), nodes[0].DType(), 0)
		for i := range outs {
			y := inFile(i, nodes[i])
			score = Add(score, ReduceAllSum(Mul(y, projection(y.Graph(), y))))
		}
		cut := nodes[outs]
		return []*Node{score, inFile(outs, Gradient(score, cut)[0])}
	})
	return r, err
}

// nudge moves the picture off whole numbers, where kinks and ties are, by 0.011 to 0.019.
func (r *openedCase) nudge() {
	r.c.inputs = slices.Clone(r.c.inputs)
	for i, in := range r.c.inputs {
		if in.name == r.names[0] {
			moved := make([]float64, len(in.values))
			for k, v := range in.values {
				by := 0.015 + 0.004*math.Sin(float64(7*k+1))
				if k%3 == 1 {
					by = -by
				}
				moved[k] = v + by
			}
			r.c.inputs[i].values = moved
		}
	}
}

// values runs the case, with the values of its inputs moved by h along the direction.
func (r *openedCase) values(direction []float64, h float64) (out []numbers, err error) {
	err = exceptions.TryCatch[error](func() {
		var got []*tensors.Tensor
		if len(r.names) > 0 {
			var in []any
			for i, name := range r.names {
				at := slices.IndexFunc(r.c.inputs, func(n numbers) bool { return n.name == name })
				x := r.c.inputs[at]
				flat := make([]float32, len(x.values))
				for k, v := range x.values {
					flat[k] = float32(v)
					if i == 0 && direction != nil {
						flat[k] += float32(h * direction[k])
					}
				}
				in = append(in, tensors.FromFlatDataAndDimensions(flat, x.dims...))
			}
			results, err := r.exec.Call(in...)
			if err != nil {
				panic(err)
			}
			got = results
		}
		for i, at := range r.at {
			if at < 0 {
				out = append(out, r.known[i])
				continue
			}
			flat := tensors.MustCopyFlatData[float32](got[at])
			n := numbers{dims: got[at].Shape().Dimensions}
			for _, v := range flat {
				n.values = append(n.values, float64(v))
			}
			out = append(out, n)
		}
	})
	return out, err
}
