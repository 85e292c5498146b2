package walk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// scopesOf counts the variables that the nodes read, for every scope.
func scopesOf(nodes []*Node) map[string]int {
	out := map[string]int{}
	for _, n := range nodes {
		if v, ok := variable(n); ok {
			for scope := moduleOf(v); scope != ""; scope = parent(scope) {
				out[scope]++
			}
		}
	}
	return out
}

// parent returns the scope around a variable or a scope; empty at the root.
func parent(path string) string { return path[:max(0, strings.LastIndex(path, "/"))] }

// moduleOf returns the scope of a variable. A file's weights lie in one scope and have the modules in their names: the
// scope of "/backbone/ONNX/layer1.0.conv1.weight" is "/backbone/ONNX/layer1.0.conv1".
func moduleOf(variable string) string {
	if dot := strings.LastIndex(variable, "."); dot > len(parent(variable))+1 {
		return variable[:dot]
	}
	return parent(variable)
}

// scopeOf returns the scope of some variables. It is the innermost scope that holds them all, or the one around it if
// that holds nothing else, such as "conv_2" around GoMLX's own "conv_2/conv". A variable at the root stands for itself.
func (w *Walk) scopeOf(reads map[string]bool) string {
	all := keys(reads)
	slices.Sort(all)
	scope := moduleOf(all[0])
	for _, v := range all[1:] {
		scope = commonPath(scope, moduleOf(v))
	}
	if scope == "" {
		return all[0]
	}
	named := strings.HasPrefix(all[0][len(scope):], ".") // by a file
	if up := parent(scope); !named && up != "" && w.scopes[up] == w.scopes[scope] {
		return up
	}
	return scope
}

// commonPath returns the innermost scope that holds both.
func commonPath(a, b string) string {
	for a != b && !strings.HasPrefix(b, a+"/") {
		a = parent(a)
	}
	return a
}

// branchScope returns the scope of a place that joins branches, such as the end of a residual block. It holds all
// layers that lie on some of the branches and not on all.
func (w *Walk) branchScope(homes []*Place, last *Place) string {
	scope, found := "", false
	for _, p := range w.Places {
		on := 0
		for _, h := range homes {
			if p.number < len(h.before) && h.before[p.number] {
				on++
			}
		}
		if on == 0 || on == len(homes) || len(p.reads) == 0 {
			continue
		}
		if !found {
			scope, found = p.scope, true
		}
		scope = commonPath(scope, p.scope)
	}
	if !found {
		return last.scope
	}
	return scope
}

