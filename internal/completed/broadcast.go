package completed

import (
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// BroadcastInDim implements [compute.StandardOps]. It writes out what repeats a whole operand, such as one value for
// each channel over all positions, as two concatenations, which copy whole rows. The backend would go through the
// result value by value, or leave the broadcast to the operator that reads it, which then takes several times as long
// (compute 0.1.6).
func (f function) BroadcastInDim(x compute.Value, out shapes.Shape, axes []int) (compute.Value, error) {
	in, err := f.Shape(x)
	if err != nil {
		return nil, err
	}
	rows := repeats(in, out, axes)
	if rows < 2 {
		return f.Function.BroadcastInDim(x, out, axes)
	}
	var steps chain
	size := in.Size()
	row := steps.do(func() (compute.Value, error) { return f.Reshape(x, 1, size) })
	some := int(math.Sqrt(float64(rows)))
	block := steps.do(func() (compute.Value, error) { return f.Concatenate(0, copies(row, some)...) })
	all := slices.Concat(copies(block, rows/some), copies(row, rows%some))
	y := steps.do(func() (compute.Value, error) { return f.Concatenate(0, all...) })
	y = steps.do(func() (compute.Value, error) { return f.Reshape(y, out.Dimensions...) })
	return y, steps.err
}

func copies(v compute.Value, n int) []compute.Value { return slices.Repeat([]compute.Value{v}, n) }

// repeats returns how many times in a row a broadcast repeats its operand, which is more than one number. It returns 0
// if it does something else.
func repeats(in, out shapes.Shape, axes []int) int {
	if in.IsDynamic() || out.IsDynamic() || in.Size() < 2 || len(axes) != in.Rank() {
		return 0
	}
	given := slices.Repeat([]int{1}, out.Rank()) // the operand's dimensions, on the axes of the result
	for i, axis := range axes {
		given[axis] = in.Dimensions[i]
	}
	at := 0
	for at < len(given) && given[at] == 1 {
		at++
	}
	if !slices.Equal(given[at:], out.Dimensions[at:]) {
		return 0
	}
	return out.Size() / in.Size()
}
