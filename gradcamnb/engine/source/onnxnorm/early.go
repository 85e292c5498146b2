package onnxnorm

import (
	"github.com/gomlx/compute-onnx/support/protos"
)

// Modernise gives the nodes of opsets 1 to 8 the form that later ones have, if only their attributes say otherwise.
func Modernise(m *protos.ModelProto) {
	if at := Opset(m); at < 9 {
		m.Graph.Node = moderniseAll(m.Graph.Node, at)
	}
}

func moderniseAll(nodes []*protos.NodeProto, opset int) []*protos.NodeProto {
	var out []*protos.NodeProto
	for _, p := range nodes {
		for _, a := range p.Attribute {
			for _, g := range graphsIn(a) {
				g.Node = moderniseAll(g.Node, opset)
			}
		}
		if change := early[p.OpType]; change != nil && IsStandard(p.Domain) {
			out = append(out, change(p, opset)...)
			continue
		}
		out = append(out, p)
	}
	return out
}

// early holds what operators of opsets 1 to 8 are now.
var early = map[string]func(p *protos.NodeProto, opset int) []*protos.NodeProto{
	"Concat": func(p *protos.NodeProto, opset int) []*protos.NodeProto {
		if opset < 4 {
			addDefaults(p, attrInt("axis", 1))
		}
		return []*protos.NodeProto{p}
	},
	"Selu": func(p *protos.NodeProto, opset int) []*protos.NodeProto {
		if opset < 6 {
			addDefaults(p, attrFloat("alpha", 1.6732), attrFloat("gamma", 1.0507))
		}
		return []*protos.NodeProto{p}
	},
	"Upsample": func(p *protos.NodeProto, _ int) []*protos.NodeProto {
		n := &node{NodeProto: p}
		if a := n.attr("mode"); a != nil && string(a.S) == "bilinear" {
			a.S = []byte("linear")
		}
		if h, w := n.attr("height_scale"), n.attr("width_scale"); h != nil && w != nil {
			addDefaults(p, &protos.AttributeProto{Name: "scales", Type: protos.AttributeProto_FLOATS,
				Floats: []float32{1, 1, h.F, w.F}})
		}
		return []*protos.NodeProto{p}
	},
	"MeanVarianceNormalization": func(p *protos.NodeProto, _ int) []*protos.NodeProto {
		n, over := &node{NodeProto: p}, []int{2, 3}
		if n.intOr("across_channels", 0) != 0 {
			over = []int{1, 2, 3}
		}
		addDefaults(p, attrInts("axes", over))
		if n.intOr("normalize_variance", 1) != 0 || len(p.Input) != 1 || len(p.Output) != 1 {
			return []*protos.NodeProto{p}
		}
		mean := p.Output[0] + "@mean"
		return []*protos.NodeProto{
			replacement(p, "ReduceMean", p.Input, []string{mean}, attrInts("axes", over)),
			replacement(p, "Sub", []string{p.Input[0], mean}, p.Output),
		}
	},
}

// addDefaults gives a node the attributes that it does not have.
func addDefaults(p *protos.NodeProto, attrs ...*protos.AttributeProto) {
	n := &node{NodeProto: p}
	for _, a := range attrs {
		if n.attr(a.Name) == nil {
			p.Attribute = append(p.Attribute, a)
		}
	}
}

// alignedBefore7 are the operators that had an attribute axis before opset 7: the axis of the first operand at which
// the axes of the second begin. Since then those end where the first operand's do.
var alignedBefore7 = set("Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less")

// align gives the second operand of such a node axes of length 1 at its end.
func (b *builder) align(n *node) {
	if b.opset >= 7 || !IsStandard(n.Domain) || !alignedBefore7[n.OpType] || n.attr("axis") == nil || len(n.in) != 2 {
		return
	}
	x, y := n.need(0), n.need(1)
	at := axis(n.intOr("axis", 0), len(x.dims))
	if at+len(y.dims) > len(x.dims) {
		failf("its second operand has the shape %v, which does not fit at axis %d of the first one's, %v", y.dims, at, x.dims)
	}
	if behind := len(x.dims) - at - len(y.dims); behind > 0 {
		more := convert(countUp(behind), func(i int) int { return len(y.dims) + i })
		n.in = []*value{x, b.applyStandard(n, "Unsqueeze", []*value{y}, attrInts("axes", more))}
	}
}
