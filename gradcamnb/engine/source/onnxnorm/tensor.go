package onnxnorm

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes/float16"
)

// tensor is a constant: an initializer, a Constant node, or what folding made of
// them. Exactly one of ints and floats is in use; booleans are ints of 0 and 1.
type tensor struct {
	dims  []int
	isInt bool
	kind  protos.TensorProto_DataType // in the file; zero where folding computed it

	ints   []int64
	floats func() []float32 // decoded on demand, since a weight may be large and not needed
	raw    []byte           // where the file has it so, the floats, little-endian

	// origin names the tensor among the model's weights, with what was done to
	// it; empty for a value that folding computed.
	origin string
}

func intTensor(dims []int, values []int64) *tensor {
	return &tensor{dims: dims, isInt: true, ints: values}
}

func floatTensor(dims []int, values []float32) *tensor {
	return &tensor{dims: dims, floats: func() []float32 { return values }}
}

// reshaped is the same values under other dims.
func (t *tensor) reshaped(dims []int) *tensor {
	u := *t
	u.dims = dims
	if t.origin != "" {
		u.origin = fmt.Sprintf("%s@reshape%v", t.origin, dims)
	}
	return &u
}

// transposed permutes the axes.
func (t *tensor) transposed(perm []int) *tensor {
	dims := permute(t.dims, perm)
	if t.isInt {
		return intTensor(dims, transposeValues(t.ints, t.dims, perm))
	}
	u := &tensor{dims: dims, floats: func() []float32 {
		if t.raw != nil {
			return transposeRaw(t.raw, t.dims, perm)
		}
		return transposeValues(t.floats(), t.dims, perm)
	}}
	if t.origin != "" {
		u.origin = fmt.Sprintf("%s@transpose%v", t.origin, perm)
	}
	return u
}

// asInts is the tensor's values as Go ints, for shapes, axes and the like.
func (t *tensor) asInts() []int {
	if !t.isInt {
		out := make([]int, size(t.dims))
		for i, v := range t.floats() {
			out[i] = int(v)
		}
		return out
	}
	out := make([]int, len(t.ints))
	for i, v := range t.ints {
		out[i] = int(v)
	}
	return out
}

