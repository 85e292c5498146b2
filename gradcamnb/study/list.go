package study

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/gradcam-go/gradcam/internal/regular"
)

// Names of columns in use, the first of which is ours.
var (
	pictureColumns = []string{"picture", "image", "filename", "file_name", "file", "path", "filepath", "file_path",
		"image_path", "image_name", "image_id", "imageid"}
	labelColumns = []string{"label", "class", "class_name", "category", "name", "labelname"}
)

// List returns the pictures of a CSV file. Its column picture has their paths, which start at the file's folder. If
// there is a column label, it has their labels. Other names in use are read, too, such as filename and class.
func List(path string) (out []Picture, err error) {
	data, err := regular.Read(path, regular.MaxText)
	if err != nil {
		return nil, fmt.Errorf("the list of pictures: %w", err)
	}
	err = records(data, path, func(get func(columns ...string) (string, bool)) error {
		name, ok := get(pictureColumns...)
		if !ok {
			return noColumnError("picture")
		}
		label, _ := get(labelColumns...)
		at := from(filepath.Dir(path), name)
		if strings.Contains(name, `\`) && !exists(at) { // as Windows writes paths
			name = strings.ReplaceAll(name, `\`, "/")
			at = from(filepath.Dir(path), name)
		}
		out = append(out, file(filepath.ToSlash(name), label, at))
		return nil
	})
	return out, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// from returns a path that starts at a folder, unless it is absolute.
func from(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// records calls a function for each record of a CSV file whose first line names the columns. It gives the function get,
// which returns the record's value in the first of the named columns that the file has.
func records(data []byte, path string, record func(get func(columns ...string) (string, bool)) error) error {
	// Spreadsheets begin files with a mark of UTF-8 or UTF-16, and some end lines as old Macs did.
	data, _, err := transform.Bytes(unicode.BOMOverride(transform.Nop), data)
	if err != nil {
		return fmt.Errorf("%s is no text: %w", path, err)
	}
	if !bytes.Contains(data, []byte("\n")) {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	if bytes.Count(data, []byte("\n")) > maxRecords() {
		return tooMany(path)
	}
	one := &recordReader{Reader: bytes.NewReader(data), left: maxRecord}
	c := csv.NewReader(one)
	c.TrimLeadingSpace = true
	c.Comma = separator(data)
	header, err := c.Read()
	if err != nil {
		return fmt.Errorf("%s: its first line names no columns: %w", path, inWords(err))
	}
	for i, name := range header {
		header[i] = strings.ToLower(strings.TrimSpace(name))
	}
	for {
		fields, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		one.left = maxRecord
		if err != nil {
			return fmt.Errorf("%s, %w", path, inWords(err))
		}
		err = record(func(columns ...string) (string, bool) {
			for _, name := range columns {
				if i := slices.Index(header, name); i >= 0 {
					return strings.TrimSpace(fields[i]), true
				}
			}
			return "", false
		})
		var missing noColumnError
		if errors.As(err, &missing) {
			return fmt.Errorf("%s has no column %s: its first line names the columns %s", path, string(missing),
				listNames(header))
		}
		if err != nil {
			line, _ := c.FieldPos(0)
			return fmt.Errorf("%s, line %d: %w", path, line, err)
		}
	}
}

// noColumnError is the name of a column that a CSV file lacks.
type noColumnError string

// Error says which column is missing.
func (e noColumnError) Error() string { return "it has no column " + string(e) }

const maxRecord = 1 << 20 // bytes of one record

// recordReader reads until as many bytes are read as are left for a record.
type recordReader struct {
	io.Reader
	left int
}

func (r *recordReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, fmt.Errorf("it has a line of more than %d bytes, or a quotation mark is not closed", maxRecord)
	}
	n, err := r.Reader.Read(p)
	r.left -= n
	return n, err
}

// inWords returns an error of encoding/csv in the words of a table.
func inWords(err error) error {
	var of *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case !errors.As(err, &of):
		return err
	case errors.Is(err, csv.ErrFieldCount):
		return fmt.Errorf("line %d: it has more or fewer columns than the first line", of.Line)
	}
	return fmt.Errorf("line %d: a quotation mark is not closed, or stands within a word", of.Line)
}

// separator returns what stands between the columns of a CSV file: what its first line has most of.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	return slices.MaxFunc([]rune{',', ';', '\t', '|'}, func(a, b rune) int {
		return cmp.Compare(bytes.Count(first, []byte(string(a))), bytes.Count(first, []byte(string(b))))
	})
}
