package cam

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// cellSum is the sum of a channel's activations over the cells, [batch, 1, 1, channels].
// It is summed in float64: before a ReLU the cells cancel, and what is left stands in a
// denominator.
func cellSum(act *Node) *Node {
	return ConvertDType(ReduceAndKeep(ConvertDType(act, dtypes.Float64), ReduceSum, 1, 2), dtypes.Float32)
}

// cellMean is the mean over the cells, [batch, 1, 1, channels]: of every row, and of those means.
// A single float32 sum over the cells of a large map rounds its many like terms in the same
// direction: by 1e-5 of the mean for 32 x 48 cells, by 5e-4 for 224 x 224.
func cellMean(x *Node) *Node {
	return ReduceAndKeep(ReduceAndKeep(x, ReduceMean, 2), ReduceMean, 1)
}
