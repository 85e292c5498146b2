// Package coco reads and writes files of the data set COCO: results, which are lists of boxes with categories, scores
// and masks, and annotations, which name the pictures, the categories and the true boxes. See cocodataset.org, "Data
// Format" and "Results Format". Masks are written as run lengths in the text of pycocotools 2.0.
package coco

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// Result is one object of a results file.
type Result struct {
	Image    int64      `json:"image_id"`               // number of the image in its data set
	Category int64      `json:"category_id"`            // number of the class in the data set
	Box      [4]float64 `json:"bbox"`                   // x, y, width, height in pixels of the picture
	Score    float64    `json:"score"`                  // the detection's confidence, 0 to 1
	Mask     *RLE       `json:"segmentation,omitempty"` // of the picture's size
}

// Names maps the numbers of a results file to pictures and categories. The zero value takes the number in a picture's
// file name as the number of the image, as Ultralytics does, and a class's number as that of the category.
type Names struct {
	images     map[string][]int64 // by file name, without its folder; two say that it is not one picture
	categories map[string]int64   // by name
	names      map[int64]string
}

// ReadNames reads the pictures and categories of an annotation file. It leaves out the objects, which take most of the
// file.
func ReadNames(path string) (Names, error) {
	var f Index
	if err := readAnnotations(path, &f); err != nil {
		return Names{}, err
	}
	f.nameFiles()
	if len(f.Images) == 0 || len(f.Categories) == 0 {
		return Names{}, fmt.Errorf("%s names no pictures or no categories: it is no annotation file of COCO", path)
	}
	n := Names{map[string][]int64{}, map[string]int64{}, map[int64]string{}}
	for _, i := range f.Images {
		base := filepath.Base(i.File)
		if ids := n.images[base]; len(ids) < 2 && !slices.Contains(ids, i.ID) {
			n.images[base] = append(ids, i.ID)
		}
	}
	for _, c := range f.Categories {
		n.categories[strings.ToLower(c.Name)] = c.ID
		n.names[c.ID] = c.Name
	}
	return n, nil
}

// Image returns the number of the image with that file name. The folder does not matter.
func (n Names) Image(file string) (int64, error) {
	base := filepath.Base(file)
	if n.images != nil {
		switch ids := n.images[base]; len(ids) {
		case 0:
			return 0, fmt.Errorf("the annotations name no picture %q", base)
		case 1:
			return ids[0], nil
		}
		return 0, fmt.Errorf("the annotations name more than one picture %q: give an annotation file of one folder", base)
	}
	id, err := strconv.ParseInt(strings.TrimSuffix(base, filepath.Ext(base)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the name of the picture %q is no number, and COCO knows pictures by their numbers: give the annotation file that numbers them", base)
	}
	return id, nil
}

// category returns the number of the category of a detection's class.
func (n Names) category(d heatmap.Detection) (int64, error) {
	if n.categories == nil {
		return int64(d.Class), nil
	}
	id, ok := n.categories[strings.ToLower(d.Label)]
	if !ok {
		return 0, fmt.Errorf("the annotations have no category %q, as the model calls its class %d", d.Label, d.Class)
	}
	return id, nil
}

// class returns the class of a category: the place of its name among labels, or the category's own number if there are
// no annotations.
func (n Names) class(category int64, labels []string) (int, error) {
	if n.names == nil {
		return int(category), nil
	}
	name, ok := n.names[category]
	if !ok {
		return 0, fmt.Errorf("the annotations have no category %d", category)
	}
	for i, label := range labels {
		if strings.EqualFold(label, name) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("the model has no class %q", name)
}

// Results returns the detections of a picture as COCO results. The annotations must name its file.
func (n Names) Results(file string, found []heatmap.Detection) ([]Result, error) {
	image, err := n.Image(file)
	if err != nil {
		return nil, err
	}
	out := []Result{}
	for _, d := range found {
		category, err := n.category(d)
		if err != nil {
			return nil, err
		}
		b := d.Box
		r := Result{Image: image, Category: category, Box: [4]float64{b[0], b[1], b[2] - b[0], b[3] - b[1]},
			Score: float64(d.Score)}
		if mask := d.MaskOnPicture(); len(mask.Values) > 0 {
			rle := NewRLE(mask)
			r.Mask = &rle
		}
		out = append(out, r)
	}
	return out, nil
}

// Write writes results as a COCO results file.
func Write(path string, results []Result) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // < is a digit of run lengths
	if err := e.Encode(results); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return atomicfile.Write(path, b.Bytes())
}

// Read reads a results file.
func Read(path string) ([]Result, error) {
	const kind = `results file of COCO, [{"image_id": ..., "category_id": ..., "bbox": [x, y, width, height], "score": ...}, ...]`
	var out []Result
	if err := readFile(path, "the detections", kind, &out); err != nil {
		return nil, err
	}
	return out, nil
}

// Detections returns the results that belong to a picture as detections of a model with these labels, the surest first.
// The picture has w x h pixels. A mask of another size is an error.
func (n Names) Detections(results []Result, file string, labels []string, w, h int) ([]heatmap.Detection, error) {
	image, err := n.Image(file)
	if err != nil {
		return nil, err
	}
	var out []heatmap.Detection
	for _, r := range results {
		if r.Image != image {
			continue
		}
		class, err := n.class(r.Category, labels)
		if err != nil {
			return nil, err
		}
		d := heatmap.Detection{Box: heatmap.Box{r.Box[0], r.Box[1], r.Box[0] + r.Box[2], r.Box[1] + r.Box[3]}, Class: class,
			Score: float32(r.Score)}
		if class >= 0 && class < len(labels) {
			d.Label = labels[class]
		}
		if r.Mask != nil {
			if r.Mask.Size != [2]int{h, w} {
				return nil, fmt.Errorf("a mask has %d x %d pixels, and the picture %s %d x %d", r.Mask.Size[1], r.Mask.Size[0],
					file, w, h)
			}
			if d.Mask, err = r.Mask.Grid(); err != nil {
				return nil, err
			}
			d.Frame = imgio.WholeFrame(w, h)
		}
		out = append(out, d)
	}
	return surestFirst(out), nil
}

func surestFirst(found []heatmap.Detection) []heatmap.Detection {
	slices.SortStableFunc(found, func(a, b heatmap.Detection) int { return cmp.Compare(b.Score, a.Score) })
	return found
}
