package npyfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// These are the files that numpy.save of numpy 2.4.6 wrote for [[1.5, -2, 3], [4, 5, 6]] and the like, of the shape [2,
// 3].
func TestReadsEveryType(t *testing.T) {
	for name, c := range map[string]struct {
		data, fails string
		want        []float32
	}{
		"f8": {"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) +
			"\x0a\x00\x00\x00\x00\x00\x00\xf8?\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x08@\x00\x00\x00\x00\x00\x00\x10@\x00\x00\x00\x00\x00\x00\x14@\x00\x00\x00\x00\x00\x00\x18@", "", []float32{1.5, -2, 3, 4, 5, 6}},
		"f4be": {"\x93NUMPY\x01\x00v\x00{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) + "\x0a?\xc0\x00\x00\xc0\x00\x00\x00@@\x00\x00@\x80\x00\x00@\xa0\x00\x00@\xc0\x00\x00", "",
			[]float32{1.5, -2, 3, 4, 5, 6}},
		"f2": {"\x93NUMPY\x01\x00v\x00{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) + "\x0a\x00>\x00\xc0\x00B\x00D\x00E\x00F", "", []float32{1.5, -2, 3, 4, 5, 6}},
		"fortran": {"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }" +
			strings.Repeat(" ", 59) + "\x0a\x00\x00\xc0?\x00\x00\x80@\x00\x00\x00\xc0\x00\x00\xa0@\x00\x00@@\x00\x00\xc0@", "",
			[]float32{1.5, -2, 3, 4, 5, 6}},
		"i8": {"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) +
			"\x0a\x01\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff\xff\xff\xff\xff\x03\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00", "", []float32{1, -2, 3, 4, 5, 6}},
		"u1": {"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) + "\x0a\x01\x02\x03\x04\x05\xff", "", []float32{1, 2, 3, 4, 5, 255}},
		"i2be": {"\x93NUMPY\x01\x00v\x00{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) + "\x0a\x00\x01\xff\xfe\x00\x03\x00\x04\x00\x05\x00\x06", "", []float32{1, -2, 3, 4, 5, 6}},
		"bool": {"\x93NUMPY\x01\x00v\x00{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) + "\x0a\x01\x00\x01\x01\x00\x00", "", []float32{1, 0, 1, 1, 0, 0}},
		"big": {"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) +
			"\x0a\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "does not hold", nil},
		"text": {"\x93NUMPY\x01\x00v\x00{'descr': '<U1', 'fortran_order': False, 'shape': (2, 3), }" +
			strings.Repeat(" ", 58) + "\x0aa\x00\x00\x00b\x00\x00\x00c\x00\x00\x00d\x00\x00\x00e\x00\x00\x00f\x00\x00\x00",
			"no numbers", nil},
	} {
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := os.WriteFile(path, []byte(c.data), 0o600); err != nil {
			t.Fatal(err)
		}
		dims, got, err := Read(path)
		switch {
		case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%s: error %v, want %q", name, err, c.fails)
		case c.fails == "" && (err != nil || !slices.Equal(dims, []int{2, 3}) || !slices.Equal(got, c.want)):
			t.Errorf("%s: read %v %v, %v; want %v", name, dims, got, err, c.want)
		}
	}
}
