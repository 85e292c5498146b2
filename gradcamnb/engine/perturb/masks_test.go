package perturb

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// The golden saliency (generate.py, numpy) is made of its grids and shifts: the masks
// themselves, a megabyte, are not kept in testdata.
func TestEnlargeIsTheGoldenRecipe(t *testing.T) {
	_, grids := golden.Array(t, "golden/drise-public/grids.npy")
	_, shifts := golden.Array(t, "golden/drise-public/shifts.npy")
	_, weights := golden.Array(t, "golden/drise-public/weights.npy")
	_, want := golden.Array(t, "golden/drise-public/saliency.npy")
	const n, size = 64, 64
	var rows, columns []float32
	for i := range n {
		rows, columns = append(rows, shifts[2*i]), append(columns, shifts[2*i+1])
	}
	got := values(t, gobackend.GetBackend(), func(in []*Node) *Node {
		return Einsum("tn,nhw->thw", in[3], field{1, size, size, 16}.enlarge(in[0], func(axis, _ int) *Node { return in[1+axis] }))
	}, tensors.FromFlatDataAndDimensions(grids, n, 256), tensors.FromFlatDataAndDimensions(rows, n, 1),
		tensors.FromFlatDataAndDimensions(columns, n, 1), tensors.FromFlatDataAndDimensions(weights, 3, n))
	for i := range want {
		if d := math.Abs(float64(got[i]-want[i])) / 7.4; !(d < 1e-5) { // 7.4 is the highest value
			t.Fatalf("saliency %d is %g, want %g", i, got[i], want[i])
		}
	}
}

func values(t *testing.T, b compute.Backend, graph func(in []*Node) *Node, in ...*tensors.Tensor) []float32 {
	t.Helper()
	args := make([]any, len(in))
	for i, x := range in {
		args[i] = x
	}
	return tensors.MustCopyFlatData[float32](MustExecOnce(b, graph, args...))
}

// The numbers of hash, worked out with Go's own integers.
func TestHash(t *testing.T) {
	mix := func(x uint32) uint32 {
		x ^= x >> 16
		x *= 0x7feb352d
		x ^= x >> 15
		x *= 0x846ca68b
		return x ^ x>>16
	}
	seed := []uint32{0xdeadbeef, 7}
	const first, n, m = 4000000000, 5, 300
	got := values(t, gobackend.GetBackend(), func(in []*Node) *Node { return hash(in[0], in[1], n, m) },
		tensors.FromFlatDataAndDimensions(seed, 2), tensors.FromScalar(uint32(first)))
	var mean float64
	for i := range n {
		for j := range m {
			h := mix(mix(seed[0]+mix(seed[1])) + (first+uint32(i))*0x9e3779b9)
			want := float32(mix(h+(uint32(j)+1)*0x85ebca6b)>>8) / (1 << 24)
			if got[i*m+j] != want {
				t.Fatalf("number (%d, %d) is %g, want %g", i, j, got[i*m+j], want)
			}
			mean += float64(want) / (n * m)
		}
	}
	if sigma := math.Sqrt(1.0 / 12 / (n * m)); !(math.Abs(mean-0.5) <= 4*sigma) {
		t.Errorf("the mean is %g, more than 4 standard errors from 1/2", mean)
	}
}

// In a whole block every cell is seen in half of the masks and every two together in a
// quarter; another block is drawn otherwise. With 64 cells every code of the order is a cell's.
func TestBalanced(t *testing.T) {
	for _, cells := range []int{49, 64} {
		const n = 128
		if block := balancedBlock(cells); block != n {
			t.Fatalf("a block of %d cells has %d masks, want %d", cells, block, n)
		}
		draw := func(first uint32) []float32 {
			return values(t, gobackend.GetBackend(), func(in []*Node) *Node {
				seen, _ := balancedCells(in[0], in[1], n, cells)
				return seen
			}, tensors.FromFlatDataAndDimensions([]uint32{3, 4}, 2), tensors.FromScalar(first))
		}
		seen := draw(n)
		for a := range cells {
			for b := range a + 1 {
				var together float32
				for i := range n {
					together += seen[i*cells+a] * seen[i*cells+b]
				}
				if want := map[bool]float32{true: n / 2, false: n / 4}[a == b]; together != want {
					t.Fatalf("of %d cells %d and %d are seen together in %g of %d masks, want %g", cells, a, b, together, n, want)
				}
			}
		}
		if slices.Equal(seen, draw(0)) {
			t.Errorf("two blocks of %d cells are the same", cells)
		}
	}
}
