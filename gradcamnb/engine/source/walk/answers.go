package walk

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Answers returns the nodes that become an output without anything learned or pooled coming
// between: class scores before they are resized or normed. They are the answer, and no
// feature of the picture.
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

// pools are the operators that many cells become one by, and the norms.
var pools = map[NodeType]bool{
	NodeTypeReduceWindow: true, NodeTypeReduceSum: true, NodeTypeReduceMax: true, NodeTypeReduceMin: true,
	NodeTypeBatchNormForInference: true,
}
