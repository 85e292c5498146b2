package cam

// ODAM is [HiResCAM] of one detection, at the layer before the heads from which the detection was made. S is the score
// of the detection or one side of its box, so there are five maps of a detection (gradcamnb.Sides):
//
//	L = SUM_k dS/dA_k * A_k
//
// Zhao and Chan 2023, "ODAM: Gradient-based Instance-Specific Visual Explanations for Object Detection" (ICLR), as in
// the authors' program (github.com/Cyang-Zhao/ODAM at c2c2d5e, tools/savefig_odam.py), which also scales the map to
// [0, 1]. The paper's formula smooths the gradient locally; the program does not, and neither does this method. Shapes:
// [batch, h, w, channels] twice -> [batch, h, w].
var ODAM = Register(Method{
	Name:    "ODAM",
	Paper:   "Zhao and Chan 2023, ICLR, arXiv:2304.06354",
	Formula: "ReLU(SUM_k dS/dA_k * A_k), S of one detection",
	Passes:  "1 forward, 1 backward down to the layer",
	Use:     "for a detection or one side of its box; over all levels as Levels(ODAM)",
	Peers:   "the paper smooths the gradient with a Gaussian as large as the object; neither the authors' program nor gradcam does",

	KeepsCells: true,

	NoPeer: "no library has it; a torch program of the same formula is compared with, on a detector of two levels (TestODAMAndLevelsAgainstTorch)",

	Procedure: HiResCAM.Procedure,
})
