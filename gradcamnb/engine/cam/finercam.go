package cam

import "fmt"

// FinerCAM explains what sets a class apart from those that the model holds for similar:
// any method of the family with the score
//
//	S = SUM_r p_r (y_c - y_r) / (SUM_r p_r + 1e-9)     (eq. 5 with alpha = 1)
//
// where r are the three classes with the logits nearest to y_c and p the softmax
// probabilities, whose gradient counts, too. Zhang et al. 2025, "Finer-CAM: Spotting the
// Difference Reveals Finer Details for Visual Explanation", as pytorch-grad-cam 1.5.7 has
// it (finer_cam.py). It is made of Grad-CAM, or of another: FinerCAM(LayerCAM). The score
// by itself is the target finer.
var FinerCAM = register(Method{
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
