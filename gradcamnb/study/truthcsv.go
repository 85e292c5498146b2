package study

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// BoxesCSV returns the truths of a CSV file with the columns picture, x0, y0, x1 and y1, in pixels of the picture.
// Each line is one box; a line without numbers is a picture without an object. If a class is given, only the lines
// count whose column label has it. The columns may have other names in use: filename, xmin, ymin, xmax and ymax, or
// x1, y1, x2 and y2.
func BoxesCSV(path, class string) (out Truths, err error) {
	data, err := regular.Read(path, regular.MaxText)
	if err != nil {
		return nil, fmt.Errorf("the boxes: %w", err)
	}
	boxes := map[string][]heatmap.Box{}
	var names []string // of classes
	err = records(data, path, func(get func(columns ...string) (string, bool)) error {
		name, ok := get(pictureColumns...)
		if !ok {
			return noColumnError("picture")
		}
		label, ok := get(labelColumns...)
		if class != "" && !ok {
			return noColumnError("label, which would tell the boxes of the class")
		}
		if len(names) == 0 || names[len(names)-1] != label {
			names = append(names, label)
		}
		b, ok, err := boxOf(get)
		if err != nil || !ok || class != "" && label != class {
			return err
		}
		boxes[name] = append(boxes[name], b)
		return nil
	})
	if err == nil {
		err = checkClass(path, class, names)
	}
	if err != nil {
		return nil, err
	}
	out = Truths{}
	for name, b := range boxes {
		out[name] = Boxes(b...)
	}
	return out, nil
}

// boxOf returns the box of a record; ok is false if it has none.
func boxOf(get func(columns ...string) (string, bool)) (b heatmap.Box, ok bool, err error) {
	columns := [4][]string{{"x0", "xmin", "x_min", "left"}, {"y0", "ymin", "y_min", "top"},
		{"x1", "xmax", "x_max", "right"}, {"y1", "ymax", "y_max", "bottom"}}
	if _, second := get("x2"); second {
		columns = [4][]string{{"x1"}, {"y1"}, {"x2"}, {"y2"}}
	}
	if _, third := get("x3"); third {
		return b, false, errors.New("its boxes have more than two corners (x3): give left, top, right and bottom")
	}
	empty := 0
	for i, names := range columns {
		text, there := get(names...)
		if !there {
			return b, false, noColumnError(names[0])
		}
		if text == "" {
			empty++
			continue
		}
		if b[i], err = strconv.ParseFloat(text, 64); err != nil || math.IsNaN(b[i]) || math.IsInf(b[i], 0) {
			return b, false, fmt.Errorf("%s is %q, which is no number", names[0], text)
		}
	}
	switch {
	case empty == 4:
		return b, false, nil
	case empty > 0:
		return b, false, errors.New("its box lacks a corner")
	}
	return b, true, cmp.Or(checkBox(b), checkPixels(b))
}
