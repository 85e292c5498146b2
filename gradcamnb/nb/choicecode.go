package nb

import (
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// choiceCode returns the Go code with which a cell asks for a map of a target.
func choiceCode(t gradcamnb.Target, m *heatmap.Map) string {
	before, target := targetCode(t)
	parts := []string{target}
	if m.Layer != "" && m.Place == heatmap.AtLayer {
		parts = append(parts, fmt.Sprintf("gradcamnb.Layers(%q)", layerName(m.Layer)))
	}
	parts = append(parts, fmt.Sprintf("gradcamnb.Methods(%q)", m.Method))
	return before + "net.MustExplain(picture, " + strings.Join(parts, ", ") + ")"
}

// targetCode returns the Go code of a target as an argument, and the code that must stand before it. If text cannot
// hold the target, as with a second picture or a mask, the code refers to the target that the cell made.
func targetCode(t gradcamnb.Target) (before, argument string) {
	text := t.String()
	again, err := gradcamnb.ParseTarget(text)
	switch {
	case err != nil || again.String() != text || len(t.Masks) > 0:
		return "// target is the one of this cell\n", "target"
	case t.Kind == kind.Class.Name && len(t.Index) == 1:
		return "", fmt.Sprintf("gradcamnb.Class(%d)", t.Index[0])
	}
	return fmt.Sprintf("target, err := gradcamnb.ParseTarget(%q)\nif err != nil {\n\tpanic(err)\n}\n", text), "target"
}

// layerName returns a layer's tensor name. If the layer has a module path, the name stands in brackets behind it.
func layerName(title string) string {
	if _, name, ok := strings.Cut(title, " ("); ok {
		return strings.TrimSuffix(name, ")")
	}
	return title
}
