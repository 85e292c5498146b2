package device

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
)

// Floats returns a tensor's values and frees its memory.
func Floats(t *tensors.Tensor) ([]float32, error) { return values[float32](t) }

// Ints is like [Floats], for whole numbers.
func Ints(t *tensors.Tensor) ([]int32, error) { return values[int32](t) }

func values[T float32 | int32](t *tensors.Tensor) ([]T, error) {
	defer t.MustFinalizeAll()
	v, err := tensors.CopyFlatData[T](t)
	if err != nil {
		return nil, fmt.Errorf("reading the results: %w", Root(err))
	}
	return v, nil
}

// Row returns the part of picture i of a batch of values.
func Row(values []float32, i, batch int) []float32 {
	n := len(values) / batch
	return slices.Clip(values[i*n : (i+1)*n])
}

// Array is a tensor's shape and values.
type Array struct {
	Dims   []int     // shape, batch first
	Values []float32 // row by row
}
