package completed

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// ScatterSum implements [compute.StandardOps]. If windows are smaller than the operand, the pure-Go backend of compute
// 0.1.6 puts them into wrong places: it counts through the operand's axes instead of the window's. So each place of
// such a window is scattered by itself, without the window's axes.
func (f function) ScatterSum(operand, indices, updates compute.Value, indexVectorAxis int, updateWindowAxes,
	insertedWindowAxes, scatterAxesToOperandAxes []int, sorted, unique bool) (compute.Value, error) {
	s := scattering{f: f, vector: indexVectorAxis, inserted: insertedWindowAxes, to: scatterAxesToOperandAxes}
	var err error
	if s.operand, err = f.Shape(operand); err != nil {
		return nil, err
	}
	if s.indices, err = f.Shape(indices); err != nil {
		return nil, err
	}
	if s.updates, err = f.Shape(updates); err != nil {
		return nil, err
	}
	if err := s.windows(updateWindowAxes); err != nil {
		return nil, err
	}
	if len(s.small) == 0 {
		return f.Function.ScatterSum(operand, indices, updates, indexVectorAxis, updateWindowAxes, insertedWindowAxes,
			scatterAxesToOperandAxes, sorted, unique)
	}
	for at := range s.places() {
		if operand, err = s.scatter(operand, indices, updates, at); err != nil {
			return nil, err
		}
	}
	return operand, nil
}

// scattering is a scatter with windows that are smaller than the operand.
type scattering struct {
	f                         function
	operand, indices, updates shapes.Shape
	vector                    int // axis of the indices that holds one index
	inserted, to              []int
	small                     []window // axes whose window is smaller than the operand
	whole                     []int    // axes of the updates whose window is the whole axis of the operand
}

// window is one axis of a window.
type window struct {
	axis, operand int // axis of the updates, and axis of the operand
	size          int
}

// windows sorts the axes of the windows into small and whole ones.
func (s *scattering) windows(axes []int) error {
	operandAxis := 0
	for _, axis := range axes {
		for slices.Contains(s.inserted, operandAxis) {
			operandAxis++
		}
		size := s.updates.Dimensions[axis]
		switch {
		case size == s.operand.Dimensions[operandAxis]:
			s.whole = append(s.whole, axis)
		case !slices.Contains(s.to, operandAxis):
			return fmt.Errorf("a window of %d cells on an axis of %d that no index is for cannot be scattered in pure Go",
				size, s.operand.Dimensions[operandAxis])
		default:
			s.small = append(s.small, window{axis, operandAxis, size})
		}
		operandAxis++
	}
	return nil
}

// places yields every place in the small windows.
func (s *scattering) places() func(yield func([]int) bool) {
	return func(yield func([]int) bool) {
		at := make([]int, len(s.small))
		for {
			if !yield(at) {
				return
			}
			i := len(at) - 1
			for ; i >= 0; i-- {
				if at[i]++; at[i] < s.small[i].size {
					break
				}
				at[i] = 0
			}
			if i < 0 {
				return
			}
		}
	}
}

// scatter adds the updates at one place of their small windows.
func (s *scattering) scatter(operand, indices, updates compute.Value, at []int) (compute.Value, error) {
	var steps chain
	rank := s.updates.Rank()
	starts, limits, strides := make([]int, rank), slices.Clone(s.updates.Dimensions), slices.Repeat([]int{1}, rank)
	inserted, gone := slices.Clone(s.inserted), []int{}
	shift := make([]int32, max(1, s.vectorSize()))
	for i, w := range s.small {
		starts[w.axis], limits[w.axis] = at[i], at[i]+1
		inserted, gone = append(inserted, w.operand), append(gone, w.axis)
		shift[slices.Index(s.to, w.operand)] = int32(at[i])
	}
	slices.Sort(inserted)
	var dims, whole []int
	for axis, size := range s.updates.Dimensions {
		if slices.Contains(gone, axis) {
			continue
		}
		if slices.Contains(s.whole, axis) {
			whole = append(whole, len(dims))
		}
		dims = append(dims, size)
	}
	part := steps.do(func() (compute.Value, error) { return s.f.Slice(updates, starts, limits, strides) })
	part = steps.do(func() (compute.Value, error) { return s.f.Reshape(part, dims...) })
	axes := []int{s.vector}
	if s.vector == s.indices.Rank() {
		axes = nil
	}
	by := steps.do(func() (compute.Value, error) {
		if axes == nil {
			return s.f.Constant(shift)
		}
		return s.f.Constant(shift, len(shift))
	})
	by = steps.do(func() (compute.Value, error) { return s.f.ConvertDType(by, s.indices.DType) })
	by = steps.do(func() (compute.Value, error) { return s.f.BroadcastInDim(by, s.indices, axes) })
	moved := steps.do(func() (compute.Value, error) { return s.f.Add(indices, by) })
	sum := steps.do(func() (compute.Value, error) {
		return s.f.Function.ScatterSum(operand, moved, part, s.vector, whole, inserted, s.to, false, false)
	})
	return sum, steps.err
}

// vectorSize returns the length of one index.
func (s *scattering) vectorSize() int {
	if s.vector == s.indices.Rank() {
		return 1
	}
	return s.indices.Dimensions[s.vector]
}
