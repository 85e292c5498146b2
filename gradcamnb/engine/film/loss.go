package film

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// firstMetric returns the first of a loop's metrics, which is the loss. It is NaN if that is no single number.
func firstMetric(metrics []*tensors.Tensor) float64 {
	if len(metrics) == 0 || metrics[0].Size() != 1 {
		return math.NaN()
	}
	switch metrics[0].DType() {
	case dtypes.Float32:
		return float64(tensors.MustCopyFlatData[float32](metrics[0])[0])
	case dtypes.Float64:
		return tensors.MustCopyFlatData[float64](metrics[0])[0]
	}
	return math.NaN()
}
