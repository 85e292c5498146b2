package engine

import (
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// saysUnguided says of a map by the guided rule, which changes the gradient of ReLUs, that the
// model has none.
func (p plan) saysUnguided(m *heatmap.Map) {
	guided := func(method cam.Method) bool {
		return method.Name == m.Method && plan{methods: []cam.Method{method}}.guides()
	}
	if slices.ContainsFunc(p.methods, guided) {
		m.Diagnosis = strings.TrimSpace(m.Diagnosis + " The model has no ReLU, so guided backpropagation changes no gradient in it: this is what Saliency gives.")
	}
}
