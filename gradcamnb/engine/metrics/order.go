package metrics

import "math"

// byRising returns the places of values in rising order. Places of equal values keep their order.
func byRising(values []float32) []int32 {
	return orderBy(newOrder(len(values)), values, risingKey)
}

// byFalling returns the places of values in falling order. Places of equal values keep their order.
func byFalling(values []float32) []int32 {
	return orderBy(newOrder(len(values)), values, fallingKey)
}

func newOrder(n int) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	return order
}

// risingKey returns a whole number that rises as v does, and is the same for 0 and -0.
func risingKey(v float32) uint32 {
	if v == 0 {
		v = 0 // not -0
	}
	bits := math.Float32bits(v)
	if bits>>31 == 1 { // below zero: the bits fall
		return ^bits
	}
	return bits | 1<<31
}

func fallingKey(v float32) uint32 { return ^risingKey(v) }

// orderBy sorts places by the keys of their values. Places of equal keys keep their order. It is a radix sort by 11
// bits at a time, from the lowest: maps have 50,000 values and more, for which comparisons take ten times as long.
func orderBy(order []int32, values []float32, key func(float32) uint32) []int32 {
	const bits, digits = 11, 1 << 11
	keys := make([]uint32, len(values))
	for i, v := range values {
		keys[i] = key(v)
	}
	other := make([]int32, len(order))
	for shift := 0; shift < 32; shift += bits {
		var starts [digits + 1]int
		for _, k := range keys {
			starts[k>>shift%digits+1]++
		}
		for d := range digits {
			starts[d+1] += starts[d]
		}
		for _, p := range order {
			d := keys[p] >> shift % digits
			other[starts[d]] = p
			starts[d]++
		}
		order, other = other, order
	}
	return order
}
