package npyfile

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/gradcam-go/gradcam/internal/half"
)

// everyInteger is the bound up to which float32 holds every whole number: 2^24.
const everyInteger = 1 << 24

// number reads one number of an array; ok is false if float32 does not hold it.
type number func(order binary.ByteOrder, b []byte) (v float32, ok bool)

// numbers maps the types of NumPy, without their byte order, to their readers.
var numbers = map[string]number{
	"f2": func(o binary.ByteOrder, b []byte) (float32, bool) {
		return half.Float32(o.Uint16(b)), true
	},
	"f4": func(o binary.ByteOrder, b []byte) (float32, bool) { return math.Float32frombits(o.Uint32(b)), true },
	"f8": func(o binary.ByteOrder, b []byte) (float32, bool) {
		v := math.Float64frombits(o.Uint64(b))
		return float32(v), math.IsInf(v, 0) || !math.IsInf(float64(float32(v)), 0)
	},
	"b1": func(_ binary.ByteOrder, b []byte) (float32, bool) { return float32(b[0]), true },
	"u1": func(_ binary.ByteOrder, b []byte) (float32, bool) { return float32(b[0]), true },
	"i1": func(_ binary.ByteOrder, b []byte) (float32, bool) { return float32(int8(b[0])), true },
	"u2": func(o binary.ByteOrder, b []byte) (float32, bool) { return float32(o.Uint16(b)), true },
	"i2": func(o binary.ByteOrder, b []byte) (float32, bool) { return float32(int16(o.Uint16(b))), true },
	"u4": func(o binary.ByteOrder, b []byte) (float32, bool) { return exactFloat(int64(o.Uint32(b))) },
	"i4": func(o binary.ByteOrder, b []byte) (float32, bool) { return exactFloat(int64(int32(o.Uint32(b)))) },
	"i8": func(o binary.ByteOrder, b []byte) (float32, bool) { return exactFloat(int64(o.Uint64(b))) },
	"u8": func(o binary.ByteOrder, b []byte) (float32, bool) {
		v := o.Uint64(b)
		return float32(v), v <= everyInteger
	},
}

func exactFloat(v int64) (float32, bool) { return float32(v), v >= -everyInteger && v <= everyInteger }

// typeOf returns the reader of a type as NumPy writes it, such as "<f4", its byte order, and the size of a number. The
// size is 0 if the type is not known.
func typeOf(name string) (read number, order binary.ByteOrder, size int) {
	if len(name) != 3 {
		return nil, nil, 0
	}
	order = binary.LittleEndian
	if name[0] == '>' {
		order = binary.BigEndian
	}
	read = numbers[name[1:]]
	if size, _ = strconv.Atoi(name[2:]); read == nil {
		size = 0
	}
	return read, order, size
}

// toRowMajor returns values that are in Fortran's order, with the first axis changing fastest, in C's order.
func toRowMajor(values []float32, dims []int) []float32 {
	step := make([]int, len(dims))
	for i, n := 0, 1; i < len(dims); i++ {
		step[i], n = n, n*dims[i]
	}
	out, at := make([]float32, 0, len(values)), make([]int, len(dims))
	for range values {
		from := 0
		for i := range at {
			from += at[i] * step[i]
		}
		out = append(out, values[from])
		for i := range slices.Backward(at) {
			if at[i]++; at[i] < dims[i] {
				break
			}
			at[i] = 0
		}
	}
	return out
}
