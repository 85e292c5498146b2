package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/coco"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// COCO returns the truths of a COCO annotation file. A truth covers all objects of the picture, crowds like others, or,
// if a category is given, those of that category. An object's polygons or run lengths count, or its box if it has
// neither. If the file says how large a picture is, one of another size has no truth but an error.
func COCO(path, category string) (Truths, error) {
	f, err := coco.ReadAnnotations(path)
	if err != nil {
		return nil, err
	}
	wanted := map[int64]bool{}
	var names []string
	for _, c := range f.Categories {
		wanted[c.ID] = c.Name == category
		names = append(names, c.Name)
	}
	if err := checkClass(path, category, names); err != nil {
		return nil, err
	}
	of := map[int64][]coco.Object{}
	for _, o := range f.Objects {
		if category == "" || wanted[o.Category] {
			of[o.Image] = append(of[o.Image], o)
		}
	}
	out := Truths{}
	ids := map[string]int64{}
	for _, img := range f.Images {
		if img.File == "" {
			return nil, fmt.Errorf("%s has a picture, number %d, without a file_name", path, img.ID)
		}
		if id, ok := ids[img.File]; ok && id != img.ID {
			return nil, fmt.Errorf("%s names more than one picture %q: give an annotation file of one folder", path, img.File)
		}
		ids[img.File] = img.ID
		if all := of[img.ID]; len(all) > 0 {
			out[img.File] = func(r image.Rectangle) (heatmap.Grid, error) {
				g := heatmap.NewGrid(r.Dx(), r.Dy())
				if err := checkAnnotated(float64(img.Width), float64(img.Height), r); err != nil {
					return g, err
				}
				left := newBudget(g)
				for _, o := range all {
					if err := drawObject(o, g, left); err != nil {
						return g, fmt.Errorf("annotation %d: %w", o.ID, err)
					}
				}
				return g, nil
			}
		}
	}
	return out, nil
}

// drawObject adds an object to a mask.
func drawObject(o coco.Object, g heatmap.Grid, left *budget) error {
	var polygons [][]*float64
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(o.Segmentation), []byte("{")):
		var runs coco.RLE
		if err := strictjson.Unmarshal(o.Segmentation, &runs); err != nil {
			return fmt.Errorf("its segmentation: %w", err)
		}
		if err := left.spend(heatmap.Box{0, 0, float64(g.W), float64(g.H)}, g); err != nil {
			return err
		}
		return runs.AddTo(g)
	case len(o.Segmentation) > 0 && json.Unmarshal(o.Segmentation, &polygons) != nil:
		return errors.New("its segmentation is neither a list of polygons, each a list of numbers, nor one object of run lengths")
	case len(polygons) > 0:
		return drawPolygons(polygons, g, left)
	case len(o.Box) == 4:
		return addBox(g, heatmap.Box{o.Box[0], o.Box[1], o.Box[0] + o.Box[2], o.Box[1] + o.Box[3]}, left)
	}
	return errors.New("its annotation has no box and no segmentation")
}

// drawPolygons adds polygons to a mask.
func drawPolygons(polygons [][]*float64, g heatmap.Grid, left *budget) error {
	for _, p := range polygons {
		corners := make([]float64, len(p))
		around := heatmap.Box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
		for i, v := range p {
			if v == nil {
				return errors.New("a corner of its polygons is null")
			}
			corners[i] = *v
			around[i%2], around[i%2+2] = min(around[i%2], *v), max(around[i%2+2], *v)
		}
		if err := left.spend(around, g); err != nil {
			return err
		}
		if err := coco.AddPolygon(g, corners); err != nil {
			return err
		}
	}
	return nil
}
