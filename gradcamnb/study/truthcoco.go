package study

import (
	"encoding/json"
	"fmt"
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/coco"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// cocoFile is what is read of a COCO annotation file.
type cocoFile struct {
	Images []struct {
		ID   int64  `json:"id"`
		File string `json:"file_name"`
	} `json:"images"`
	Categories []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"categories"`
	Annotations []cocoAnnotation `json:"annotations"`
}

type cocoAnnotation struct {
	Image        int64           `json:"image_id"`
	Category     int64           `json:"category_id"`
	Box          []float64       `json:"bbox"` // x, y, width, height
	Segmentation json.RawMessage `json:"segmentation"`
}

// COCO are the truths of a COCO annotation file: what polygons, run lengths or, if there are none,
// boxes cover, of all objects of a picture or of those of one category if one is given.
func COCO(path, category string) (Truths, error) {
	data, err := regular.Read(path, maxText)
	if err != nil {
		return nil, fmt.Errorf("the annotations: %w", err)
	}
	var f cocoFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("%s is no COCO file: %w", path, err)
	}
	wanted := map[int64]bool{}
	for _, c := range f.Categories {
		wanted[c.ID] = category == "" || c.Name == category
	}
	of := map[int64][]cocoAnnotation{}
	for _, a := range f.Annotations {
		if category == "" || wanted[a.Category] {
			of[a.Image] = append(of[a.Image], a)
		}
	}
	out := Truths{}
	for _, img := range f.Images {
		if all := of[img.ID]; len(all) > 0 {
			out[img.File] = func(r image.Rectangle) (heatmap.Grid, error) {
				g := heatmap.NewGrid(r.Dx(), r.Dy())
				for _, a := range all {
					if err := a.draw(g, r); err != nil {
						return g, err
					}
				}
				return g, nil
			}
		}
	}
	return out, nil
}

// draw adds an annotation to a mask.
func (a cocoAnnotation) draw(g heatmap.Grid, r image.Rectangle) error {
	var polygons [][]float64
	var runs coco.RLE
	var one heatmap.Grid
	switch {
	case len(a.Segmentation) > 0 && json.Unmarshal(a.Segmentation, &polygons) == nil && len(polygons) > 0:
		for _, p := range polygons {
			var corners [][2]float64
			for i := 0; i+1 < len(p); i += 2 {
				corners = append(corners, [2]float64{p[i], p[i+1]})
			}
			join(g, heatmap.Polygon(g.W, g.H, corners...))
		}
		return nil
	case len(a.Segmentation) > 0 && a.Segmentation[0] == '{':
		if err := json.Unmarshal(a.Segmentation, &runs); err != nil {
			return err
		}
		if _, err := sized(heatmap.Grid{W: runs.Size[1], H: runs.Size[0]}, r); err != nil { // before there is room for it
			return err
		}
		var err error
		if one, err = runs.Grid(); err != nil {
			return err
		}
	case len(a.Box) == 4:
		var err error
		if one, err = Boxes(heatmap.Box{a.Box[0], a.Box[1], a.Box[0] + a.Box[2], a.Box[1] + a.Box[3]})(r); err != nil {
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
