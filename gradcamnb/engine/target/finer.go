package target

import (
	"errors"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// references is the number of classes with which Finer compares a class.
const references = 3

// Finer is how far a class c is ahead of the classes that the model finds similar to it,
//
//	S = SUM_r p_r (y_c - y_r) / (SUM_r p_r + 1e-9),  p = softmax(y)
//
// over the three classes r whose logits are nearest to y_c. The gradient flows through p, too. Zhang et al. 2025,
// "Finer-CAM", eq. 5 with alpha = 1, as in pytorch-grad-cam 1.5.7 (model_targets.py: FinerWeightedTarget). Output
// [batch, classes] -> [batch].
var Finer = register(Kind{
	Name: "finer",
	Unit: "logits",
	Check: func(output []int) (int, error) {
		classes, err := vector(output)
		if err == nil && classes < 2 {
			return 0, errors.New("the output has one class, and there is no other to compare it with")
		}
		return classes, err
	},
	Score: func(output, index, _ *Node) *Node {
		p := Softmax(output, 1)
		main := InsertAxes(pick(output, index), -1) // [batch, 1]
		far := Neg(Abs(Sub(StopGradient(output), StopGradient(main))))
		lowest := Scalar(output.Graph(), output.DType(), math.Inf(-1))
		far = Where(classMask(output, index), BroadcastToShape(lowest, far.Shape()), far)
		var sum, total *Node
		for range min(references, output.Shape().Dim(1)-1) {
			nearest := ArgMax(far, 1)
			far = Where(classMask(output, nearest), BroadcastToShape(lowest, far.Shape()), far)
			weight := pick(p, nearest)
			ahead := Mul(weight, Sub(Squeeze(main, -1), pick(output, nearest)))
			if sum == nil {
				sum, total = ahead, weight
				continue
			}
			sum, total = Add(sum, ahead), Add(total, weight)
		}
		return Div(sum, AddScalar(total, 1e-9))
	},
})
