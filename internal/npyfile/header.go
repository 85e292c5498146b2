package npyfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A .npy file begins with magic, a version of two bytes, the length of the header in 2 bytes (version 1) or 4, and the
// header: a dictionary of Python as text, which ends with spaces and a newline (NEP 1, and NumPy's
// lib/_format_impl.py).
const magic = "\x93NUMPY"

// header is what stands before the values of an array.
type header struct {
	kind    string // NumPy's name of the type, such as "<f4"
	fortran bool   // the first axis changes fastest
	dims    []int  // shape
}

// dictionary matches a header as numpy.save writes it.
var dictionary = regexp.MustCompile(
	`^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\),? *\} *\n$`)

// readHeader returns the header of a file, and the bytes after it.
func readHeader(data []byte) (h header, values []byte, err error) {
	const most = 64 << 10
	if len(data) < 12 || string(data[:len(magic)]) != magic {
		return h, nil, errors.New("it does not begin as one")
	}
	start, length := 10, uint32(binary.LittleEndian.Uint16(data[8:]))
	switch data[6] {
	case 1:
	case 2, 3:
		start, length = 12, binary.LittleEndian.Uint32(data[8:])
	default:
		return h, nil, fmt.Errorf("its version is %d", data[6])
	}
	if length == 0 || length > most || int(length) > len(data)-start {
		return h, nil, fmt.Errorf("its header has %d bytes, which is none, more than the file has, or more than %d", length, most)
	}
	end := start + int(length)
	found := dictionary.FindSubmatch(data[start:end])
	if found == nil {
		return h, nil, errors.New("its header does not name one type, order and shape: write it with numpy.save")
	}
	h = header{kind: string(found[1]), fortran: string(found[2]) == "True"}
	for _, text := range strings.FieldsFunc(string(found[3]), func(r rune) bool { return r == ',' || r == ' ' }) {
		d, err := strconv.Atoi(text)
		if err != nil {
			return h, nil, fmt.Errorf("its shape is (%s)", found[3])
		}
		h.dims = append(h.dims, d)
	}
	return h, data[end:], nil
}

// appendHeader appends everything that stands before the values of a float32 array. Spaces fill it up to a multiple of
// 64 bytes, as NumPy does, so that the values can be mapped into memory.
func appendHeader(to []byte, dims []int) []byte {
	shape := strings.Trim(strings.ReplaceAll(fmt.Sprint(dims), " ", ", "), "[]")
	if len(dims) == 1 {
		shape += ","
	}
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
	const before = len(magic) + 4
	length := (before+len(text)+1+63)/64*64 - before
	to = append(to, magic+"\x01\x00"...)
	to = binary.LittleEndian.AppendUint16(to, uint16(length))
	return fmt.Appendf(to, "%-*s\n", length-1, text)
}
