package study

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/gradcam-go/gradcam/internal/regular"
)

// maxText is the most bytes of a list or of annotations that are read.
const maxText = 2 << 30

// List returns the pictures of a CSV file. Its column picture has their paths, which start at the file's folder. If
// there is a column label, it has their labels.
func List(path string) (out []Picture, err error) {
	data, err := regular.Read(path, maxText)
	if err != nil {
		return nil, fmt.Errorf("the list of pictures: %w", err)
	}
	err = records(data, path, func(get func(column string) (string, bool)) error {
		name, ok := get("picture")
		if !ok {
			return errors.New("it has no column picture")
		}
		label, _ := get("label")
		at := name
		if !filepath.IsAbs(at) {
			at = filepath.Join(filepath.Dir(path), at)
		}
		out = append(out, file(filepath.ToSlash(name), label, at))
		return nil
	})
	return out, err
}

// records calls a function for each record of a CSV file whose first line names the columns. The function gets a getter
// of the record's columns.
func records(data []byte, path string, record func(get func(column string) (string, bool)) error) error {
	c := csv.NewReader(bytes.NewReader(data))
	header, err := c.Read()
	if err != nil {
		return fmt.Errorf("%s: its first line names no columns: %w", path, err)
	}
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		err = record(func(column string) (string, bool) {
			if i := slices.Index(header, column); i >= 0 {
				return fields[i], true
			}
			return "", false
		})
		if err != nil {
			line, _ := c.FieldPos(0)
			return fmt.Errorf("%s, line %d: %w", path, line, err)
		}
	}
}
