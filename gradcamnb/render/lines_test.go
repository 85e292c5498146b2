package render

import (
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// A path that is wider than its line is broken behind a sign that divides it, and a word without one where it must be.
// Nothing is lost.
func TestWrapPath(t *testing.T) {
	f := faces().body
	const path = "/layer4/layer4.2/relu_2/Relu_output_0"
	got := wrapText("at "+path, 90, f)
	if got[0] != "at" || len(got) < 3 || strings.Join(got[1:], "") != path {
		t.Errorf("%q", got)
	}
	for _, line := range got[1 : len(got)-1] {
		if !strings.ContainsAny(line[len(line)-1:], "/._") {
			t.Errorf("%q ends in the middle of a name", line)
		}
	}
	for _, line := range append(got, wrapText("abcdefghijklmnopqrstuvwxyz", 90, f)...) {
		if textWidth(line, f) > 90 {
			t.Errorf("the line %q is %d wide", line, textWidth(line, f))
		}
	}
	if got := wrapText("WWW", 1, f); !slices.Equal(got, []string{"W", "W", "W"}) {
		t.Errorf("a line narrower than any character: %q", got)
	}
}

// What is left out of a title is said.
func TestLinesLeftOut(t *testing.T) {
	lines := []string{"a", "b", "c"}
	if got := firstLines(lines, 2); !slices.Equal(got, []string{"a", "b …"}) {
		t.Errorf("the first two: %q", got)
	}
	if got := lastLines(lines, 2); !slices.Equal(got, []string{"… b", "c"}) {
		t.Errorf("the last two: %q", got)
	}
	if got := firstLines(lines, 3); !slices.Equal(got, lines) || !slices.Equal(lines, []string{"a", "b", "c"}) {
		t.Errorf("all three: %q of %q", got, lines)
	}
}

// A column of a sheet has room for a metric's name beside its value, and for the range with its unit.
func TestSheetHasRoomForWords(t *testing.T) {
	f := faces().small
	g := heatmap.Grid{W: 1, H: 1, Values: []float32{0.000123}}
	m := &heatmap.Map{Grid: g, Raw: g, Unit: "score per unit of input",
		Metrics: map[string]float64{"insertion - deletion": -0.000123}}
	s := &heatmap.Sheet{Results: []*heatmap.Result{{Maps: []*heatmap.Map{m}}}, Columns: []string{""},
		Cells: [][]heatmap.Cell{{{}}}, Metrics: []string{"insertion - deletion"}}
	for _, words := range []string{"insertion - deletion  -0.000123", "0 to 0.000123 score per unit of input"} {
		if w := newSheetLayout(s, nil).cellW; w < textWidth(words, f) {
			t.Errorf("a column is %d wide, and %q needs %d", w, words, textWidth(words, f))
		}
	}
	s.Metrics, m.Unit = nil, "logits"
	if w := newSheetLayout(s, nil).cellW; w != cellSide {
		t.Errorf("a column with short words is %d wide, want %d", w, cellSide)
	}
}
