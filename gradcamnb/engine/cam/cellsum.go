package cam

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// cellSum returns the sum of every channel's activations over the cells, [batch, 1, 1,
// channels]. It adds in float64: without a ReLU the cells can cancel, and callers divide by
// the sum.
func cellSum(act *Node) *Node {
	return ConvertDType(ReduceAndKeep(ConvertDType(act, dtypes.Float64), ReduceSum, 1, 2), dtypes.Float32)
}

// cellMean returns the mean over the cells, [batch, 1, 1, channels], as the mean of the means
// of the rows. One float32 sum over all cells of a large map rounds many similar terms in the
// same direction: its error is 1e-5 of the mean for 32 x 48 cells, and 5e-4 for 224 x 224.
func cellMean(x *Node) *Node {
	return ReduceAndKeep(ReduceAndKeep(x, ReduceMean, 2), ReduceMean, 1)
}
