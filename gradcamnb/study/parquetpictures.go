package study

import (
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// datasetRow is a row of a data set as the hub's tools write it. The column image has the bytes of the encoded picture
// and its path. The column label has the class's number.
type datasetRow struct {
	Image struct {
		Bytes []byte `parquet:"bytes"`
		Path  string `parquet:"path,optional"`
	} `parquet:"image"`
	Label int64 `parquet:"label,optional"`
}

// Parquet returns the pictures of a Parquet file, the format in which image data sets are published. It needs a column
// image with bytes and, if pictures have labels, a column label. A picture is read when it is opened.
func Parquet(path string) (out []Picture, err error) {
	defer recoverDamage(path, &err)
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the pictures: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("the pictures: %w", err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s is no Parquet file, or it is damaged", path)
	}
	if _, ok := file.Schema().Lookup("image", "bytes"); !ok {
		return nil, fmt.Errorf("%s has no column image with bytes", path)
	}
	labelled := false
	if _, ok := file.Schema().Lookup("label"); ok {
		labelled = true
	}
	for i := range file.NumRows() {
		p := Picture{Name: fmt.Sprintf("%s/%d", filepath.Base(path), i), Open: func() (image.Image, error) {
			row, err := parquetRow(path, i)
			if err != nil {
				return nil, err
			}
			return imgio.Decode(row.Image.Bytes, fmt.Sprintf("row %d of %s", i, path))
		}}
		if labelled {
			row, err := parquetRow(path, i)
			if err != nil {
				return nil, err
			}
			p.Label = strconv.FormatInt(row.Label, 10)
		}
		out = append(out, p)
	}
	return out, nil
}

// recoverDamage turns a panic of the Parquet library into an error. The library panics if a file is damaged.
func recoverDamage(path string, err *error) {
	if recover() != nil {
		*err = fmt.Errorf("%s is no Parquet file of pictures, or it is damaged", path)
	}
}

func parquetRow(path string, i int64) (row datasetRow, err error) {
	defer recoverDamage(path, &err)
	f, err := regular.Open(path)
	if err != nil {
		return row, fmt.Errorf("the pictures: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := parquet.NewGenericReader[datasetRow](f)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.SeekToRow(i); err != nil {
		return row, fmt.Errorf("row %d of %s: %w", i, path, err)
	}
	rows := make([]datasetRow, 1)
	if n, err := r.Read(rows); n != 1 {
		return row, fmt.Errorf("row %d of %s: %w", i, path, errors.Join(err, io.ErrUnexpectedEOF))
	}
	return rows[0], nil
}
