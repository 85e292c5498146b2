package npyfile

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	values := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	if err := Write(path, []int{2, 3, 2}, values); err != nil {
		t.Fatal(err)
	}
	dims, got, err := Read(path)
	if err != nil || !slices.Equal(dims, []int{2, 3, 2}) || !slices.Equal(got, values) {
		t.Errorf("read %v %v, %v", dims, got, err)
	}
}

// The bytes of numpy.save(f, numpy.array([[1.5, -2]], "<f4")), written by numpy 2.4.6, are read, and written again.
func TestAsNumPy(t *testing.T) {
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }"
	header += strings.Repeat(" ", 118-len(header)-1) + "\n"
	data := "\x93NUMPY\x01\x00\x76\x00" + header + "\x00\x00\xc0\x3f\x00\x00\x00\xc0"
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	dims, got, err := Read(path)
	if err != nil || !slices.Equal(dims, []int{1, 2}) || !slices.Equal(got, []float32{1.5, -2}) {
		t.Errorf("read %v %v, %v", dims, got, err)
	}
	if err := Write(path, dims, got); err != nil {
		t.Fatal(err)
	}
	if written, err := os.ReadFile(path); err != nil || string(written) != data {
		t.Errorf("written %q, %v", written, err)
	}
}

// A packed array is read as the same array.
func TestReadsPacked(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "a.npy")
	if err := Write(plain, []int{2, 1}, []float32{3, -4}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want string // of the error
	}{
		"whole.npy.gz": {packed.Bytes(), ""},
		"cut.npy.gz":   {packed.Bytes()[:packed.Len()-9], "damaged"},
		"plain.npy.gz": {data, "not packed with gzip"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		dims, values, err := Read(path)
		switch {
		case c.want == "" && (err != nil || !slices.Equal(dims, []int{2, 1}) || !slices.Equal(values, []float32{3, -4})):
			t.Errorf("%s: read %v %v, %v", name, dims, values, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v does not say %q", name, err, c.want)
		}
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	header := func(descr, shape string) string {
		h := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }"
		return "\x93NUMPY\x01\x00\x76\x00" + h + strings.Repeat(" ", 118-len(h)-1) + "\n"
	}
	for name, c := range map[string]struct{ data, want string }{
		"not npy":   {"hello", "is not a NumPy .npy file"},
		"empty":     {"", "is not a NumPy .npy file"},
		"complex":   {header("<c8", "(1,)") + "12345678", "float32"},
		"too short": {header("<f4", "(4,)") + "1234", "damaged"},
		"no values": {header("<f4", "(2, 0)"), "the shape [2 0], and so no values"},
		"huge":      {header("<f4", "(1000000000, 1000000000)") + "1234", "damaged"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.data), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(path); err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v does not say %q", name, err, c.want)
		}
	}
	if err := Write(filepath.Join(dir, "x"), []int{2, 2}, []float32{1}); err == nil {
		t.Error("a wrong shape was written")
	}
}

// A small file may unpack to any length. A length above the limit is an error and is not cut off.
func TestUnpackedLimit(t *testing.T) {
	for n, want := range map[int]bool{4: true, 5: false} {
		data, err := unpack(strings.NewReader("abcdef"[:n]), 4)
		if (err == nil) != want || want && string(data) != "abcd" {
			t.Errorf("%d bytes: %q, %v", n, data, err)
		}
	}
}

// Headers at which npyio panics or allocates gigabytes are errors here.
func TestHostileHeaders(t *testing.T) {
	dir := t.TempDir()
	for i, data := range []string{
		"", "\x93NUMPY", "\x93NUMPY\x01\x00\xff\xff", "\x93NUMPY\x01\x00\x00\x00ab", "\x93NUMPY\x02\x00\xff\xff\xff\xff",
		"\x93NUMPY\x09\x00\x10\x00{}\n",
		"\x93NUMPY\x01\x00\x02\x00{}", "\x93NUMPY\x01\x00\x03\x00{}\n", "\x93NUMPY\x01\x00\x03\x00ab\n",
		npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"),
		npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }"),
		npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 9223372036854775807), }"),
		npyOf("{'descr': '', 'fortran_order': False, 'shape': (1,), }"),
		npyOf("{'shape': (1,), }"), npyOf("{{{{"),
		npyOf("{'descr': '<f8', 'fortran_order': False, 'shape': (), }"), // one number, half of which is there
		npyOf("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"),
	} {
		path := filepath.Join(dir, "a.npy")
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if dims, _, err := Read(path); err == nil || !strings.Contains(err.Error(), path) ||
			strings.Contains(err.Error(), "goroutine") {
			t.Errorf("%d: %v, %v", i, dims, err)
		}
	}
}

// npyOf returns a file with a header and four bytes.
func npyOf(header string) string {
	header += "\n"
	return "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header + "\x00\x00\x80\x3f"
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(npyOf("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }")))
	f.Add([]byte("\x93NUMPY\x01\x00\xff\xff"))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dims, values, err := decode("fuzz", data)
		n := 1
		for _, d := range dims {
			n *= d
		}
		if err == nil && n != len(values) {
			t.Errorf("%d values for %v", len(values), dims)
		}
	})
}

// A shape whose number of values int64 does not hold does not fit into any file.
func TestCount(t *testing.T) {
	const most = 3_200_000_000
	for _, dims := range [][]int{{3_100_000_000, 3_100_000_000}, {most + 1}, {2, most/2 + 1}} {
		if n, fits := count(dims, most); fits {
			t.Errorf("%v fits as %d", dims, n)
		}
	}
	if n, fits := count([]int{2, most / 2}, most); n != most || !fits {
		t.Errorf("2 x %d is %d, %v", most/2, n, fits)
	}
}
