package onnxnorm

import (
	"encoding/json"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/internal/fault"
)

// scopes returns the module paths around a node, from the outermost to the innermost; nil if the exporter wrote none.
//
// torch's newer exporter writes them into the node's metadata as a Python list whose last entry is the operation,
//
//	['', 'layer4', 'layer4.2', 'layer4.2.relu', 'relu_48']
//
// The older exporter writes them into the node's name, "/layer4/layer4.2/relu_2/Relu". A part that begins with the part
// before it is a child of a Sequential; any other is an attribute of the module before it. A call counter ("_2") may
// follow the name of a module.
func scopes(p *protos.NodeProto) []string {
	for _, m := range p.MetadataProps {
		if m.Key == "pkg.torch.onnx.name_scopes" {
			return metadataScopes(m.Value)
		}
	}
	if strings.HasPrefix(p.Name, "/") {
		return nameScopes(p.Name)
	}
	return nil
}

func metadataScopes(list string) []string {
	var parts []string
	if json.Unmarshal([]byte(strings.ReplaceAll(list, "'", `"`)), &parts) != nil || len(parts) == 0 {
		return nil
	}
	var out []string
	for _, p := range parts[:len(parts)-1] {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// deepestModule is how many modules may lie within each other. The paths of a longer name would take the square of its
// length.
const deepestModule = 256

func nameScopes(name string) []string {
	parts := strings.Split(strings.TrimPrefix(name, "/"), "/")
	if len(parts) > deepestModule {
		return nil
	}
	var path strings.Builder
	var ends []int
	before := ""
	for _, p := range parts[:len(parts)-1] {
		rest, sequential := strings.CutPrefix(p, before+".")
		switch {
		case path.Len() == 0:
			path.WriteString(p)
		case sequential:
			path.WriteString("." + rest)
		default:
			path.WriteString("." + p)
		}
		before = p
		ends = append(ends, path.Len())
	}
	return convert(ends, func(end int) string { return path.String()[:end] }) // the paths share their memory
}

func nodeName(p *protos.NodeProto) string {
	if p.Name == "" && len(p.Output) > 0 {
		return p.Output[0]
	}
	return p.Name
}

func moduleName(p *protos.NodeProto) string {
	if s := scopes(p); len(s) > 0 {
		return s[len(s)-1]
	}
	return ""
}

// operatorError returns an error that names a node and its module.
func operatorError(p *protos.NodeProto, err error) error {
	return &fault.OperatorError{Operator: p.OpType, Node: nodeName(p), Module: moduleName(p), Reason: err.Error()}
}
