package onnxnorm

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"
)

// Inline replaces the calls of functions that are defined in the model by the functions' nodes. It stops when ctx ends.
func Inline(ctx context.Context, m *protos.ModelProto) error {
	if len(m.GetFunctions()) == 0 || m.Graph == nil {
		return nil
	}
	f := inliner{ctx: ctx, functions: map[string]*protos.FunctionProto{}}
	for _, p := range m.Functions {
		f.functions[functionKey(p.Domain, p.Name, p.Overload)] = p
	}
	nodes, err := f.nodes(m.Graph.Node, 0)
	if err != nil {
		return err
	}
	m.Graph.Node, m.Functions = nodes, nil
	return nil
}

func functionKey(domain, name, overload string) string {
	if domain == "ai.onnx" {
		domain = ""
	}
	return domain + "/" + name + "/" + overload
}

// deepest is how far functions may call each other. A function that calls itself is damaged.
const deepest = 64

// mostInlined is how many nodes the calls may make: each function may call the next one twice.
const mostInlined = 1 << 18

type inliner struct {
	ctx       context.Context
	functions map[string]*protos.FunctionProto
	count     int // number of calls
	made      int // number of nodes
}

func (f *inliner) nodes(in []*protos.NodeProto, depth int) (out []*protos.NodeProto, err error) {
	for _, p := range in {
		for _, a := range p.Attribute {
			for _, g := range graphsIn(a) {
				if g.Node, err = f.nodes(g.Node, depth); err != nil {
					return nil, err
				}
			}
		}
		fn := f.functions[functionKey(p.Domain, p.OpType, p.Overload)]
		if fn == nil {
			out = append(out, p)
			continue
		}
		if err := f.ctx.Err(); err != nil {
			return nil, err
		}
		if depth == deepest {
			return nil, fmt.Errorf("the ONNX file's functions call each other without an end (%q): the file is damaged", fn.Name)
		}
		if f.made += len(fn.Node); f.made > mostInlined {
			return nil, fmt.Errorf("the ONNX file's functions (%q) make more than %d nodes: the file is damaged", fn.Name, mostInlined)
		}
		inner, err := f.nodes(f.body(fn, p), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, inner...)
	}
	return out, nil
}

// body returns the nodes of a function for one call. Its inputs and outputs get the call's names, and all others get
// new names. Attributes that refer to the call's are filled in.
func (f *inliner) body(fn *protos.FunctionProto, call *protos.NodeProto) []*protos.NodeProto {
	f.count++
	names := map[string]string{"": ""}
	for i, name := range fn.Input {
		names[name] = ""
		if i < len(call.Input) {
			names[name] = call.Input[i]
		}
	}
	prefix := fmt.Sprintf("%s@%d/", nodeName(call), f.count)
	var copies []*protos.NodeProto // for each output that is an input, an Identity
	for i, name := range fn.Output {
		if i >= len(call.Output) || call.Output[i] == "" {
			continue
		}
		if given, input := names[name]; input {
			copies = append(copies, &protos.NodeProto{OpType: "Identity", Input: []string{given},
				Output: []string{call.Output[i]}})
			continue
		}
		names[name] = call.Output[i]
	}
	given := map[string]*protos.AttributeProto{}
	for _, a := range append(slices.Clone(fn.AttributeProto), call.Attribute...) {
		given[a.Name] = a
	}
	var out []*protos.NodeProto
	for _, p := range fn.Node {
		p = proto.CloneOf(p)
		if len(p.MetadataProps) == 0 {
			p.MetadataProps = call.MetadataProps
		}
		if p.Name != "" && call.Name != "" {
			p.Name = call.Name + "/" + p.Name
		}
		renameNode(p, names, prefix, given)
		out = append(out, p)
	}
	return append(out, copies...)
}

// renameNode gives a node of a function the names and attributes of one call.
func renameNode(p *protos.NodeProto, names map[string]string, prefix string, given map[string]*protos.AttributeProto) {
	name := func(s string) string {
		if to, ok := names[s]; ok {
			return to
		}
		return prefix + s
	}
	for i := range p.Input {
		p.Input[i] = name(p.Input[i])
	}
	for i := range p.Output {
		p.Output[i] = name(p.Output[i])
	}
	var attrs []*protos.AttributeProto
	for _, a := range p.Attribute {
		if a.RefAttrName != "" {
			of := given[a.RefAttrName]
			if of == nil {
				continue // it is not given, so the operator's own default applies
			}
			a2 := proto.CloneOf(of)
			a2.Name = a.Name
			attrs = append(attrs, a2)
			continue
		}
		for _, g := range graphsIn(a) {
			for _, n := range g.Node {
				renameNode(n, names, prefix, given)
			}
			for _, v := range append(slices.Clone(g.Input), g.Output...) {
				v.Name = name(v.Name)
			}
			for _, t := range g.Initializer {
				t.Name = name(t.Name)
			}
		}
		attrs = append(attrs, a)
	}
	p.Attribute = attrs
}
