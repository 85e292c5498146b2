package study

import (
	"fmt"
	"image"
	"iter"
	"sync"

	"github.com/parquet-go/parquet-go"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// parquetFile is a Parquet file of pictures.
type parquetFile struct {
	path   string
	column parquet.LeafColumn // of the pictures
	rows   int64              // of the whole file
}

// reading is the file that was read last, and where. Pictures are asked for in their order. To find a row anew, all
// pages before it must be read in a file without an index of pages, as pandas and pyarrow write it.
var reading struct {
	sync.Mutex
	of   *parquetFile
	at   int64 // the row that next returns
	next func() (parquet.Value, error, bool)
	stop func()
}

// stopReading closes the file that was read last. It is called when a study or a report is at its end.
func stopReading() {
	reading.Lock()
	defer reading.Unlock()
	if reading.of != nil {
		reading.stop()
		reading.of = nil
	}
}

// mostSkipped is how many rows are read without use on the way to a later one. To find that anew costs less beyond.
const mostSkipped = 64

// picture returns the picture of row i.
func (f *parquetFile) picture(i int64) (image.Image, error) {
	name := fmt.Sprintf("row %d of %s", i, f.path)
	data, err := f.bytes(i)
	switch {
	case err != nil:
		return nil, err
	case len(data) == 0:
		return nil, fmt.Errorf("%s has no picture: its bytes are missing", name)
	case len(data) > maxPictureFile:
		return nil, fmt.Errorf("%s has %d bytes, and at most %d are read", name, len(data), maxPictureFile)
	}
	return imgio.Decode(data, name)
}

// bytes returns the bytes of row i. It reads on from the row that was read last, if row i comes soon after it.
func (f *parquetFile) bytes(i int64) ([]byte, error) {
	r := &reading
	r.Lock()
	defer r.Unlock()
	if r.of != f || i < r.at || i-r.at > mostSkipped {
		if r.of != nil {
			r.stop()
		}
		r.of, r.at = f, i
		r.next, r.stop = iter.Pull2(f.values(i))
	}
	for {
		v, err, ok := r.next()
		var data []byte
		found := r.at == i
		if r.at++; ok && err == nil && found {
			data = v.Clone().ByteArray()
		}
		if !ok || err != nil || r.at == f.rows {
			r.stop()
			r.of = nil
			return data, err
		}
		if found {
			return data, nil
		}
	}
}

// values hands out the values of the column of pictures from a row on. If they end with an error, that comes last.
func (f *parquetFile) values(from int64) iter.Seq2[parquet.Value, error] {
	return func(yield func(parquet.Value, error) bool) {
		wanted := true
		err := openParquet(f.path, func(file openedParquet) error {
			for i, group := range file.RowGroups() {
				if from >= group.NumRows() {
					from -= group.NumRows()
					continue
				}
				err := file.values(i, f.column, from, func(v parquet.Value) bool {
					wanted = yield(v, nil)
					return wanted
				})
				if err != nil || !wanted {
					return err
				}
				from = 0
			}
			return nil
		})
		if err != nil && wanted {
			yield(parquet.Value{}, err)
		}
	}
}
