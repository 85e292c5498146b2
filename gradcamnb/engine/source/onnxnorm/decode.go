package onnxnorm

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes/float16"
)

// decode reads a TensorProto, whose raw data may be elsewhere. Floats are decoded when they are first needed.
func decode(p *protos.TensorProto, raw StoredValues) (*tensor, error) {
	dims := convert(p.Dims, func(d int64) int { return int(d) })
	if !isPlausible(dims) {
		return nil, fmt.Errorf("tensor %q has the shape %v: the file is damaged", p.Name, dims)
	}
	if p.DataLocation == protos.TensorProto_EXTERNAL && raw.Read == nil {
		return nil, fmt.Errorf("tensor %q keeps its data in another file, which is not supported: save the model as one file",
			p.Name)
	}
	d := decoder{p: p, raw: raw, n: size(dims),
		tensor: &tensor{dims: dims, origin: p.Name, kind: protos.TensorProto_DataType(p.DataType)}}
	for _, read := range []func() (known bool, err error){d.readFloats, d.readInts, d.readPacked} {
		known, err := read()
		if err != nil {
			return nil, err
		}
		if known {
			return d.tensor, nil
		}
	}
	return nil, fmt.Errorf("tensor %q has the type %s, which is not supported: export the model in float32", p.Name,
		d.kind)
}

// decoder reads the values of one tensor.
type decoder struct {
	*tensor

	p   *protos.TensorProto
	raw StoredValues
	n   int // number of values, by the shape
}

// checkCount returns an error if the file holds another number of values than the shape needs.
func (d decoder) checkCount(have, want int, what, where string) error {
	if have == want {
		return nil
	}
	return fmt.Errorf("tensor %q of shape %v needs %d %s in its %s and has %d: the file is damaged", d.p.Name, d.dims,
		want, what, where, have)
}

// list is the field that holds a tensor's values if it has no raw data, and the number of them.
type list struct {
	field string
	len   int
}

// floatsFrom reads floats of each bytes from the raw data, or those of a list.
func (d decoder) floatsFrom(each int, read func(raw []byte) float32, l list,
	listed func() []float32) (known bool, err error) {
	if d.raw.Read == nil {
		d.floats = listed
		return true, d.checkCount(l.len, d.n, "values", l.field)
	}
	raw, n := d.raw, d.n
	d.floats = func() []float32 {
		bytes, out := raw.bytes(), make([]float32, n)
		for i := range out {
			out[i] = read(bytes[each*i:])
		}
		return out
	}
	return true, d.checkCount(raw.Size, each*n, "bytes", "raw_data")
}

// intsFrom reads whole numbers of each bytes from the raw data, or those of a list.
func (d decoder) intsFrom(each int, read func(raw []byte) int64, l list,
	listed func() []int64) (known bool, err error) {
	d.isInt = true
	if d.raw.Read == nil {
		d.ints = listed()
		return true, d.checkCount(l.len, d.n, "values", l.field)
	}
	if err := d.checkCount(d.raw.Size, each*d.n, "bytes", "raw_data"); err != nil {
		return true, err
	}
	bytes := d.raw.bytes()
	d.ints = make([]int64, d.n)
	for i := range d.ints {
		d.ints[i] = read(bytes[each*i:])
	}
	return true, nil
}

// readFloats reads floats, and the small integers of quantised networks. Both may be large weights, so they are decoded
// when they are needed.
func (d decoder) readFloats() (known bool, err error) {
	p, int32s := d.p, list{"int32_data", len(d.p.Int32Data)}
	half := func(v uint16) float32 { return float16.Float16(v).Float32() }
	brain := func(v uint16) float32 { return math.Float32frombits(uint32(v) << 16) }
	of16 := func(to func(uint16) float32) (bool, error) {
		return d.floatsFrom(2, func(raw []byte) float32 { return to(binary.LittleEndian.Uint16(raw)) }, int32s,
			func() []float32 { return convert(p.Int32Data, func(v int32) float32 { return to(uint16(v)) }) })
	}
	switch d.kind {
	case protos.TensorProto_FLOAT:
		if d.raw.Read == nil {
			d.floats = func() []float32 { return p.FloatData }
			return true, d.checkCount(len(p.FloatData), d.n, "values", "float_data")
		}
		raw := d.raw
		d.tensor.raw, d.into = raw, func(out []float32) { readFloats(out, raw) }
		d.floats = Weight{d.dims, d.into}.Values
		return true, d.checkCount(raw.Size, 4*d.n, "bytes", "raw_data")
	case protos.TensorProto_FLOAT16:
		return of16(half)
	case protos.TensorProto_BFLOAT16:
		return of16(brain)
	case protos.TensorProto_DOUBLE:
		double := func(raw []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(raw))) }
		return d.floatsFrom(8, double, list{"double_data", len(p.DoubleData)},
			func() []float32 { return convert(p.DoubleData, func(v float64) float32 { return float32(v) }) })
	case protos.TensorProto_UINT8, protos.TensorProto_INT8, protos.TensorProto_UINT16, protos.TensorProto_INT16:
		each, read := smallInt(d.kind)
		return d.floatsFrom(each, read, int32s,
			func() []float32 { return convert(p.Int32Data, func(v int32) float32 { return float32(v) }) })
	}
	return false, nil
}

// readInts reads whole numbers, such as shapes and axes.
func (d decoder) readInts() (known bool, err error) {
	p := d.p
	int32s, uint64s := list{"int32_data", len(p.Int32Data)}, list{"uint64_data", len(p.Uint64Data)}
	list32 := func() []int64 { return convert(p.Int32Data, func(v int32) int64 { return int64(v) }) }
	listU := func() []int64 { return convert(p.Uint64Data, func(v uint64) int64 { return int64(v) }) }
	of64 := func(raw []byte) int64 { return int64(binary.LittleEndian.Uint64(raw)) }
	switch d.kind {
	case protos.TensorProto_INT64:
		return d.intsFrom(8, of64, list{"int64_data", len(p.Int64Data)}, func() []int64 { return p.Int64Data })
	case protos.TensorProto_INT32:
		return d.intsFrom(4, func(raw []byte) int64 { return int64(int32(binary.LittleEndian.Uint32(raw))) }, int32s, list32)
	case protos.TensorProto_UINT32:
		return d.intsFrom(4, func(raw []byte) int64 { return int64(binary.LittleEndian.Uint32(raw)) }, uint64s, listU)
	case protos.TensorProto_UINT64:
		return d.intsFrom(8, of64, uint64s, listU)
	case protos.TensorProto_BOOL:
		return d.intsFrom(1, func(raw []byte) int64 { return int64(raw[0]) }, int32s, list32)
	}
	return false, nil
}

// readPacked reads types of fewer than 8 bits, several of which lie in a byte.
func (d decoder) readPacked() (known bool, err error) {
	bits, read := findPackedType(d.kind)
	if bits == 0 {
		return false, nil
	}
	p, raw, n := d.p, d.raw, d.n
	d.floats = func() []float32 { return unpack(p, raw, bits, n, read) }
	want := (bits*n + 7) / 8
	if raw.Read == nil {
		return true, d.checkCount(len(p.Int32Data), want, "bytes", "int32_data")
	}
	return true, d.checkCount(raw.Size, want, "bytes", "raw_data")
}
