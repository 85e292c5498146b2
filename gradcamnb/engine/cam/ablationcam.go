package cam

import (
	"errors"
	"fmt"
)

// AblationCAM weighs every channel by the share of the score that is lost without it. It
// takes no gradient:
//
//	w_k = (S - S_k) / S,  S_k = the score with A_k = 0     (eq. 3)
//	L   = SUM_k w_k A_k                                    (eq. 4, before its ReLU)
//
// Desai and Ramaswamy 2020, "Ablation-CAM: Visual Explanations for Deep Convolutional
// Network via Gradient-free Localization". A score of exactly 0 has no shares, and is refused;
// shares of a score below 0 have the other sign, and the map's diagnosis says so.
// Every pass starts at the layer. Shapes: [h, w, channels] -> [h, w].
var AblationCAM = Register(Method{
	Name:    "Ablation-CAM",
	Aliases: []string{"AblationCAM-zero"},
	Paper:   "Desai and Ramaswamy 2020, WACV",
	Formula: "ReLU(SUM_k w_k A_k), w_k = (S - S_k) / S, S_k = score with A_k = 0 (eq. 3, 4)",
	Unit:    "activation",
	Passes:  "1 forward from the layer on for every channel",
	Use:     "if there is no gradient, or none to be trusted",
	Peers:   "pytorch-grad-cam writes 0 only if the layer's minimum is 0, as after a ReLU; otherwise it writes about -1e7 (i+1) for picture i of the batch, and its map is another",
	Procedure: Activations{Refuse: func(c Original) error {
		if c.Score == 0 {
			return errors.New("Ablation-CAM weighs every channel by its share of the score, and the score of this picture is 0, which has no shares: explain another target or the softmax probability, or take Grad-CAM")
		}
		return nil
	}, Start: func(c Original) Run {
		weights := make([]float64, c.Act.C)
		doubt := ""
		if c.Score < 0 {
			doubt = fmt.Sprintf("The score is below 0 (%.3g), and a share of it has the other sign: the map shows what lowers the score. Explain the softmax probability instead, or take Grad-CAM.", c.Score)
		}
		return Run{
			Doubt:  doubt,
			Inputs: c.Act.C,
			Input: func(k int) []float32 {
				out := append([]float32(nil), c.Act.Flat...)
				for i := k; i < len(out); i += c.Act.C {
					out[i] = 0
				}
				return out
			},
			Take: func(k int, score float32, _ []float32) {
				weights[k] = (float64(c.Score) - float64(score)) / float64(c.Score)
			},
			Map: func() Grid { return c.Act.weightedSum(weights) },
		}
	}},
})
