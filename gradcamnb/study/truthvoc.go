package study

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
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
	names, err := filesBelow(dir, ".xml")
	if err != nil {
		return nil, fmt.Errorf("the annotations: %w", err)
	}
	return readVOC(dir, names, class)
}

// readVOC returns the truths of the annotations with these names in a folder. If one cannot be read, its truth is that
// error, which concerns one picture. It is an error if none can be read.
func readVOC(dir string, names []string, class string) (Truths, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder %s has no annotations (.xml)", dir)
	}
	out := Truths{}
	classes := map[string]bool{}
	damaged := 0
	var first error
	for _, name := range names {
		of, boxes, err := openAnnotation(filepath.Join(dir, filepath.FromSlash(name)), class)
		for _, o := range of.objects {
			classes[o.class] = true
		}
		switch {
		case err != nil:
			damaged, first = damaged+1, cmp.Or(first, err)
			out[name] = func(image.Rectangle) (heatmap.Grid, error) { return heatmap.Grid{}, err }
		case len(boxes) > 0:
			out[name] = func(r image.Rectangle) (heatmap.Grid, error) {
				if err := checkAnnotated(of.width, of.height, r); err != nil {
					return heatmap.Grid{}, err
				}
				return Boxes(boxes...)(r)
			}
		}
	}
	if damaged == len(names) {
		return nil, first
	}
	return out, checkClass(dir, class, sortedKeys(classes))
}

// openAnnotation reads an annotation, and the boxes of its objects of a class, or of all if none is given.
func openAnnotation(path, class string) (of annotation, boxes []heatmap.Box, err error) {
	data, err := regular.Read(path, maxAnnotation)
	if err != nil {
		return of, nil, fmt.Errorf("the annotations: %w", err)
	}
	if of, err = readAnnotation(data); err != nil {
		return of, nil, fmt.Errorf("%s %w", path, err)
	}
	for _, o := range of.objects {
		if class != "" && o.class != class {
			continue
		}
		b, err := o.box()
		if err != nil {
			return of, nil, fmt.Errorf("%s %w", path, err)
		}
		boxes = append(boxes, b)
	}
	return of, boxes, nil
}

// annotation is what an XML file says of a picture. Its width and height are 0 if the file does not say them.
type annotation struct {
	width, height float64
	objects       []annotatedObject
}

// annotatedObject is an object of an annotation, as it is written.
type annotatedObject struct {
	class   string
	corners *[4]string // xmin, ymin, xmax and ymax, empty if they are missing; nil if there is no box
}

// readAnnotation reads the text of an annotation.
func readAnnotation(data []byte) (annotation, error) {
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
		return annotation{}, fmt.Errorf("is no annotation: %w", plainXML(err))
	}
	var out annotation
	var err error
	if out.width, err = readSide(a.Width); err != nil {
		return out, err
	}
	if out.height, err = readSide(a.Height); err != nil {
		return out, err
	}
	for _, o := range a.Objects {
		one := annotatedObject{class: strings.TrimSpace(o.Name)}
		if b := o.Box; b != nil {
			one.corners = &[4]string{b.X0, b.Y0, b.X1, b.Y1}
		}
		out.objects = append(out.objects, one)
	}
	return out, nil
}

// plainXML returns an error of encoding/xml in words for those who did not write the decoder.
func plainXML(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it has no element: it is empty, or text")
	case errors.As(err, &syntax) && syntax.Msg == "unexpected EOF":
		return fmt.Errorf("line %d: it ends too early: an element is not closed", syntax.Line)
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %s", syntax.Line, syntax.Msg)
	}
	if inner := errors.Unwrap(err); inner != nil { // of readCharset
		return inner
	}
	return errors.New(strings.TrimPrefix(err.Error(), "xml: "))
}

// readSide reads a side of a picture; 0 if the text is empty.
func readSide(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, fmt.Errorf("says that its picture has the size %q: that is no number", text)
	}
	return v, nil
}

// box returns the object's box, in pixels from 0.
func (o annotatedObject) box() (b heatmap.Box, err error) {
	if o.corners == nil {
		return b, fmt.Errorf("has an object %q without a bndbox", o.class)
	}
	for i, text := range o.corners {
		if b[i], err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
			return b, fmt.Errorf("has an object %q whose bndbox lacks a number: it says %q for %s", o.class, text,
				[]string{"xmin", "ymin", "xmax", "ymax"}[i])
		}
	}
	if err := checkPixels(b); err != nil {
		return b, fmt.Errorf("has a wrong object %q: %w", o.class, err)
	}
	return heatmap.Box{b[0] - 1, b[1] - 1, b[2], b[3]}, nil
}

// readCharset reads a text whose first line names another encoding than UTF-8.
func readCharset(name string, text io.Reader) (io.Reader, error) {
	encoding, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("its first line names the encoding %q, which is not known", name)
	}
	return encoding.NewDecoder().Reader(text), nil
}
