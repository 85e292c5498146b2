package heatmap

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// What a cell prints of a result is one line, in whatever form it has it, with class, probability and the picture's
// name, and never the values.
func TestStringsAreOneLine(t *testing.T) {
	raw := NewGrid(100, 100)
	raw.Values[7] = 2
	m := &Map{Grid: raw, Raw: raw, Layer: "conv", Method: "Grad-CAM", Target: "class 3", Class: "tiger cat", Index: 3,
		Score: 9.5, ScoreUnit: "logits", Unit: "logits", Rank: 2, Classes: 10, Probability: 0.25}
	r := &Result{Name: "cat.png", Model: "net", Scores: make([]float32, 1000), Maps: []*Map{m},
		Top: []Prediction{{Index: 1, Label: "tabby", Score: 11, Probability: 0.5}, {Index: 3, Score: 9.5, Probability: 1e-4}}}
	bare := &Map{Raw: raw, Method: "RISE", Target: "output y", Index: -1, ScoreUnit: "output"}
	s := &Sheet{Title: "net", Rows: []string{"a", "b"}, Columns: []string{"Grad-CAM"}, Results: []*Result{r}}
	two := *r
	two.Maps = []*Map{m, bare}
	mask := &HotRegion{Cut: CutAtShare(0.5), Threshold: 1, Mask: raw, Box: Box{1, 2, 3, 4}, Area: 0.125}
	found := Detection{Box: Box{10, 20, 30, 40}, Label: "dog", Score: 0.875, Scores: make([]float32, 80), Mask: raw,
		Points: [][2]float64{{1, 2}}}
	for want, v := range map[string]any{
		"100 x 100 cells from 0 to 2": raw,
		"Grad-CAM at conv of class 3 (tiger cat), 9.5 logits, 25.0 %, rank 2 of 10: 100 x 100 cells from 0 to 2": m,
		"RISE of output y, 0 output: 100 x 100 cells from 0 to 2":                                                bare,
		"cat.png: net: tabby 50.0 %, class 3 < 0.1 %; Grad-CAM at conv of class 3 (tiger cat), 9.5 logits":       r,
		"cat.png: net: tabby 50.0 %, class 3 < 0.1 %; 2 maps":                                                    &two,
		"net: 2 rows (a; b) by 1 columns (Grad-CAM)":                                                             s,
		"cut share:0.5 at 1: 12.5 % of the picture, box [1 2 3 4]":                                               mask,
		"dog 0.88, box [10 20 30 40], 1 points, with a mask":                                                     found,
		"[dog 0.88, box [10 20 30 40], 1 points, with a mask]":                                                   []Detection{found},
		"class 4 1.5": Prediction{Index: 4, Score: 1.5, Probability: float32(math.NaN())},
		"a. b.":       &Trust{Words: []string{"a.", "b."}},
	} {
		if got := fmt.Sprint(v); got != want || strings.Contains(got, "\n") {
			t.Errorf("%T is printed as %.300q, want %q", v, got, want)
		}
	}
}

// What is printed of a result is a line, whatever names a stranger has chosen, and steers no terminal.
func TestPrinted(t *testing.T) {
	const name = "\x1b[2Ja\nb\u202e"
	m := &Map{Method: "Grad-CAM", Layer: name, Target: name, Class: name, ScoreUnit: name, Diagnosis: name}
	p := Prediction{Label: name, Score: 1, Probability: 1}
	for _, v := range []fmt.Stringer{m, p, &Result{Name: name, Model: name, Top: []Prediction{p}, Maps: []*Map{m}},
		Detection{Label: name}, &Sheet{Title: name, Rows: []string{name}, Columns: []string{name}}} {
		if said := v.String(); strings.ContainsAny(said, "\x1b\u202e\n") || !strings.Contains(said, `\x1b[2Ja\nb\u202e`) {
			t.Errorf("%T: %q", v, said)
		}
	}
}
