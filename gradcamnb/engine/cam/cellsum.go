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
