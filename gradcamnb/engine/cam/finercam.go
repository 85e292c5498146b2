package cam

import "fmt"

// FinerCAM shows what distinguishes a class from similar classes. It is a method of the
// family with the score
//
//	S = SUM_r p_r (y_c - y_r) / (SUM_r p_r + 1e-9)     (eq. 5 with alpha = 1)
//
// r are the three classes whose logits are nearest to y_c, and p the softmax probabilities;
// the gradient goes through p, too. Zhang et al. 2025, "Finer-CAM: Spotting the Difference
// Reveals Finer Details for Visual Explanation", as in pytorch-grad-cam 1.5.7
// (finer_cam.py). It is made of Grad-CAM, or of another method: FinerCAM(LayerCAM). The
// target finer is this score by itself.
var FinerCAM = Register(Method{
	Name:    "FinerCAM",
	Aliases: []string{"Finer-CAM"},
	Paper:   "Zhang et al. 2025, arXiv:2501.11309",
	Formula: "the method's map of SUM_r p_r (y_c - y_r) / SUM_r p_r, r = the three classes nearest to c, p = softmax(y)",
	Passes:  "as the method that it is made of",
	Use:     "for classes that look alike, such as birds, cars or breeds",
	Peers:   "torch-cam subtracts without the weights p",
	Procedure: Wrapper{Usual: "Grad-CAM", Make: func(base Method) (Procedure, error) {
		if base.Unit != "" {
			return nil, fmt.Errorf("%s does not depend on the score", base.Name)
		}
		how, err := onePassAtLayer(base)
		return Retargeting{Target: "finer", Base: how}, err
	}},
})
