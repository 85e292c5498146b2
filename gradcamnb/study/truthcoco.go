package study

import (
	"encoding/json"
	"fmt"
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/coco"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// COCO returns the truths of a COCO annotation file. A truth covers all objects of the picture or, if a category is
// given, those of that category. An object's polygons or run lengths count, or its box if it has neither.
func COCO(path, category string) (Truths, error) {
	f, err := coco.ReadAnnotations(path)
	if err != nil {
		return nil, err
	}
	wanted := map[int64]bool{}
	for _, c := range f.Categories {
		wanted[c.ID] = category == "" || c.Name == category
	}
	of := map[int64][]coco.Object{}
	for _, o := range f.Objects {
		if category == "" || wanted[o.Category] {
			of[o.Image] = append(of[o.Image], o)
		}
	}
	out := Truths{}
	for _, img := range f.Images {
		if all := of[img.ID]; len(all) > 0 {
			out[img.File] = func(r image.Rectangle) (heatmap.Grid, error) {
				g := heatmap.NewGrid(r.Dx(), r.Dy())
				for _, o := range all {
					if err := drawObject(o, g); err != nil {
						return g, err
					}
				}
				return g, nil
			}
		}
	}
	return out, nil
}

// drawObject adds an object to a mask.
func drawObject(o coco.Object, g heatmap.Grid) error {
	var polygons [][]float64
	switch {
	case len(o.Segmentation) > 0 && json.Unmarshal(o.Segmentation, &polygons) == nil && len(polygons) > 0:
		for _, p := range polygons {
			if err := coco.AddPolygon(g, p); err != nil {
				return err
			}
		}
		return nil
	case len(o.Segmentation) > 0 && o.Segmentation[0] == '{':
		var runs coco.RLE
		if err := json.Unmarshal(o.Segmentation, &runs); err != nil {
			return fmt.Errorf("its run lengths are damaged: %w", err)
		}
		return runs.AddTo(g)
	case len(o.Box) == 4:
		return addBox(g, heatmap.Box{o.Box[0], o.Box[1], o.Box[0] + o.Box[2], o.Box[1] + o.Box[3]})
	}
	return fmt.Errorf("its annotation has no box and no segmentation")
}
