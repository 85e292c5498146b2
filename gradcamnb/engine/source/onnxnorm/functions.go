package onnxnorm

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Inline replaces the calls of functions that are defined in the model by the functions' nodes. It stops when ctx ends.
func Inline(ctx context.Context, m *protos.ModelProto) error {
	if len(m.GetFunctions()) == 0 || m.Graph == nil {
		return nil
	}
	f := inliner{ctx: ctx, functions: map[string]*protos.FunctionProto{},
		sizes: map[*protos.FunctionProto]int{}}
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
	if IsStandard(domain) {
		domain = ""
	}
	return domain + "/" + name + "/" + overload
}

// deepest is how far functions may call each other. A function that calls itself is damaged.
const deepest = 64

// mostInlined is how many nodes the calls may make: each function may call the next one twice.
const mostInlined = 1 << 18

// mostNamed is how many letters the names of the calls may add to the names of these nodes.
const mostNamed = 1 << 26

type inliner struct {
	ctx       context.Context
	functions map[string]*protos.FunctionProto
	count     int // number of calls
	made      int // number of nodes
	named     int // number of letters of the calls' names in the names of the nodes
	sizes     map[*protos.FunctionProto]int
}

// size returns how many nodes a function has, with those of its subgraphs.
func (f *inliner) size(fn *protos.FunctionProto) int {
	n, ok := f.sizes[fn]
	if !ok {
		n = countNodes(fn.Node)
		f.sizes[fn] = n
	}
	return n
}

// countNodes counts nodes with those of their subgraphs.
func countNodes(nodes []*protos.NodeProto) int {
	n := len(nodes)
	for _, p := range nodes {
		for _, a := range p.Attribute {
			for _, g := range graphsIn(a) {
				n += countNodes(g.Node)
			}
		}
	}
	return n
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
		nodes := f.size(fn)
		if f.made += nodes; f.made > mostInlined {
			return nil, fmt.Errorf("the ONNX file's functions (%q) make more than %d nodes: the file is damaged", fn.Name, mostInlined)
		}
		if f.named += nodes * len(p.Name); f.named > mostNamed {
			return nil, fmt.Errorf("the ONNX file's calls of functions (%q) have names of more than %d letters in all their nodes: the file is damaged", fn.Name, mostNamed)
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
	prefix := fmt.Sprintf("%s@%d/", shortName(nodeName(call)), f.count)
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
	in := renamer{names, prefix, given}
	var out []*protos.NodeProto
	for _, p := range fn.Node {
		p = in.node(p)
		if len(p.MetadataProps) == 0 {
			p.MetadataProps = call.MetadataProps
		}
		if p.Name != "" && call.Name != "" {
			p.Name = call.Name + "/" + p.Name
		}
		out = append(out, p)
	}
	return append(out, copies...)
}

// renamer gives nodes of a function the names and attributes of one call. The nodes of the function stay as they are,
// and the tensors in them are shared: a large one may be in many calls.
type renamer struct {
	names  map[string]string // of the function's inputs and outputs in the call
	prefix string            // of all other names
	given  map[string]*protos.AttributeProto
}

func (r renamer) name(s string) string {
	if to, ok := r.names[s]; ok {
		return to
	}
	return r.prefix + s
}

func (r renamer) node(p *protos.NodeProto) *protos.NodeProto {
	q := shallow(p)
	q.Input, q.Output, q.Attribute = convert(p.Input, r.name), convert(p.Output, r.name), nil
	for _, a := range p.Attribute {
		switch of := r.given[a.RefAttrName]; {
		case a.RefAttrName == "":
			q.Attribute = append(q.Attribute, r.attribute(a))
		case of != nil: // else it is not given, so the operator's own default applies
			of = shallow(of)
			of.Name = a.Name
			q.Attribute = append(q.Attribute, of)
		}
	}
	return q
}

// attribute renames what the subgraphs in an attribute have.
func (r renamer) attribute(a *protos.AttributeProto) *protos.AttributeProto {
	if len(graphsIn(a)) == 0 {
		return a
	}
	a = shallow(a)
	a.Graphs = convert(a.Graphs, r.graph)
	if a.G != nil {
		a.G = r.graph(a.G)
	}
	return a
}

func (r renamer) graph(g *protos.GraphProto) *protos.GraphProto {
	info := func(v *protos.ValueInfoProto) *protos.ValueInfoProto {
		v = shallow(v)
		v.Name = r.name(v.Name)
		return v
	}
	g = shallow(g)
	g.Node, g.Input, g.Output = convert(g.Node, r.node), convert(g.Input, info), convert(g.Output, info)
	g.Initializer = convert(g.Initializer, func(t *protos.TensorProto) *protos.TensorProto {
		t = shallow(t)
		t.Name = r.name(t.Name)
		return t
	})
	return g
}

// shallow returns a copy of a message that shares with it what is in its fields.
func shallow[M proto.Message](m M) M {
	out := m.ProtoReflect().New()
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		out.Set(field, v)
		return true
	})
	return out.Interface().(M)
}

// shortName returns a name that differs as the name does, and is not long: it may be given to many tensors.
func shortName(name string) string {
	const long = 256
	if len(name) <= long {
		return name
	}
	return fmt.Sprintf("%s#%x", strings.ToValidUTF8(name[:long], ""), sha256.Sum256([]byte(name)))
}
