//go:build cgo && !noonnxruntime

package onnxruntime

import (
	"math"
	"slices"
	"testing"
)

// A picture's values are rounded to the nearest whole number, halves to the even one, and cut off at the ends of their
// type.
func TestRoundByHand(t *testing.T) {
	values := []float32{-129, -0.6, 0.5, 1.5, 127.6, 255.4, 300}
	if got := round(values, math.MinInt8, math.MaxInt8); !slices.Equal(got, []float32{-128, -1, 0, 2, 127, 127, 127}) {
		t.Errorf("of int8: %v", got)
	}
	if got := round(values, 0, math.MaxUint8); !slices.Equal(got, []float32{0, 0, 0, 2, 128, 255, 255}) {
		t.Errorf("of uint8: %v", got)
	}
}
