package target

import (
	"math"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Logits 0, ln 2 and ln 5 have the exponentials 1, 2 and 5, which add up to 8: the probabilities are 1/8, 2/8 and 5/8.
func TestByHand(t *testing.T) {
	ln2, ln5 := math.Log(2), math.Log(5)
	logits := tensor([]int{1, 3}, 0, float32(ln2), float32(ln5))
	none := tensor([]int{1}, 0)
	for name, c := range map[string]struct {
		kind             Kind
		output, argument *tensors.Tensor
		index            int32
		want             float64
	}{
		"class":                {Element, logits, none, 2, ln5},
		"softmax":              {Probability, logits, none, 1, 2.0 / 8},
		"exponential":          {Exponential, logits, none, 2, 5},
		"tag: 2 / (1 + 2)":     {TagProbability, logits, none, 1, 2.0 / 3},
		"finer: two others":    {Finer, logits, none, 0, -(2*ln2 + 5*ln5) / 7},
		"weighted: 1, 0, -1":   {Weighted, logits, tensor([]int{1, 3}, 1, 0, -1), 0, -ln5},
		"binary, class 0":      {Binary, tensor([]int{1, 1}, float32(ln5)), tensor([]int{1, 1}, -1), 0, -ln5},
		"its probability":      {BinaryProbability, tensor([]int{1, 1}, float32(ln5)), tensor([]int{1, 1}, -1), 0, 1.0 / 6},
		"similar: 24 / (5 5)":  {Similar, tensor([]int{1, 2}, 3, 4), tensor([]int{1, 2}, 4, 3), 0, 24.0 / 25},
		"region: the 4 of 3 4": {Region, tensor([]int{1, 2, 1, 2}, 1, 2, 3, 4), tensor([]int{1, 1, 2}, 0, 1), 1, 4},
	} {
		got := MustExecOnce(gobackend.GetBackend(), c.kind.Score, c.output,
			tensors.FromFlatDataAndDimensions([]int32{c.index}, 1), c.argument)
		if v := tensors.MustCopyFlatData[float32](got)[0]; !(math.Abs(float64(v)-c.want) <= 1e-6) {
			t.Errorf("%s: %g, want %g", name, v, c.want)
		}
		if _, err := c.kind.Check(c.output.Shape().Dimensions); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.kind.Check([]int{1}); err == nil {
			t.Errorf("%s: an output without an axis of values is taken", name)
		}
	}
}

// Of 1, 5 and 5 the first 5 comes first, then the other.
func TestRank(t *testing.T) {
	for rank, want := range map[int]int32{1: 1, 2: 2, 3: 0} {
		got := MustExecOnce(gobackend.GetBackend(), func(y *Node) *Node { return Rank(y, rank) },
			tensor([]int{1, 3}, 1, 5, 5))
		if v := tensors.MustCopyFlatData[int32](got)[0]; v != want {
			t.Errorf("place %d is class %d, want %d", rank, v, want)
		}
	}
}

func tensor(dims []int, values ...float32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}
