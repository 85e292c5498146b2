package nb

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
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
	if call := t.Call(); call != "" {
		return "", call
	}
	text := t.String()
	if again, err := gradcamnb.ParseTarget(text); err != nil || !reflect.DeepEqual(again, t) {
		return "// target is the one of this cell\n", "target"
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
