package source

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// attending is the set of tensors that are attention: products of what depends on the
// picture with what depends on the picture, [batch, heads, n, n], the scores that become a
// softmax, and its weights, until they are multiplied with the values. By their shape
// alone they could be maps of n x n cells.
func attending(g *onnxnorm.Graph) map[string]bool {
	byName := map[string]onnxnorm.Tensor{}
	for _, t := range g.Tensors {
		byName[t.Name] = t
	}
	computed := func(in string) bool { t, ok := byName[in]; return ok && !t.Constant }
	attends, seen := map[string]bool{}, map[string]bool{}
	var scores func(name string) bool // marks what leads to a softmax, where that began as a product
	scores = func(name string) bool {
		if seen[name] {
			return attends[name]
		}
		seen[name] = true
		t := byName[name]
		found := isProduct(t, computed)
		if !found && passesScores[t.Op] {
			for _, in := range t.Inputs {
				found = computed(in) && scores(in) || found
			}
		}
		attends[name] = found
		return found
	}
	for _, t := range g.Tensors {
		if t.Op == "Softmax" {
			scores(t.Name)
			continue
		}
		after := passesScores[t.Op] && slices.ContainsFunc(t.Inputs, func(in string) bool { return attends[in] })
		attends[t.Name] = attends[t.Name] || after
	}
	return attends
}

// isProduct tells whether a tensor is a matrix product of two tensors that depend on the
// picture.
func isProduct(t onnxnorm.Tensor, computed func(string) bool) bool {
	return products[t.Op] && len(t.Inputs) >= 2 && computed(t.Inputs[0]) && computed(t.Inputs[1])
}

var products = map[string]bool{"MatMul": true, "FusedMatMul": true, "Einsum": true}

// passesScores are the operators between the product and the softmax, and between the
// softmax and the values: scales, masks, biases of position, and changes of shape.
var passesScores = map[string]bool{
	"Softmax": true, "Add": true, "Sub": true, "Mul": true, "Div": true, "Where": true, "Clip": true, "Cast": true, "Identity": true, "Dropout": true,
	"Reshape": true, "Squeeze": true, "Unsqueeze": true, "Transpose": true,
}
