package cam

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// EigenSmooth takes the first principal component of a method's terms in place of their sum
// over the channels. It leaves out what the channels do not share:
//
//	L = X v,  X = the method's terms [h*w, channels], less each channel's mean,
//	          v = the first right singular vector of X
//
// It is pytorch-grad-cam's eigen_smooth, and in no paper. The sign is chosen as in [EigenCAM].
// It is made of Grad-CAM, or of another method that sums channels: EigenSmooth(LayerCAM).
var EigenSmooth = Register(Method{
	Name:    "EigenSmooth",
	Paper:   "pytorch-grad-cam 1.5.7 (base_cam.py), after Muhammad and Yeasin 2020",
	Formula: "ReLU(X v), X = the method's centred terms, v = their first right singular vector",
	Passes:  "as the method that it is made of",
	Use:     "to reduce the noise of a map",
	Peers:   "pytorch-grad-cam keeps the sign that LAPACK returns",
	Procedure: Wrapper{Usual: "Grad-CAM", Make: func(base Method) (Procedure, error) {
		terms, ok := base.Procedure.(Terms)
		if !ok {
			return nil, fmt.Errorf("%s is no sum over channels, so it has no principal component", base.Name)
		}
		return Map(func(at View) *Node { return principal(terms(at.Act, at.Grad)) }), nil
	}},
})

// onePassAtLayer returns a method's procedure, or an error if it takes several passes or has
// no map of a layer.
func onePassAtLayer(m Method) (OnePass, error) {
	if !HasLayer(m.Procedure) {
		return nil, refuseLayerless(m)
	}
	return onePass(m)
}

func refuseLayerless(m Method) error {
	return fmt.Errorf("%s is a map of the picture and has no layer", m.Name)
}

// onePass returns a method's procedure, or an error if it takes several passes, or more than
// one layer, or another gradient or score.
func onePass(m Method) (OnePass, error) {
	switch how := m.Procedure.(type) {
	case Terms:
		return how, nil
	case Map:
		return how, nil
	case Pixels:
		return how, nil
	case ManyLayers:
		return nil, fmt.Errorf("%s looks at all layers at once", m.Name)
	case RelevancePixels:
		return nil, fmt.Errorf("%s shares the score out by rules of its own, so no other method can be made of it", m.Name)
	case GuidedPixels, Retargeting:
		return nil, fmt.Errorf("%s changes the gradient itself; for FinerCAM take the target finer", m.Name)
	}
	return nil, fmt.Errorf("%s takes many passes itself", m.Name)
}
