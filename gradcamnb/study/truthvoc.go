package study

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/regular"
)

const maxAnnotation = 16 << 20 // bytes of one picture's annotation

// VOC returns the truths of a folder of annotations of Pascal VOC or ImageNet and those below it, one XML file for each
// picture. A truth covers all boxes of the picture, those of difficult and truncated objects, too, or, if a class is
// given, those of objects with that name. In these files pixels are counted from 1, and a box includes its last pixel.
func VOC(dir, class string) (Truths, error) {
	found, err := filesBelow(dir, ".xml")
	if err != nil {
		return nil, fmt.Errorf("the annotations: %w", err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("the folder %s has no annotations (.xml)", dir)
	}
	out := Truths{}
	var names []string // of classes
	for _, name := range found {
		data, err := regular.Read(filepath.Join(dir, name), maxAnnotation)
		if err != nil {
			return nil, fmt.Errorf("the annotations: %w", err)
		}
		boxes, size, err := vocBoxes(data, class, &names)
		if err != nil {
			return nil, fmt.Errorf("%s %w", filepath.Join(dir, name), err)
		}
		if len(boxes) > 0 {
			out[name] = func(r image.Rectangle) (heatmap.Grid, error) {
				if err := checkAnnotated(size[0], size[1], r); err != nil {
					return heatmap.Grid{}, err
				}
				return Boxes(boxes...)(r)
			}
		}
	}
	return out, checkClass(dir, class, names)
}

// vocBoxes returns the boxes of an annotation, and its picture's width and height, which are 0 if it does not say them.
// It adds the classes that are not among the names yet.
func vocBoxes(data []byte, class string, names *[]string) (boxes []heatmap.Box, size [2]float64, err error) {
	var a struct {
		Width   string `xml:"size>width"`
		Height  string `xml:"size>height"`
		Objects []struct {
			Name string `xml:"name"`
			Box  *struct {
				X0 string `xml:"xmin"` // text, since a number would be 0 if it is missing
				Y0 string `xml:"ymin"`
				X1 string `xml:"xmax"`
				Y1 string `xml:"ymax"`
			} `xml:"bndbox"`
		} `xml:"object"`
	}
	reader := xml.NewDecoder(bytes.NewReader(data))
	reader.CharsetReader = readCharset
	if err := reader.Decode(&a); err != nil {
		return nil, size, fmt.Errorf("is no annotation: %w", err)
	}
	for i, text := range []string{a.Width, a.Height} {
		if size[i], err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil && text != "" {
			return nil, size, fmt.Errorf("says that its picture has the size %q: that is no number", text)
		}
	}
	for _, o := range a.Objects {
		o.Name = strings.TrimSpace(o.Name)
		if *names = appendNew(*names, o.Name); class != "" && o.Name != class {
			continue
		}
		if o.Box == nil {
			return nil, size, fmt.Errorf("has an object %q without a bndbox", o.Name)
		}
		var b heatmap.Box
		for i, text := range []string{o.Box.X0, o.Box.Y0, o.Box.X1, o.Box.Y1} {
			if b[i], err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
				return nil, size, fmt.Errorf("has an object %q whose bndbox lacks a number: it says %q for %s", o.Name, text,
					[]string{"xmin", "ymin", "xmax", "ymax"}[i])
			}
		}
		if err := checkPixels(b); err != nil {
			return nil, size, fmt.Errorf("has a wrong object %q: %w", o.Name, err)
		}
		boxes = append(boxes, heatmap.Box{b[0] - 1, b[1] - 1, b[2], b[3]})
	}
	return boxes, size, nil
}

// readCharset reads a text whose first line names another encoding than UTF-8.
func readCharset(name string, text io.Reader) (io.Reader, error) {
	encoding, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("its first line names the encoding %q, which is not known", name)
	}
	return encoding.NewDecoder().Reader(text), nil
}
