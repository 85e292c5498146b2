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

// OpenPictures returns the pictures that paths mean. The extension decides how a path is read: .csv by [List], .tar by
// [Tar], .parquet by [Parquet], and anything else by [Files].
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

// OpenTruths returns the truths that a path means: .csv is read by [BoxesCSV], .json by [COCO], a folder with .xml
// files by [VOC], and any other folder by [Masks]. If a class is given, only objects of that name count, in COCO and
// .xml files.
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
