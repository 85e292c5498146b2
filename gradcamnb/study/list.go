package study

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// List are the pictures of a CSV file with a column picture, of paths from the file's folder, and, if
// there is one, a column label.
func List(path string) (out []Picture, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the list of pictures: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = records(f, path, func(get func(column string) (string, bool)) error {
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
func records(r io.Reader, path string, record func(get func(column string) (string, bool)) error) error {
	c := csv.NewReader(r)
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
