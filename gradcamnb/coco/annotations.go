package coco

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gradcam-go/gradcam/internal/machine"
	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// Image is a picture of an annotation file.
type Image struct {
	ID     int64  `json:"id"`        // number of the picture in the data set
	File   string `json:"file_name"` // its file, perhaps with a folder
	Width  int    `json:"width"`     // of the picture that the annotations are of, in pixels; 0 if the file does not say it
	Height int    `json:"height"`    // likewise
}

// Category is a class of an annotation file.
type Category struct {
	ID   int64  `json:"id"`   // number of the class in the data set
	Name string `json:"name"` // as the data set calls it
}

// Object is a true object in a picture.
type Object struct {
	ID           int64           `json:"id"`           // number of the object in the data set; 0 if it has none
	Image        int64           `json:"image_id"`     // ID of the picture
	Category     int64           `json:"category_id"`  // ID of the object's class
	Box          []float64       `json:"bbox"`         // x, y, width, height in pixels of the picture
	Segmentation json.RawMessage `json:"segmentation"` // a list of polygons or an RLE; empty if the object has none
}

// Index lists the pictures and categories of an annotation file.
type Index struct {
	Images     []Image    `json:"images"`     // in the order of the file
	Categories []Category `json:"categories"` // in the order of the file
}

// Annotations holds what a COCO annotation file says of a data set.
type Annotations struct {
	Index
	Objects []Object `json:"annotations"` // of all pictures, in the order of the file
}

// ReadAnnotations reads an annotation file.
func ReadAnnotations(path string) (Annotations, error) {
	var a Annotations
	err := readFile(path, &a)
	return a, err
}

// readFile reads the parts of an annotation file that into has fields for.
func readFile(path string, into any) error {
	data, err := regular.Read(path, regular.MaxText)
	if err != nil {
		return fmt.Errorf("the annotations: %w", err)
	}
	if err := roomFor(data, machine.Memory()); err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	if err := strictjson.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s is no COCO file: %w", path, err)
	}
	return nil
}

// roomFor returns an error if the objects of a file need more than half of the memory, which is 0 if it is not known.
// An empty object, of three bytes in the file, needs 200 while the list of all grows.
func roomFor(data []byte, memory int64) error {
	const each = 256
	n := bytes.Count(data, []byte("{"))
	if need := float64(n)*each + 2*float64(len(data)); memory > 0 && need > float64(memory)/2 {
		return fmt.Errorf("needs %.1f GB to be read, and half of the memory of this process has %.1f GB: divide the file", need/1e9,
			float64(memory)/2e9)
	}
	return nil
}
