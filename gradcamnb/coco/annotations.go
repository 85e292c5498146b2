package coco

import (
	"encoding/json"
	"path"
)

// Image is a picture of an annotation file.
type Image struct {
	ID     int64  `json:"id"`        // number of the picture in the data set
	File   string `json:"file_name"` // its file, perhaps with a folder
	URL    string `json:"coco_url"`  // where it was published; LVIS has no file_name, and the file is the last part of this
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

// nameFiles names the files of pictures that have only a URL.
func (x *Index) nameFiles() {
	for i, img := range x.Images {
		if img.File == "" && img.URL != "" {
			x.Images[i].File = path.Base(img.URL)
		}
	}
}

// ReadAnnotations reads an annotation file.
func ReadAnnotations(file string) (Annotations, error) {
	var a Annotations
	err := readAnnotations(file, &a)
	a.nameFiles()
	return a, err
}
