package render

import (
	"strconv"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Provenance returns the texts for [EncodePNG] that say how a figure was made: model, method, target and recipe.
func Provenance(r *heatmap.Result, m *heatmap.Map) map[string]string {
	text := map[string]string{
		"Title":           figureTitle(r, m) + ", " + clean(subtitle(r, m, m.Class)),
		"gradcam:model":   r.Model,
		"gradcam:sha256":  r.SHA256,
		"gradcam:layer":   m.Layer,
		"gradcam:method":  m.Method,
		"gradcam:target":  m.Target,
		"gradcam:backend": r.Backend,
	}
	if r.Picture != nil {
		text["gradcam:picture"] = Fingerprint(r.Picture)
	}
	if r.Input != "" {
		text["gradcam:input"] = r.Input
	}
	if r.Recipe != "" {
		text["gradcam:recipe"] = r.Recipe
	}
	if m.Sampled != nil {
		text["gradcam:seed"] = strconv.FormatUint(m.Sampled.Seed, 10)
	}
	for module, version := range r.Versions {
		text["gradcam:version:"+module] = version
	}
	return text
}
