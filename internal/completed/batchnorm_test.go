package completed_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// Batch norm in a training, and its gradient, by hand. Of x = 1, 2, 3, 4 the mean is 2.5 and the variance 1.25. With
// epsilon = 0.75 that makes z = (x - 2.5) / sqrt(2), and with scale 2 and offset 1 the value 2 z + 1. Of the sum of g y
// with g = 1, 0, 0, 0 the gradients are, with mean(g) = 1/4 and mean(g z) = -1.5 / sqrt(2) / 4 = -3 sqrt(2) / 16:
//
//	x:       sqrt(2) (g - 1/4 - z mean(g z)) = sqrt(2) (15, -11, -5, 1) / 32
//	scale:   z_1 = -1.5 / sqrt(2)
//	offset:  1
//
// Pure Go does as XLA does.
func TestBatchNormForTrainingByHand(t *testing.T) {
	root := math.Sqrt2
	want := [][]float64{
		{1 - 1.5*root, 1 - 0.5*root, 1 + 0.5*root, 1 + 1.5*root}, {2.5}, {1.25},
		{15 * root / 32, -11 * root / 32, -5 * root / 32, root / 32}, {-1.5 / root}, {1},
	}
	for _, name := range []string{"go", "xla:cpu"} {
		t.Run(name, func(t *testing.T) {
			on, err := device.OpenNamed(name)
			require.Backend(t, name, err)
			got := MustNewExec(on.Backend, func(x, scale, offset *Node) []*Node {
				y, mean, variance := InternalBatchNormForTraining(x, scale, offset, 0.75, 2)
				loss := ReduceAllSum(Slice(y, AxisElem(0), AxisElem(0)))
				return append([]*Node{y, mean, variance}, Gradient(loss, x, scale, offset)...)
			}).MustCall([][][]float32{{{1}, {2}}, {{3}, {4}}}, []float32{2}, []float32{1})
			for i, values := range want {
				for k, v := range tensors.MustCopyFlatData[float32](got[i]) {
					if !(math.Abs(float64(v)-values[k]) <= 1e-6) {
						t.Errorf("value %d of result %d is %g, want %g", k, i, v, values[k])
					}
				}
			}
		})
	}
}
