package completed

import "github.com/gomlx/compute"

// Transpose implements [compute.StandardOps]. If all values stay in their order, as in the gradient of every product of
// matrices, it is the operand itself or a reshape. The backend would copy it value by value (compute 0.1.6).
func (f function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	shape, err := f.Shape(x)
	if err != nil {
		return nil, err
	}
	if shape.IsDynamic() || len(permutation) != shape.Rank() {
		return f.Function.Transpose(x, permutation...)
	}
	dims := make([]int, len(permutation))
	last, same := -1, true
	for to, axis := range permutation {
		if axis < 0 || axis >= len(dims) {
			return f.Function.Transpose(x, permutation...)
		}
		dims[to], same = shape.Dimensions[axis], same && axis == to
		if dims[to] == 1 {
			continue
		}
		if axis < last {
			return f.Function.Transpose(x, permutation...)
		}
		last = axis
	}
	if same {
		return x, nil
	}
	return f.Reshape(x, dims...)
}
