package cam

// GuidedGradCAM keeps the part of [GuidedBackprop] that lies within the map of [GradCAM]:
//
//	L = guided backpropagation * Grad-CAM
//
// pixel by pixel; Grad-CAM is resized bilinearly. Selvaraju et al. 2017, section 3.2, which
// has no equation. Shape: [batch, H, W], of the picture.
var GuidedGradCAM = Register(Method{
	Name:    "Guided Grad-CAM",
	Aliases: []string{"GuidedGradCam"},
	Paper:   "Selvaraju et al. 2017, arXiv:1610.02391",
	Formula: "guided backpropagation * Grad-CAM (section 3.2)",
	Unit:    "relative",
	Passes:  "1 forward, 2 backward",
	Use:     "for fine detail within what Grad-CAM shows",
	Peers:   "captum resizes Grad-CAM by the nearest cell, the paper bilinearly",
	Procedure: MethodFusion{Methods: []Method{GuidedBackprop, GradCAM}, Join: func(maps []Grid) Grid {
		return combine(maps, func(a, b float32) float32 { return a * b })
	}},
})
