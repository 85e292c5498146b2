package nb

import (
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// The table of maps has pictures and layers down, targets and methods across, and every map in its cell. What all maps
// have in common stands in the title alone.
func TestSheetOf(t *testing.T) {
	one := func(layer, method, target, class string) *heatmap.Map {
		return &heatmap.Map{Layer: layer, Method: method, Target: target, Class: class, Grid: heatmap.NewGrid(2, 2),
			Raw: heatmap.NewGrid(2, 2), Metrics: map[string]float64{"deletion": 1}}
	}
	r := &heatmap.Result{Model: "net", Frame: imgio.Frame{}, Maps: []*heatmap.Map{
		one("a", "X", "class 1", "cat"), one("a", "Y", "class 1", "cat"), one("b", "X", "class 1", "cat"),
		one("b", "Y", "class 1", "cat"),
	}}
	s := sheetOf([]*heatmap.Result{r})
	if s.Title != "net, cat" || !slices.Equal(s.Rows, []string{"a", "b"}) ||
		!slices.Equal(s.Columns, []string{"X", "Y"}) || !slices.Equal(s.Metrics, []string{"deletion"}) {
		t.Errorf("%q: rows %q, columns %q, metrics %q", s.Title, s.Rows, s.Columns, s.Metrics)
	}
	for i, row := range [][]int{{0, 1}, {2, 3}} {
		for j, want := range row {
			if s.Cells[i][j].Map != want {
				t.Errorf("cell (%d, %d) is map %d, want %d", i, j, s.Cells[i][j].Map, want)
			}
		}
	}
	// Two pictures whose best classes differ: one column, and a hole where one has no map.
	p := &heatmap.Result{Maps: []*heatmap.Map{one("a", "X", "top 1, class 1", "cat"),
		one("b", "X", "top 1, class 1", "cat")}}
	q := &heatmap.Result{Maps: []*heatmap.Map{one("a", "X", "top 1, class 2", "dog"),
		one("a", "Z", "top 1, class 2", "dog")}}
	s = sheetOf([]*heatmap.Result{p, q})
	if !slices.Equal(s.Rows, []string{"picture 1, a", "picture 1, b", "picture 2, a"}) ||
		!slices.Equal(s.Columns, []string{"X", "Z"}) {
		t.Errorf("rows %q, columns %q", s.Rows, s.Columns)
	}
	if s.Cells[0][1].Empty == "" || s.Cells[2][1].Empty != "" || s.Cells[2][1].Result != 1 || s.Cells[2][1].Map != 1 {
		t.Errorf("cells %+v", s.Cells)
	}
}
