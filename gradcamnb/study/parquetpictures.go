package study

import (
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/gradcam-go/gradcam/internal/regular"
)

// Parquet returns the pictures of a Parquet file, the format in which image data sets are published. It needs a column
// image of the encoded pictures, or of their bytes and paths and, if pictures have labels, a column label of numbers or
// text. Other names in use are read, too, such as img, labels and fine_label. If the file names its classes, as data
// sets of the hub do, a label is the name of its number. A picture is read when it is opened.
func Parquet(path string) (out []Picture, err error) {
	err = openParquet(path, func(f openedParquet) error {
		column, ok := pictureColumn(f.Schema())
		if !ok {
			return fmt.Errorf("%s has no column image with encoded pictures: its columns are %s; a list of paths is given as .csv", path, columnNames(f.Schema()))
		}
		n := f.NumRows()
		if size := f.info.Size(); n < 0 || n > size || n != rowsOfGroups(f.File) { // a picture takes a byte at least
			return fmt.Errorf("%s claims %d rows, and has %d bytes: it is damaged", path, n, size)
		}
		if n > int64(maxRecords()) {
			return tooMany(path)
		}
		labels, classes, err := labelsOf(f)
		if err != nil {
			return err
		}
		from := &parquetFile{path, column, n}
		for i := range n {
			p := Picture{Name: fmt.Sprintf("%s/%d", filepath.Base(path), i), classes: classes,
				Open: func() (image.Image, error) { return from.picture(i) }}
			if i < int64(len(labels)) {
				p.Label = labels[i]
			}
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

// rowsOfGroups returns how many rows the groups of a file claim together; -1 if a group claims a number below 0.
func rowsOfGroups(f *parquet.File) (sum int64) {
	for _, group := range f.RowGroups() {
		n := group.NumRows()
		if n < 0 || n > f.NumRows()-sum {
			return -1
		}
		sum += n
	}
	return sum
}

// pictureColumn returns the column with the encoded pictures. A column of text has paths or other names.
func pictureColumn(s *parquet.Schema) (column parquet.LeafColumn, ok bool) {
	for _, name := range []string{"image", "img", "picture", "photo", "jpg", "jpeg", "png", "webp"} {
		for _, path := range [][]string{{name, "bytes"}, {name}} {
			c, ok := s.Lookup(path...)
			if !ok || !c.Node.Leaf() || c.MaxRepetitionLevel > 0 || c.Node.Type().Kind() != parquet.ByteArray {
				continue
			}
			if !isText(c.Node) {
				return c, true
			}
		}
	}
	return column, false
}

// isText tells whether the values of a column are text, and not any bytes.
func isText(n parquet.Node) bool {
	kind := n.Type().LogicalType()
	if kind == nil {
		return false
	}
	_, ok := kind.Value.(*format.StringType)
	return ok
}

// columnNames returns the names of the columns of a file.
func columnNames(s *parquet.Schema) string {
	var names []string
	for _, path := range s.Columns() {
		if len(names) == 0 || names[len(names)-1] != path[0] { // the columns of a group follow each other
			names = append(names, path[0])
		}
	}
	return listNames(names)
}

// openParquet opens a Parquet file. What the library panics with at a damaged one is an error.
func openParquet(path string, do func(openedParquet) error) (err error) {
	file, err := regular.Open(path)
	if err != nil {
		return fmt.Errorf("the pictures: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%s is no Parquet file of pictures, or it is damaged", path)
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("the pictures: %w", err)
	}
	f, err := openChecked(file, info)
	switch {
	case errors.Is(err, errUnpacks):
		return fmt.Errorf("%s %w: it holds no pictures", path, err)
	case err != nil:
		return fmt.Errorf("%s is no Parquet file, or it is damaged", path)
	}
	return do(f)
}

// maxRatio is how many times larger than packed the pictures and labels of a Parquet file may be, beyond the size of
// one large picture. Encoded pictures can hardly be packed; zeros can be packed to a 30,000th.
const maxRatio = 200

var errUnpacks = fmt.Errorf("unpacks to more than %d times its size", maxRatio)

// unpacksToMuch tells whether a column of a group is packed to much less than pictures and labels are. The library
// unpacks a page as a whole.
func unpacksToMuch(groups []format.RowGroup) bool {
	for _, group := range groups {
		for _, c := range group.Columns {
			if isTooMuch(c.MetaData.TotalUncompressedSize, c.MetaData.TotalCompressedSize) {
				return true
			}
		}
	}
	return false
}

// isTooMuch tells whether pictures and labels would not be packed to so few bytes.
func isTooMuch(unpacked, packed int64) bool { return unpacked > maxPictureFile+maxRatio*max(0, packed) }

// values hands out the values of a column in a group of rows from a row on, for as long as they are wanted.
func (o openedParquet) values(group int, column parquet.LeafColumn, from int64,
	next func(parquet.Value) bool) (err error) {
	if err := o.checkOnce(group, column); err != nil {
		return err
	}
	pages := o.RowGroups()[group].ColumnChunks()[column.ColumnIndex].Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	if err := pages.SeekToRow(from); err != nil {
		return fmt.Errorf("the row %d of a Parquet file cannot be found: it is damaged", from)
	}
	buffer := make([]parquet.Value, 64)
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.New("a page of a Parquet file cannot be read: it is damaged")
		}
		reader := page.Values()
		for {
			n, err := reader.ReadValues(buffer)
			for _, v := range buffer[:n] {
				if !next(v) {
					parquet.Release(page)
					return nil
				}
			}
			if err != nil {
				break // at its end
			}
		}
		parquet.Release(page)
	}
}
