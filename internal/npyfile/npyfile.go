// Package npyfile reads and writes float32 arrays of any rank as NumPy's .npy.
package npyfile

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/machine"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// Read reads an array of numbers from a .npy file, or from one packed with gzip, .npy.gz. It returns the shape, and the
// values in C order. Numbers of any type and byte order become float32. A number that float32 does not hold, such as a
// whole number above 2^24, is an error.
func Read(path string) (dims []int, values []float32, err error) {
	data, err := regular.Read(path, largest())
	if err != nil {
		return nil, nil, fmt.Errorf("reading the array: %w", err)
	}
	if strings.HasSuffix(path, ".gz") {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err == nil {
			data, err = unpack(r, largest())
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s is not packed with gzip, is damaged, or is too large: %w", path, err)
		}
	}
	return decode(path, data)
}

// maxRank is the most axes of an array (NumPy 2, NPY_MAXDIMS).
const maxRank = 64

func decode(path string, data []byte) (dims []int, values []float32, err error) {
	h, raw, err := readHeader(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s is not a NumPy .npy file, or it is damaged: %w", path, err)
	}
	if len(h.dims) > maxRank {
		return nil, nil, fmt.Errorf("%s has an array of %d axes, and NumPy's have at most %d", path, len(h.dims), maxRank)
	}
	read, order, each := typeOf(h.kind)
	if each == 0 {
		return nil, nil, fmt.Errorf(
			"%s holds values of NumPy's type %s, which are no numbers that are read here: save it as float32", path, h.kind)
	}
	if slices.Contains(h.dims, 0) {
		return nil, nil, fmt.Errorf("%s has the shape %v, and so no values", path, h.dims)
	}
	n, fits := count(h.dims, len(raw)/each)
	if !fits {
		return nil, nil, fmt.Errorf("%s declares the shape %v and is too short for it: the file is damaged", path, h.dims)
	}
	if int64(n) > largest()/4 {
		return nil, nil, fmt.Errorf("%s has the shape %v: as float32 it has more than the %d bytes that are read of an array", path,
			h.dims, largest())
	}
	values = make([]float32, n)
	for i := range values {
		var ok bool
		if values[i], ok = read(order, raw[each*i:]); !ok {
			return nil, nil, fmt.Errorf(
				"%s holds a number of the type %s that float32, in which everything is computed here, does not hold", path, h.kind)
		}
	}
	if h.fortran {
		values = toRowMajor(values, h.dims)
	}
	return h.dims, values, nil
}

// count returns the number of values of a shape without zeros, and whether it is at most a number.
func count(dims []int, most int) (n int, fits bool) {
	n = 1
	for _, d := range dims {
		if d > most/n {
			return 0, false
		}
		n *= d
	}
	return n, n <= most
}

// Array is one of several arrays in a file.
type Array struct {
	Dims   []int     // shape
	Values []float32 // row by row
}

// ReadAll reads every array of a .npz file, by its name without ".npy".
func ReadAll(path string) (map[string]Array, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the arrays: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading the arrays: %w", err)
	}
	z, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("reading the arrays of %s: %w", path, err)
	}
	out := map[string]Array{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("reading %s of %s: %w", f.Name, path, err)
		}
		data, err := unpack(r, largest())
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, fmt.Errorf("reading %s of %s: %w", f.Name, path, err)
		}
		var a Array
		if a.Dims, a.Values, err = decode(path+":"+f.Name, data); err != nil {
			return nil, err
		}
		out[strings.TrimSuffix(f.Name, ".npy")] = a
	}
	return out, nil
}

// largest returns the number of bytes that a file may have, packed or not, and its values as float32: 4 GiB, which is
// more than any picture or map needs, and at most a quarter of the memory that this process may use, since a file and
// its values are held at the same time, and a file is copied while it is unpacked.
var largest = sync.OnceValue(func() int64 {
	const most = 4 << 30
	if memory := machine.Memory(); memory > 0 {
		return min(most, memory/4)
	}
	return most
})

// unpack returns the content of a packed file, at most limit bytes.
func unpack(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("it unpacks to more than %d bytes, which is the most that is read of an array", limit)
	}
	return data, err
}

// Write writes values of the given shape. The file appears whole or not at all.
func Write(path string, dims []int, values []float32) error {
	n := 1
	for _, d := range dims {
		n *= d
	}
	if n != len(values) || n == 0 {
		return fmt.Errorf("writing %s: %d values do not fill the shape %v", path, len(values), dims)
	}
	data, err := binary.Append(appendHeader(nil, dims), binary.LittleEndian, values)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return atomicfile.Write(path, data)
}
