package gradcamnb

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/must"
)

// Sheet compares maps of one picture in a table, such as layers by methods:
//
//	m.Sheet(cat, heatmap.ByLayer, heatmap.ByMethod, Layers("stages"), Methods("Grad-CAM", "LayerCAM"))
//
// All maps come from one program and one forward pass. Each is measured by insertion and deletion unless [Measured]
// says otherwise. The best map of a picture and target is framed if its lead over the next best one is clear; see
// [heatmap.Lead]. The metric that decides is [Measuring].Lead, by default "insertion - deletion" or, if that is not
// measured, the first one that is.
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
	if err := heatmap.CheckAxes(rows, columns); err != nil { // before anything is computed
		return nil, fmt.Errorf("laying out the sheet: %w", err)
	}
	how := &r.Measuring
	if how.Metrics == nil {
		how.Metrics = []string{"insertion", "deletion", bestMetric}
		if how.Steps == 0 {
			how.Within = cmp.Or(how.Within, patience)
		}
	}
	if how.Lead == "" && len(how.Metrics) > 0 {
		how.Lead = how.Metrics[0]
		if slices.Contains(how.Metrics, bestMetric) {
			how.Lead = bestMetric
		}
	}
	results, err := m.Run(ctx, r)
	if err != nil {
		return nil, err
	}
	s, err := heatmap.Tabulate(results, rows, columns)
	if err != nil {
		return nil, fmt.Errorf("laying out the sheet: %w", err)
	}
	return s, nil
}

// bestMetric is the metric that decides which map of a sheet is the best if nobody names one.
const bestMetric = "insertion - deletion"

// patience is how long a sheet measures in pure Go if nobody says how it is measured.
const patience = 8 * time.Second
