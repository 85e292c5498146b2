// Package radix sorts maps' values. They are 50,000 and more, for which sorts by comparison take ten times as long.
package radix

import "math"

// Sorted returns values in rising order. None of them may be NaN. -0 becomes 0.
func Sorted(values []float32) []float32 {
	items := make([]uint64, len(values))
	for i, v := range values {
		items[i] = uint64(RisingKey(v)) << 32
	}
	out := make([]float32, len(values))
	for i, item := range sort(items) {
		out[i] = ofKey(uint32(item >> 32))
	}
	return out
}

// Order sorts places of values by the values' keys. Places of equal keys keep their order.
func Order(places []int32, values []float32, key func(float32) uint32) []int32 {
	items := make([]uint64, len(places))
	for i, p := range places {
		items[i] = uint64(key(values[p]))<<32 | uint64(uint32(p))
	}
	out := make([]int32, len(places))
	for i, item := range sort(items) {
		out[i] = int32(uint32(item))
	}
	return out
}

// RisingKey returns a whole number that rises as v does, and is the same for 0 and -0.
func RisingKey(v float32) uint32 {
	if v == 0 {
		v = 0 // not -0
	}
	bits := math.Float32bits(v)
	if bits>>31 == 1 { // below zero: the bits fall
		return ^bits
	}
	return bits | 1<<31
}

// FallingKey returns a whole number that falls as v rises.
func FallingKey(v float32) uint32 { return ^RisingKey(v) }

// ofKey returns the value that has a rising key.
func ofKey(key uint32) float32 {
	if key>>31 == 1 {
		return math.Float32frombits(key &^ (1 << 31))
	}
	return math.Float32frombits(^key)
}

// sort sorts items by their upper 32 bits, 11 at a time, from the lowest. Items of equal upper bits keep their order.
// It leaves out a turn in which all items have the same 11 bits. The result may lie in the memory of items.
func sort(items []uint64) []uint64 {
	const bits, digits, turns = 11, 1 << 11, 3
	var starts [turns][digits + 1]int32
	for _, item := range items {
		key := uint32(item >> 32)
		for t := range turns {
			starts[t][key>>(t*bits)%digits+1]++
		}
	}
	other := make([]uint64, len(items))
	for t := range turns {
		at := &starts[t]
		alike := false
		for d := range digits {
			alike = alike || int(at[d+1]) == len(items)
			at[d+1] += at[d]
		}
		if alike {
			continue
		}
		for _, item := range items {
			d := uint32(item>>32) >> (t * bits) % digits
			other[at[d]] = item
			at[d]++
		}
		items, other = other, items
	}
	return items
}
