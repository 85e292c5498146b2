package kind

import (
	"image"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/place"
)

// A target is made by a function of package gradcamnb if that takes all that the target says.
func TestCall(t *testing.T) {
	for want, s := range map[string]Spec{
		"gradcamnb.Top(2)":                      {Kind: "top", Index: []int{2}},
		"gradcamnb.Class(285)":                  {Kind: "class", Index: []int{285}},
		`gradcamnb.Label("tiger \"cat\"")`:      {Kind: "class", Value: `tiger "cat"`},
		"gradcamnb.Tag(4)":                      {Kind: "tag", Index: []int{4}},
		"gradcamnb.Tags(1, 4)":                  {Kind: "tags", Index: []int{1, 4}},
		"gradcamnb.Contrast(285, 282)":          {Kind: "contrast", Index: []int{285, 282}},
		`gradcamnb.ContrastLabels("10", "a,b")`: {Kind: "contrast", Values: []string{"10", "a,b"}},
		`gradcamnb.Attribute("colour", "red")`:  {Kind: "attribute", Name: "colour", Value: "red"},
		`gradcamnb.Output("colour", 3)`:         {Kind: "output", Name: "colour", Index: []int{3}},
		`gradcamnb.Element("/head/Gemm", 1)`:    {Kind: "tensor", Name: "/head/Gemm", Index: []int{1}},
		"gradcamnb.Region(7)":                   {Kind: "region", Index: []int{7}},
		"gradcamnb.Detection(2)":                {Kind: "detection", Index: []int{2}},
	} {
		if got := s.Call(); got != want {
			t.Errorf("%s is made by %q, want %q", s, got, want)
		}
	}
	for what, s := range map[string]Spec{
		"a mean":           {Kind: "region", Index: []int{7}, Mean: true},
		"a mask":           {Kind: "region", Index: []int{7}, Masks: []heatmap.Grid{heatmap.NewGrid(1, 1)}},
		"two regions":      {Kind: "region", Index: []int{7, 8}},
		"a region's name":  {Kind: "region", Value: "person"},
		"names in a text":  {Kind: "contrast", Value: "tabby,282"},
		"tags' names":      {Kind: "tags", Values: []string{"beach"}},
		"a side":           {Kind: "detection", Index: []int{1}, Edge: "left"},
		"another tensor":   {Kind: "class", Name: "head", Index: []int{1}},
		"a picture":        {Kind: "similar", Picture: image.NewGray(image.Rect(0, 0, 1, 1))},
		"all detections":   {Kind: "detections"},
		"a kind of nobody": {Kind: "nothing", Index: []int{1}},
	} {
		if got := s.Call(); got != "" {
			t.Errorf("%s is made by %q", what, got)
		}
	}
}

// Several numbers for one picture: the error says how to ask for each, in the kind's own words.
func TestSeveralForOnePicture(t *testing.T) {
	defer place.Program()
	sc := scene{scores: make([]float32, 9)}
	for _, c := range []struct {
		Spec
		call, flag string
	}{
		{Spec{Kind: "class", Index: []int{3, 5}}, "gradcamnb.Class(3), gradcamnb.Class(5)",
			"--target class:3 --target class:5"},
		{Spec{Kind: "tag", Index: []int{1, 2, 3}}, "gradcamnb.Tag(1), gradcamnb.Tag(2)", "--target tag:1 --target tag:2"},
		{Spec{Kind: "output", Name: "logits", Index: []int{0, 4}},
			`gradcamnb.Output("logits", 0), gradcamnb.Output("logits", 4)`,
			"--target output:logits:0 --target output:logits:4"},
	} {
		k, err := Lookup(c.Spec)
		if err != nil {
			t.Fatal(err)
		}
		place.Program()
		if _, err = k.Resolve(sc, c.Spec); err == nil || !strings.HasSuffix(err.Error(), "as in "+c.call) {
			t.Errorf("in a program %s has the error %v, want %q", c.Spec, err, c.call)
		}
		place.CommandLine()
		if _, err = k.Resolve(sc, c.Spec); err == nil || !strings.HasSuffix(err.Error(), "as "+c.flag) {
			t.Errorf("on the command line %s has the error %v, want %q", c.Spec, err, c.flag)
		}
	}
}
