package onnxnorm

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// A sequence is a list of tensors, and an optional value is one tensor that is there. The tensors in a list are known
// when the graph is rewritten. So lists become names of tensors, and operators on them become operators on tensors:
// SequenceAt an Identity, ConcatFromSequence a Concat, SplitToSequence a Split.

// lister returns the nodes that replace one that makes or reads a list. made is the list that the node makes; nil if it
// makes a tensor.
type lister func(w *walk, p *protos.NodeProto) (nodes []*protos.NodeProto, made []string)

var listers = map[string]lister{
	"SequenceEmpty":     func(*walk, *protos.NodeProto) ([]*protos.NodeProto, []string) { return nil, []string{} },
	"SequenceConstruct": func(_ *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) { return nil, p.Input },
	"SequenceInsert": func(w *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) {
		list := w.listAt(p, 0)
		at := len(list)
		if len(p.Input) > 2 && p.Input[2] != "" {
			at = w.placeIn(p, 2, len(list), len(list)+1)
		}
		w.spend(len(list) + 1)
		return nil, slices.Insert(slices.Clone(list), at, p.Input[1])
	},
	"SequenceErase": func(w *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) {
		list := w.listAt(p, 0)
		at := len(list) - 1
		if len(p.Input) > 1 && p.Input[1] != "" {
			at = w.placeIn(p, 1, len(list), len(list))
		}
		if at < 0 {
			failf("it takes a tensor from an empty sequence")
		}
		w.spend(len(list))
		return nil, slices.Delete(slices.Clone(list), at, at+1)
	},
	"SequenceAt": func(w *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) {
		list := w.listAt(p, 0)
		one := list[w.placeIn(p, 1, len(list), len(list))]
		return []*protos.NodeProto{replacement(p, "Identity", []string{one}, p.Output)}, nil
	},
	"SequenceLength": func(w *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) {
		n := int64(len(w.listAt(p, 0)))
		return []*protos.NodeProto{replacement(p, "Constant", nil, p.Output,
			&protos.AttributeProto{Name: "value_int", Type: protos.AttributeProto_INT, I: n})}, nil
	},
	"SplitToSequence":    splitToSequence,
	"ConcatFromSequence": concatFromSequence,
	"Optional":           passOn,
	"OptionalGetElement": passOn,
	"OptionalHasElement": func(_ *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) {
		there := &protos.TensorProto{DataType: int32(protos.TensorProto_BOOL), Int32Data: []int32{1}}
		if len(p.Input) == 0 || p.Input[0] == "" {
			there.Int32Data[0] = 0
		}
		return []*protos.NodeProto{replacement(p, "Constant", nil, p.Output,
			&protos.AttributeProto{Name: "value", Type: protos.AttributeProto_TENSOR, T: there})}, nil
	},
}

// passOn passes a list or a tensor on.
func passOn(w *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) {
	if len(p.Input) == 0 || p.Input[0] == "" {
		failf("it is empty, so the nodes that read it would be left out")
	}
	if list, ok := w.list(p.Input[0]); ok {
		return nil, list
	}
	return []*protos.NodeProto{replacement(p, "Identity", p.Input[:1], p.Output)}, nil
}

// mostPieces is how many pieces a tensor may be cut into: each is a node.
const mostPieces = 1 << 12

// splitToSequence cuts a tensor along an axis into pieces of one length or of given lengths. Without a length the
// pieces have length 1, and keepdims=0 removes that axis.
func splitToSequence(w *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) {
	n := &node{NodeProto: p}
	x := w.tensorAt(p, 0)
	at := axis(n.intOr("axis", 0), len(x.dims))
	sizes, squeeze := []int{1}, n.intOr("keepdims", 1) == 0
	scalar := true
	if len(p.Input) > 1 && p.Input[1] != "" {
		s := w.tensorAt(p, 1)
		if s.konst == nil {
			failf("the lengths of its pieces are computed from the picture")
		}
		sizes, squeeze, scalar = s.konst.toInts(), false, len(s.dims) == 0
	}
	if scalar {
		each := sizes[0]
		if each <= 0 {
			failf("its pieces have the length %d", each)
		}
		sizes = nil
		if x.dims[at]/each >= mostPieces {
			failf("it is cut into more than %d pieces", mostPieces)
		}
		for left := x.dims[at]; left > 0; left -= each {
			sizes = append(sizes, min(each, left))
		}
	}
	if len(sizes) > mostPieces {
		failf("it is cut into more than %d pieces", mostPieces)
	}
	var names []string
	for i := range sizes {
		names = append(names, fmt.Sprintf("%s@%d", p.Output[0], i))
	}
	lengths := p.Output[0] + "@lengths"
	nodes := []*protos.NodeProto{
		replacement(p, "Constant", nil, []string{lengths}, attrInts("value_ints", sizes)),
		replacement(p, "Split", []string{p.Input[0], lengths}, slices.Clone(names), attrInt("axis", at)),
	}
	if !squeeze {
		return nodes, names
	}
	axes := p.Output[0] + "@axis"
	nodes = append(nodes, replacement(p, "Constant", nil, []string{axes}, attrInts("value_ints", []int{at})))
	for i, name := range names {
		names[i] = name + "@squeezed"
		nodes = append(nodes, replacement(p, "Squeeze", []string{name, axes}, []string{names[i]}))
	}
	return nodes, names
}

