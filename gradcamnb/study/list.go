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

// maxText is how many bytes of a list or of annotations are read. LVIS's, which are large, have 1.1 GB.
const maxText = 2 << 30

// List are the pictures of a CSV file with a column picture, of paths from the file's folder, and, if
// there is one, a column label.
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

// records hands out the records of a CSV file with a first line of column names.
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
