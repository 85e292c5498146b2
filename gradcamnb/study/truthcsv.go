package study

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// BoxesCSV returns the truths of a CSV file with the columns picture, x0, y0, x1 and y1, in pixels of the picture. Each
// line is one box. A picture may have several.
func BoxesCSV(path string) (out Truths, err error) {
	data, err := regular.Read(path, maxText)
	if err != nil {
		return nil, fmt.Errorf("the boxes: %w", err)
	}
	boxes := map[string][]heatmap.Box{}
	err = records(data, path, func(get func(column string) (string, bool)) error {
		name, ok := get("picture")
		if !ok {
			return errors.New("it has no column picture")
		}
		var b heatmap.Box
		for i, column := range []string{"x0", "y0", "x1", "y1"} {
			text, ok := get(column)
			if !ok {
				return fmt.Errorf("it has no column %s", column)
			}
			if b[i], err = strconv.ParseFloat(text, 64); err != nil || math.IsNaN(b[i]) || math.IsInf(b[i], 0) {
				return fmt.Errorf("%s is %q, which is no number", column, text)
			}
		}
		boxes[name] = append(boxes[name], b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out = Truths{}
	for name, b := range boxes {
		out[name] = Boxes(b...)
	}
	return out, nil
}