// concatFromSequence joins the tensors of a list along an axis, which is a new one if new_axis is 1.
func concatFromSequence(w *walk, p *protos.NodeProto) ([]*protos.NodeProto, []string) {
	n := &node{NodeProto: p}
	names, at := slices.Clone(w.listAt(p, 0)), n.intOr("axis", 0)
	if len(names) == 0 {
		failf("it joins an empty sequence")
	}
	var nodes []*protos.NodeProto
	if n.intOr("new_axis", 0) != 0 {
		axes := p.Output[0] + "@axis"
		nodes = append(nodes, replacement(p, "Constant", nil, []string{axes}, attrInts("value_ints", []int{at})))
		for i, name := range names {
			names[i] = fmt.Sprintf("%s@%d", p.Output[0], i)
			nodes = append(nodes, replacement(p, "Unsqueeze", []string{name, axes}, []string{names[i]}))
		}
	}
	return append(nodes, replacement(p, "Concat", names, p.Output, attrInt("axis", at))), nil
}

// replacement returns a node that replaces p.
func replacement(p *protos.NodeProto, op string, in, out []string,
	attributes ...*protos.AttributeProto) *protos.NodeProto {
	return &protos.NodeProto{OpType: op, Name: p.Name, Input: in, Output: out, Attribute: attributes,
		MetadataProps: p.MetadataProps}
}

// list returns the list with a name, from this graph or one around it.
func (w *walk) list(name string) ([]string, bool) {
	for ; w != nil; w = w.outer {
		if list, ok := w.lists[name]; ok {
			return list, true
		}
	}
	return nil, false
}

// listAt returns the list that input i of a node names.
func (w *walk) listAt(p *protos.NodeProto, i int) []string {
	if i < len(p.Input) {
		if list, ok := w.list(p.Input[i]); ok {
			return list
		}
	}
	failf("its input %d is no sequence that is known here", i)
	return nil
}

// tensorAt returns the tensor that input i of a node names.
func (w *walk) tensorAt(p *protos.NodeProto, i int) *value {
	if i < len(p.Input) {
		if v, _ := w.find(p.Input[i]); v != nil {
			return v
		}
	}
	failf("its input %d is no tensor", i)
	return nil
}

// placeIn returns the place in a list of n tensors that input i names, which must be below count. A negative one counts
// from the end.
func (w *walk) placeIn(p *protos.NodeProto, i, n, count int) int {
	v := w.tensorAt(p, i)
	if v.konst == nil || size(v.dims) != 1 {
		failf("its place in the sequence is computed from the picture")
	}
	at := CountFromStart(v.konst.toInts()[0], n)
	if at < 0 || at >= count {
		failf("its place %d lies outside a sequence of %d", at, n)
	}
	return at
}

// rewriteListNode rewrites a node that makes or reads a list; ok is false for all other nodes.
func (w *walk) rewriteListNode(p *protos.NodeProto) (made []Tensor, ok bool, err error) {
	l := listers[p.OpType]
	if l == nil && p.OpType == "Identity" && len(p.Input) == 1 {
		if _, is := w.list(p.Input[0]); is {
			l = passOn
		}
	}
	if l == nil || !IsStandard(p.Domain) {
		return nil, false, nil
	}
	defer func() {
		if e := recover(); e != nil {
			err = operatorError(p, toError(e))
		}
	}()
	nodes, list := l(w, p)
	if list != nil {
		if w.lists == nil {
			w.lists = map[string][]string{}
		}
		w.lists[p.Output[0]] = list
	}
	for _, q := range nodes {
		more, err := w.node(q)
		if err != nil {
			return made, true, err
		}
		made = append(made, more...)
	}
	return made, true, nil
}

// sequenceOutput returns an error if the named output is a list.
func (w *walk) sequenceOutput(name string) error {
	if _, is := w.lists[name]; is {
		return fmt.Errorf("the output %q is a sequence, which is not supported: only tensors can be explained", name)
	}
	return nil
}