func keys(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// function is a function that a place may compute, with the operators that it is made of.
type function struct {
	name, op string
	of       []NodeType
}

// functions are the functions without weights. The first one that fits counts.
var functions = []function{
	{"log_softmax", "LogSoftmax", []NodeType{NodeTypeExp, NodeTypeReduceSum, NodeTypeLog}},
	{"softmax", "Softmax", []NodeType{NodeTypeExp, NodeTypeReduceSum, NodeTypeDiv}},
	{"norm", "Norm", []NodeType{NodeTypeReduceSum, NodeTypeSqrt}},
	{"norm", "Norm", []NodeType{NodeTypeReduceSum, NodeTypeRsqrt}},
	{"sort", "Sort", []NodeType{NodeTypeSort}},
	{"gelu", "Gelu", []NodeType{NodeTypeErf}},
	{"gelu", "Gelu", []NodeType{NodeTypeTanh, NodeTypeAdd, NodeTypeMul}},
	{"swish", "Swish", []NodeType{NodeTypeLogistic, NodeTypeMul}},
	{"sigmoid", "Sigmoid", []NodeType{NodeTypeLogistic}},
	{"tanh", "Tanh", []NodeType{NodeTypeTanh}},
	{"elu", "Elu", []NodeType{NodeTypeWhere, NodeTypeExp}},
	{"leaky_relu", "LeakyRelu", []NodeType{NodeTypeWhere, NodeTypeMul}},
	{"hard_swish", "HardSwish", []NodeType{NodeTypeMax, NodeTypeMin, NodeTypeMul}},
	{"clip", "Clip", []NodeType{NodeTypeMax, NodeTypeMin}},
	{"relu", "Relu", []NodeType{NodeTypeMax}},
	{"concat", "Concat", []NodeType{NodeTypeConcatenate}},
	{"matmul", "MatMul", []NodeType{NodeTypeDotGeneral}},
}

// modules are the functions that read variables, or weights that are constants.
var modules = []function{
	{"conv", "Conv", []NodeType{NodeTypeConvGeneral}},
	{"norm", "BatchNormalization", []NodeType{NodeTypeBatchNormForInference}},
	{"norm", "LayerNormalization", []NodeType{NodeTypeReduceSum}},
	{"norm", "BatchNormalization", []NodeType{NodeTypeSub, NodeTypeDiv}},
	{"concat", "Concat", []NodeType{NodeTypeConcatenate}},
}

// function returns the first function whose operators the place has. If there is none, it is named after the last
// operator.
func (p *Place) function(of []function) function {
	at := slices.IndexFunc(of, func(f function) bool {
		return !slices.ContainsFunc(f.of, func(t NodeType) bool { return !p.ops[t] })
	})
	if at >= 0 {
		return of[at]
	}
	op := NameOf(p.last)
	return function{name: strings.ToLower(op), op: op}
}

// NameOf returns the name of an operator. GoMLX has none for some.
func NameOf(t NodeType) string {
	name := map[NodeType]string{NodeTypeSort: "Sort", NodeTypeIf: "If", NodeTypeWhile: "Loop", NodeTypeCall: "Call"}[t]
	return cmp.Or(name, t.String())
}

// functionName returns the name of a place's function, and ONNX's word for it.
func (p *Place) functionName() function {
	switch {
	case p.ops[NodeTypeReduceWindow]:
		reduction := WindowOf(p.windowNode()).Reduction
		f := function{name: "pool", op: map[string]string{"Max": "MaxPool", "Sum": "AveragePool"}[reduction]}
		if f.op == "" {
			f.op = reduction + "Pool"
		}
		return f
	case p.form == reduced:
		return p.reductionName()
	case p.form == window:
		return function{name: "pool", op: map[NodeType]string{NodeTypeMax: "MaxPool", NodeTypeAdd: "AveragePool"}[p.last]}
	case p.form == module && p.ops[NodeTypeDotGeneral]:
		return function{name: "matmul", op: map[bool]string{true: "Gemm", false: "MatMul"}[p.Node.Rank() == 2]}
	case len(p.reads) > 0 || p.form == module:
		return p.function(modules)
	}
	return p.function(functions)
}

// windowNode returns the pooling that the place began with.
func (p *Place) windowNode() *Node {
	n := p.Node
	for n.Type() != NodeTypeReduceWindow {
		n = n.Inputs()[0]
	}
	return n
}

// isModule tells whether a place applies variables, and not constants.
func (p *Place) isModule() bool { return p.form == module && len(p.reads) > 0 }

// sharedScopes returns the scopes of which several layers read variables, each others. Such a scope is a block and none
// of its layers.
func (w *Walk) sharedScopes() map[string]bool {
	first, shared := map[string]map[string]bool{}, map[string]bool{}
	for _, p := range w.Places {
		if !p.isModule() {
			continue
		}
		if first[p.scope] == nil {
			first[p.scope] = p.reads
		}
		if !slices.ContainsFunc(keys(p.reads), func(v string) bool { return first[p.scope][v] }) {
			shared[p.scope] = true
		}
	}
	return shared
}

// name gives every place its name, and the scopes that end with it.
func (w *Walk) name() {
	taken, shared := map[string]int{}, w.sharedScopes()
	for _, p := range w.Places {
		f := p.functionName()
		p.Op = f.op
		if p.Named {
			taken[p.Name]++
			continue
		}
		name := strings.TrimPrefix(p.scope, "/")
		if !p.isModule() || shared[p.scope] {
			name = strings.TrimPrefix(p.scope+"/"+f.name, "/")
		}
		taken[name]++
		if n := taken[name]; n > 1 {
			name = fmt.Sprintf("%s#%d", name, n)
		}
		p.Name = name
	}
	claimed := map[string]bool{}
	for _, p := range slices.Backward(w.Places) {
		for scope := p.scope; scope != ""; scope = parent(scope) {
			if path := strings.TrimPrefix(scope, "/"); !claimed[path] {
				claimed[path] = true
				p.Paths = append(p.Paths, path)
			}
		}
	}
}
