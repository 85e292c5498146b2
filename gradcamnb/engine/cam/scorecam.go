package cam

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// ScoreCAM weighs every channel by the model's score of the picture if the channel masks it.
// It takes no gradient:
//
//	H_k = s(Up(A_k)),  s(a) = (a - min a) / (max a - min a)     (eq. 5)
//	w   = softmax_k S(x * H_k),  L = SUM_k w_k A_k              (eq. 6)
//
// Wang et al. 2020, "Score-CAM: Score-Weighted Visual Explanations for Convolutional
// Neural Networks". The paper's baseline score is the same for all channels and drops out
// of the softmax. Up is bilinear with aligned corners and 1e-8 is added to the range, as in
// pytorch-grad-cam 1.5.7. Shapes: [h, w, channels] -> [h, w].
var ScoreCAM = Register(Method{
	Name:    "Score-CAM",
	Plane:   true,
	Spreads: true,
	Paper:   "Wang et al. 2020, arXiv:1910.01279",
	Formula: "ReLU(SUM_k w_k A_k), w = softmax_k S(x * s(Up(A_k))) (eq. 5, 6)",
	Unit:    "activation",
	Passes:  "1 forward for every channel",
	Use:     "if there is no gradient, or none to be trusted",
	Peers:   "tf-keras-vis takes the softmax of the prediction and none over the channels",
	Procedure: MaskedPictures{
		Mask: func(shown *Node, height, width int) *Node {
			up := resizeAligned(shown, height, width)
			least := ReduceAndKeep(up, ReduceMin, 1, 2)
			most := ReduceAndKeep(up, ReduceMax, 1, 2)
			return Div(Sub(up, least), AddScalar(Sub(most, least), 1e-8))
		},
		Start: func(c Original) Run {
			scores := make([]float64, 0, c.Act.C)
			return Run{
				Inputs: c.Act.C,
				Input:  c.Act.channel,
				Take:   func(_ int, score float32, _ []float32) { scores = append(scores, float64(score)) },
				Map:    func() Grid { return c.Act.weightedSum(softmax(scores)) },
			}
		},
	},
})

// channel returns the values of channel k, [h, w].
func (v Values) channel(k int) []float32 {
	out := make([]float32, v.H*v.W)
	for i := range out {
		out[i] = v.Flat[i*v.C+k]
	}
	return out
}

// softmax returns exp(x_k) / SUM_j exp(x_j).
func softmax(x []float64) []float64 {
	highest := math.Inf(-1)
	for _, v := range x {
		highest = max(highest, v)
	}
	out := make([]float64, len(x))
	var sum float64
	for i, v := range x {
		out[i] = math.Exp(v - highest)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
