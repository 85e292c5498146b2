package study

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

// OpenPictures are the pictures that paths mean, by their extensions: [List] of .csv, [Tar] of .tar, [Parquet] of
// .parquet, and [Files] of anything else.
func OpenPictures(paths ...string) ([]Picture, error) {
	var all []Picture
	for _, path := range paths {
		read := Files
		switch strings.ToLower(filepath.Ext(path)) {
		case ".csv":
			read = List
		case ".tar":
			read = Tar
		case ".parquet":
			read = Parquet
		}
		pictures, err := read(path)
		if err != nil {
			return nil, err
		}
		all = append(all, pictures...)
	}
	return all, nil
}

// OpenTruths says where the objects are, by the path: [BoxesCSV] of .csv, [COCO] of .json, [VOC] of a folder with .xml
// files, and [Masks] of any other folder. A class counts the objects of that name only, in COCO and .xml files.
func OpenTruths(path, class string) (Truths, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		return BoxesCSV(path)
	case ".json":
		return COCO(path, class)
	}
	if found, err := fs.Glob(os.DirFS(path), "*.xml"); err == nil && len(found) > 0 {
		return VOC(path, class)
	}
	return Masks(path)
}

// Write writes the summary into a folder: summary.json, and report.html with the pictures of the maps that stand out.
func (s *Summary) Write(dir string, pictures []Picture) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("the summary: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(dir, "summary.json"), data); err != nil {
		return err
	}
	page, err := Report(s, pictures)
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, "report.html"), page)
}
