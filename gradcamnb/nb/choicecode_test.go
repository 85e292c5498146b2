package nb

import (
	"image"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

func TestChoiceCode(t *testing.T) {
	m := &heatmap.Map{Place: heatmap.AtLayer, Layer: "layer3.1 (add_5)", Method: "Grad-CAM"}
	second := gradcamnb.Similar(image.NewGray(image.Rect(0, 0, 1, 1)))
	for want, target := range map[string]gradcamnb.Target{
		`net.MustExplain(picture, gradcamnb.Class(3), gradcamnb.Layers("add_5"), gradcamnb.Methods("Grad-CAM"))`: gradcamnb.Class(3),
		`MustExplain(picture, gradcamnb.Label("tiger cat"), `:                                                    gradcamnb.Label("tiger cat"),
		`MustExplain(picture, gradcamnb.Attribute("colour", "red"), `:                                            gradcamnb.Attribute("colour", "red"),
		`MustExplain(picture, gradcamnb.Output("logits", 3), `:                                                   gradcamnb.Output("logits", 3),
		`gradcamnb.ParseTarget("region:1:mean")`:                                                                 gradcamnb.RegionMean(1),
		"// target is the one of this cell":                                                                      second,
	} {
		if got := choiceCode(target, m); !strings.Contains(got, want) {
			t.Errorf("%s has the code\n%s\nwithout\n%s", target, got, want)
		}
	}
	for what, target := range map[string]gradcamnb.Target{
		"a mask": gradcamnb.Region(1, heatmap.NewGrid(2, 2)), "a tensor": gradcamnb.Class(3).In("head"),
	} {
		code := choiceCode(target, m)
		if !strings.Contains(code, "// target is the one of this cell") || strings.Contains(code, "ParseTarget") {
			t.Errorf("%s is lost: %s", what, code)
		}
	}
}
