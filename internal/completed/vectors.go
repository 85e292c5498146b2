package completed

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/gradcam-go/gradcam/internal/machine"
)

// DotGeneral implements [compute.StandardOps]. The backend's products use vector instructions and leave the upper parts
// of the vector registers set (compute 0.1.6). Until these are cleared, other instructions wait for what was in a
// register before: exponentials take seven times as long, maxima four times. Go's runtime clears them when it has
// copied more than 256 bytes and less than two kilobytes. So whoever reads a product waits for a copy of so many bytes.
func (f function) DotGeneral(lhs compute.Value, lhsContracting, lhsBatch []int, rhs compute.Value,
	rhsContracting, rhsBatch []int, config compute.DotGeneralConfig) (compute.Value, error) {
	y, err := f.Function.DotGeneral(lhs, lhsContracting, lhsBatch, rhs, rhsContracting, rhsBatch, config)
	if err != nil || !machine.Vectors() {
		return y, err
	}
	if cleared, ok := f.of.cleared[y]; ok {
		return cleared, nil
	}
	cleared, err := f.clearVectors(y)
	if err == nil {
		f.of.cleared[y] = cleared
	}
	return cleared, err
}

// clearVectors returns y after a copy of half a kilobyte that itself waits for y, since it begins with y's first value.
func (f function) clearVectors(y compute.Value) (compute.Value, error) {
	shape, err := f.Shape(y)
	if err != nil || shape.DType != dtypes.Float32 || shape.IsDynamic() || shape.Size() == 0 || shape.Rank() == 0 {
		return y, err
	}
	const copied = 128 // values of four bytes
	ones := slices.Repeat([]int{1}, shape.Rank())
	first, err := f.Slice(y, make([]int, shape.Rank()), ones, nil)
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(ones)
	dims[0] = copied
	rest, err := f.Constant(make([]float32, copied), dims...)
	if err != nil {
		return nil, err
	}
	cleared, err := f.Concatenate(0, first, rest)
	if err != nil {
		return nil, err
	}
	return f.SchedulingBarrier(y, cleared)
}
