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
					if err := drawObject(o, g, r); err != nil {
						return g, err
					}
				}
				return g, nil
			}
		}
	}
	return out, nil
}

// drawObject adds an object to the mask of a picture with these bounds.
func drawObject(o coco.Object, g heatmap.Grid, r image.Rectangle) error {
	var polygons [][]float64
	var runs coco.RLE
	var one heatmap.Grid
	switch {
	case len(o.Segmentation) > 0 && json.Unmarshal(o.Segmentation, &polygons) == nil && len(polygons) > 0:
		for _, p := range polygons {
			var corners [][2]float64
			for i := 0; i+1 < len(p); i += 2 {
				corners = append(corners, [2]float64{p[i], p[i+1]})
			}
			join(g, heatmap.Polygon(g.W, g.H, corners...))
		}
		return nil
	case len(o.Segmentation) > 0 && o.Segmentation[0] == '{':
		if err := json.Unmarshal(o.Segmentation, &runs); err != nil {
			return err
		}
		if _, err := checkSize(heatmap.Grid{W: runs.Size[1], H: runs.Size[0]}, r); err != nil { // before there is room for it
			return err
		}
		var err error
		if one, err = runs.Grid(); err != nil {
			return err
		}
	case len(o.Box) == 4:
		var err error
		if one, err = Boxes(heatmap.Box{o.Box[0], o.Box[1], o.Box[0] + o.Box[2], o.Box[1] + o.Box[3]})(r); err != nil {
			return err
		}
	default:
		return fmt.Errorf("its annotation has no box and no segmentation")
	}
	join(g, one)
	return nil
}

func join(g, one heatmap.Grid) {
	for i, v := range one.Values {
		g.Values[i] = max(g.Values[i], v)
	}
}
