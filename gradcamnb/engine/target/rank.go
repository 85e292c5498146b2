package target

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Rank returns the index of the rank-th greatest value, counted from 1, of an output [batch, classes], as int32
// [batch]. If values are equal, the first comes first. No gradient flows through it.
func Rank(output *Node, rank int) *Node {
	output = StopGradient(output)
	lowest := Scalar(output.Graph(), output.DType(), math.Inf(-1))
	for range rank - 1 {
		best := classMask(output, ArgMax(output, 1))
		output = Where(best, BroadcastToShape(lowest, output.Shape()), output)
	}
	return ArgMax(output, 1)
}
