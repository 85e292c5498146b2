package onnxnorm

import "testing"

// Counting places gives the same number as looking at each of them.
func TestWithin(t *testing.T) {
	for _, first := range []int{-7, -1, 0, 3, 9} {
		for step := 1; step < 4; step++ {
			for n := range 7 {
				for _, span := range [][2]int{{0, 5}, {2, 2}, {4, 1}, {-3, 8}, {9, 30}} {
					want := 0
					for k := range n {
						if at := first + k*step; at >= span[0] && at < span[1] {
							want++
						}
					}
					if got := countWithin(first, step, n, span[0], span[1]); got != want {
						t.Errorf("%d places from %d by %d within %v: %d, want %d", n, first, step, span, got, want)
					}
				}
			}
		}
	}
}
