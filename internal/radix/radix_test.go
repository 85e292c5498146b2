package radix

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// lists are values of any size and sign, with many equal ones in some of them.
func lists() [][]float32 {
	draw := rand.New(rand.NewPCG(1, 2))
	out := [][]float32{nil, {3}, {0, float32(math.Copysign(0, -1)), 0}, {7, 7, 7},
		{math.MaxFloat32, float32(math.Inf(1)), -1, float32(math.Inf(-1)), math.SmallestNonzeroFloat32,
			-math.SmallestNonzeroFloat32, 0}}
	for _, one := range []func() float32{
		func() float32 { return float32(draw.NormFloat64()) },
		func() float32 { return float32(draw.IntN(5) - 2) },
		func() float32 { return float32(math.Exp(50 * draw.NormFloat64())) },
		func() float32 { return max(0, float32(draw.NormFloat64())) },
	} {
		values := make([]float32, 5000)
		for i := range values {
			values[i] = one()
		}
		out = append(out, values)
	}
	return out
}

// Both sorts agree with those of package slices.
func TestSorts(t *testing.T) {
	for k, values := range lists() {
		want := slices.Clone(values)
		slices.Sort(want)
		if got := Sorted(values); !slices.Equal(got, want) {
			t.Errorf("list %d is sorted to %v", k, got[:min(len(got), 10)])
		}
		var places []int32
		for i := range values {
			places = append(places, int32(len(values)-1-i))
		}
		order := slices.Clone(places)
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(values[a], values[b]) })
		if got := Order(places, values, RisingKey); !slices.Equal(got, order) {
			t.Errorf("list %d: the rising order is %v", k, got[:min(len(got), 10)])
		}
		order = slices.Clone(places)
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(values[b], values[a]) })
		if got := Order(places, values, FallingKey); !slices.Equal(got, order) {
			t.Errorf("list %d: the falling order is %v", k, got[:min(len(got), 10)])
		}
	}
}

func BenchmarkSorted(b *testing.B) {
	draw := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, 224*224)
	for i := range values {
		values[i] = draw.Float32()
	}
	for b.Loop() {
		Sorted(values)
	}
}
