package target

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Similar is the cosine of the angle between the output and the embedding of a second picture:
//
//	S = <y, e> / (|y| |e| + 1e-8)
//
// Output and embedding [batch, ...] of the same shape -> [batch].
var Similar = register(Kind{
	Name: "similar",
	Unit: "cosine",
	Check: func(output []int) (int, error) {
		if len(output) < 2 {
			return 0, fmt.Errorf("the output has the shape %v and no axis besides the batch", output)
		}
		return 1, nil
	},
	ArgumentShape: func(output []int) []int { return output[1:] },
	Score: func(output, _, embedding *Node) *Node {
		length := func(x *Node) *Node { return Sqrt(MaxScalar(sumAll(Mul(x, x)), 1e-30)) } // at 0 its slope is infinite
		lengths := Mul(length(output), length(embedding))
		return Div(sumAll(Mul(output, embedding)), AddScalar(lengths, 1e-8))
	},
})
