package study

import (
	"encoding/xml"
	"fmt"
	"path/filepath"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// VOC returns the truths of a folder of annotations of Pascal VOC or ImageNet and those below it, one XML file for each
// picture. A truth covers all boxes of the picture or, if a class is given, those of objects with that name. In these
// files pixels are counted from 1, and a box includes its last pixel.
func VOC(dir, class string) (Truths, error) {
	found, err := filesBelow(dir, ".xml")
	if err != nil {
		return nil, fmt.Errorf("the annotations: %w", err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("the folder %s has no annotations (.xml)", dir)
	}
	out := Truths{}
	for _, name := range found {
		data, err := regular.Read(filepath.Join(dir, name), maxText)
		if err != nil {
			return nil, fmt.Errorf("the annotations: %w", err)
		}
		var a struct {
			Objects []struct {
				Name string `xml:"name"`
				Box  *struct {
					X0 float64 `xml:"xmin"`
					Y0 float64 `xml:"ymin"`
					X1 float64 `xml:"xmax"`
					Y1 float64 `xml:"ymax"`
				} `xml:"bndbox"`
			} `xml:"object"`
		}
		if err := xml.Unmarshal(data, &a); err != nil {
			return nil, fmt.Errorf("%s is no annotation: %w", filepath.Join(dir, name), err)
		}
		var boxes []heatmap.Box
		for _, o := range a.Objects {
			if class == "" || o.Name == class {
				if o.Box == nil {
					return nil, fmt.Errorf("%s: its object %q has no bndbox", filepath.Join(dir, name), o.Name)
				}
				boxes = append(boxes, heatmap.Box{o.Box.X0 - 1, o.Box.Y0 - 1, o.Box.X1, o.Box.Y1})
			}
		}
		if len(boxes) > 0 {
			out[name] = Boxes(boxes...)
		}
	}
	return out, nil
}