// decode reads a TensorProto. Its floats are decoded when they are first asked for.
func decode(p *protos.TensorProto) (*tensor, error) {
	dims := convert(p.Dims, func(d int64) int { return int(d) })
	if !plausible(dims) {
		return nil, fmt.Errorf("tensor %q has the shape %v: the file is damaged", p.Name, dims)
	}
	n := size(dims)
	if p.DataLocation == protos.TensorProto_EXTERNAL {
		return nil, fmt.Errorf("tensor %q keeps its data in another file, which is not supported: save the model as one file", p.Name)
	}
	t := &tensor{dims: dims, origin: p.Name, kind: protos.TensorProto_DataType(p.DataType)}
	wants := func(have, each int, where string) error {
		if have != n*each {
			return fmt.Errorf("tensor %q of shape %v needs %d bytes or values in its %s and has %d: the file is damaged", p.Name, dims, n*each, where, have)
		}
		return nil
	}
	var err error
	raw := p.RawData
	switch protos.TensorProto_DataType(p.DataType) {
	case protos.TensorProto_FLOAT:
		if raw == nil {
			err = wants(len(p.FloatData), 1, "float_data")
			t.floats = func() []float32 { return p.FloatData }
			break
		}
		err = wants(len(raw), 4, "raw_data")
		t.raw, t.floats = raw, func() []float32 { return decodeFloat32(raw) }
	case protos.TensorProto_FLOAT16:
		if raw == nil {
			err = wants(len(p.Int32Data), 1, "int32_data")
			t.floats = func() []float32 {
				return convert(p.Int32Data, func(v int32) float32 { return float16.Float16(uint16(v)).Float32() })
			}
			break
		}
		err = wants(len(raw), 2, "raw_data")
		t.floats = func() []float32 {
			out := make([]float32, n)
			for i := range out {
				out[i] = float16.Float16(binary.LittleEndian.Uint16(raw[2*i:])).Float32()
			}
			return out
		}
	case protos.TensorProto_DOUBLE:
		if raw == nil {
			err = wants(len(p.DoubleData), 1, "double_data")
			t.floats = func() []float32 { return convert(p.DoubleData, func(v float64) float32 { return float32(v) }) }
			break
		}
		err = wants(len(raw), 8, "raw_data")
		t.floats = func() []float32 {
			out := make([]float32, n)
			for i := range out {
				out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
			}
			return out
		}
	case protos.TensorProto_INT64:
		t.isInt = true
		if raw == nil {
			t.ints, err = p.Int64Data, wants(len(p.Int64Data), 1, "int64_data")
			break
		}
		if err = wants(len(raw), 8, "raw_data"); err == nil {
			t.ints = make([]int64, n)
			for i := range t.ints {
				t.ints[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
			}
		}
	case protos.TensorProto_INT32:
		t.isInt = true
		if raw == nil {
			t.ints, err = convert(p.Int32Data, func(v int32) int64 { return int64(v) }), wants(len(p.Int32Data), 1, "int32_data")
			break
		}
		if err = wants(len(raw), 4, "raw_data"); err == nil {
			t.ints = make([]int64, n)
			for i := range t.ints {
				t.ints[i] = int64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
			}
		}
	case protos.TensorProto_BOOL:
		t.isInt = true
		if raw == nil {
			t.ints, err = convert(p.Int32Data, func(v int32) int64 { return int64(v) }), wants(len(p.Int32Data), 1, "int32_data")
			break
		}
		if err = wants(len(raw), 1, "raw_data"); err == nil {
			t.ints = convert(raw, func(v byte) int64 { return int64(v) })
		}
	case protos.TensorProto_UINT8, protos.TensorProto_INT8, protos.TensorProto_UINT16, protos.TensorProto_INT16:
		// Of quantised networks: weights, as many as there are, so decoded when asked for.
		each, read := smallInt(t.kind)
		if raw == nil {
			err = wants(len(p.Int32Data), 1, "int32_data")
			t.floats = func() []float32 { return convert(p.Int32Data, func(v int32) float32 { return float32(v) }) }
			break
		}
		err = wants(len(raw), each, "raw_data")
		t.floats = func() []float32 {
			out := make([]float32, n)
			for i := range out {
				out[i] = read(raw[each*i:])
			}
			return out
		}
	default:
		return nil, fmt.Errorf("tensor %q has the type %s, which is not supported: export the model in float32",
			p.Name, protos.TensorProto_DataType(p.DataType))
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// smallInt is the number of bytes of an integer type and how one is read.
func smallInt(kind protos.TensorProto_DataType) (each int, read func(raw []byte) float32) {
	switch kind {
	case protos.TensorProto_UINT8:
		return 1, func(raw []byte) float32 { return float32(raw[0]) }
	case protos.TensorProto_INT8:
		return 1, func(raw []byte) float32 { return float32(int8(raw[0])) }
	case protos.TensorProto_UINT16:
		return 2, func(raw []byte) float32 { return float32(binary.LittleEndian.Uint16(raw)) }
	default:
		return 2, func(raw []byte) float32 { return float32(int16(binary.LittleEndian.Uint16(raw))) }
	}
}

func decodeFloat32(raw []byte) []float32 {
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}

// transposeRaw decodes and transposes in one, since two copies of a large weight, of the
// first dense layer of VGG say, would be most of the memory that the model takes.
func transposeRaw(raw []byte, dims, perm []int) []float32 {
	n := size(dims)
	if n == 0 {
		return nil
	}
	out := make([]float32, n)
	from := unsafe.Slice((*[4]byte)(unsafe.Pointer(unsafe.SliceData(raw))), n)
	to := unsafe.Slice((*[4]byte)(unsafe.Pointer(unsafe.SliceData(out))), n)
	gatherInto(to[:0], from, permute(dims, perm), permute(strides(dims), perm), 0)
	for i, cell := range to { // on a little-endian machine that changes nothing
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(cell[:]))
	}
	return out
}

func convert[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
