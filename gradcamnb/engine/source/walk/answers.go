package walk

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Answers returns the nodes that become the output without anything learned or pooled in between, such as class scores
// before they are resized or normalised. They are the model's answer and not a feature of the picture.
func Answers(output *Node) map[*Node]bool {
	seen := map[*Node]bool{}
	todo := []*Node{output}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[n] {
			continue
		}
		seen[n] = true
		if !learned[n.Type()] && !pools[n.Type()] {
			todo = append(todo, n.Inputs()...)
		}
	}
	return seen
}

// pools are the operators that turn many cells into one, and the norms.
var pools = map[NodeType]bool{
	NodeTypeReduceWindow: true, NodeTypeReduceSum: true, NodeTypeReduceMax: true, NodeTypeReduceMin: true,
	NodeTypeBatchNormForInference: true,
}
