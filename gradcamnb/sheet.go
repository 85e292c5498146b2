package gradcamnb

import (
	"context"
	"fmt"
	"image"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/must"
)

// Sheet compares maps of one picture in a table, such as layers by methods:
//
//	m.Sheet(cat, heatmap.ByLayer, heatmap.ByMethod, Layers("stages"), Methods("Grad-CAM", "LayerCAM"))
//
// All maps come from one program and one forward pass. Each is measured by insertion and
// deletion unless [Measured] says otherwise, and the best is framed.
func (m *Model) Sheet(img image.Image, rows, columns heatmap.Axis, choices ...Choice) (*heatmap.Sheet, error) {
	return m.SheetContext(context.Background(), img, rows, columns, choices...)
}

// SheetContext is like Sheet, but ends when ctx does.
func (m *Model) SheetContext(ctx context.Context, img image.Image, rows, columns heatmap.Axis,
	choices ...Choice) (*heatmap.Sheet, error) {
	return m.RunSheet(ctx, Request{Pictures: []image.Image{img}}.With(choices...), []heatmap.Axis{rows},
		[]heatmap.Axis{columns})
}

// MustSheet is like Sheet, but panics with the error.
func (m *Model) MustSheet(img image.Image, rows, columns heatmap.Axis, choices ...Choice) *heatmap.Sheet {
	return must.Get(m.Sheet(img, rows, columns, choices...))
}

// RunSheet is the general form of Sheet: it takes any number of pictures, and several axes down and across. Of what is
// not an axis the request must have one only: one picture, target, layer or method.
func (m *Model) RunSheet(ctx context.Context, r Request, rows, columns []heatmap.Axis) (*heatmap.Sheet, error) {
	if r.Measuring.Metrics == nil {
		r.Measuring.Metrics = []string{"insertion", "deletion", "insertion - deletion"}
	}
	results, err := m.Run(ctx, r)
	if err != nil {
		return nil, err
	}
	s, err := heatmap.Tabulate(results, rows, columns)
	if err != nil {
		return nil, fmt.Errorf("laying out the sheet: %w", err)
	}
	s.Metrics = r.Measuring.Metrics
	if best := "insertion - deletion"; slices.Contains(s.Metrics, best) {
		s.Frame(best, true)
		s.Note = "Framed: the best " + best + " (" + measured(r.Measuring) + ")."
	}
	return s, nil
}

// measured returns a phrase that says how maps are measured.
func measured(m Measuring) string {
	steps := m.Steps
	if steps == 0 {
		steps = ask.DefaultSteps
	}
	over := "what is hidden is blurred for insertion and of the mean colour for deletion"
	if m.Baseline != "" {
		over = "what is hidden is " + map[string]string{"mean": "of the mean colour", "blur": "blurred",
			"black": "black"}[m.Baseline]
	}
	return fmt.Sprintf("%d steps, %s", steps, over)
}
