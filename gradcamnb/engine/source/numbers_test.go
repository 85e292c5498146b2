package source

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes/float16"
)

// numbers is a tensor of a backend test.
type numbers struct {
	name   string
	dims   []int
	values []float64
	real   bool    // floating-point
	step   float64 // relative difference that the type leaves
	least  float64 // and the difference between its smallest numbers
	proto  *protos.TensorProto
}

func (n numbers) size() int { return len(n.values) }

func (n numbers) ints() []int64 {
	out := make([]int64, len(n.values))
	for i, v := range n.values {
		out[i] = int64(v)
	}
	return out
}

// reader is how one value of a type is read from raw data of so many bits.
type reader struct {
	bits  int
	real  bool
	step  float64
	least float64
	read  func(raw uint64) float64
}

var readers = map[protos.TensorProto_DataType]reader{
	protos.TensorProto_FLOAT: {32, true, 1e-5, 0,
		func(r uint64) float64 { return float64(math.Float32frombits(uint32(r))) }},
	protos.TensorProto_DOUBLE: {64, true, 1e-5, 0, math.Float64frombits},
	protos.TensorProto_FLOAT16: {16, true, 2e-3, 1e-6,
		func(r uint64) float64 { return float64(float16.Float16(uint16(r)).Float32()) }},
	protos.TensorProto_BFLOAT16: {16, true, 1e-2, 1e-6,
		func(r uint64) float64 { return float64(math.Float32frombits(uint32(r) << 16)) }},
	protos.TensorProto_BOOL:   {8, false, 0, 0, func(r uint64) float64 { return float64(r) }},
	protos.TensorProto_UINT8:  {8, false, 0, 0, func(r uint64) float64 { return float64(r) }},
	protos.TensorProto_UINT16: {16, false, 0, 0, func(r uint64) float64 { return float64(r) }},
	protos.TensorProto_UINT32: {32, false, 0, 0, func(r uint64) float64 { return float64(r) }},
	protos.TensorProto_UINT64: {64, false, 0, 0, func(r uint64) float64 { return float64(r) }},
	protos.TensorProto_INT8:   {8, false, 0, 0, func(r uint64) float64 { return float64(int8(r)) }},
	protos.TensorProto_INT16:  {16, false, 0, 0, func(r uint64) float64 { return float64(int16(r)) }},
	protos.TensorProto_INT32:  {32, false, 0, 0, func(r uint64) float64 { return float64(int32(r)) }},
	protos.TensorProto_INT64:  {64, false, 0, 0, func(r uint64) float64 { return float64(int64(r)) }},
	protos.TensorProto_UINT4:  {4, false, 0, 0, func(r uint64) float64 { return float64(r) }},
	protos.TensorProto_UINT2:  {2, false, 0, 0, func(r uint64) float64 { return float64(r) }},
	protos.TensorProto_INT2:   {2, false, 0, 0, func(r uint64) float64 { return float64(int64(r<<62) >> 62) }},
	protos.TensorProto_INT4:   {4, false, 0, 0, func(r uint64) float64 { return float64(int64(r<<60) >> 60) }},

	protos.TensorProto_FLOAT4E2M1: {4, true, 0.26, 0.26, func(r uint64) float64 {
		return []float64{0, 0.5, 1, 1.5, 2, 3, 4, 6, 0, -0.5, -1, -1.5, -2, -3, -4, -6}[r]
	}},
	protos.TensorProto_FLOAT8E8M0: {8, true, 0.5, 0, func(r uint64) float64 { return math.Ldexp(1, int(r)-127) }},
	protos.TensorProto_FLOAT8E4M3FN: {8, true, 0.07, 0.002,
		func(r uint64) float64 { return float8(r, 4, 7, true, false) }},
	protos.TensorProto_FLOAT8E4M3FNUZ: {8, true, 0.07, 0.001,
		func(r uint64) float64 { return float8(r, 4, 8, true, true) }},
	protos.TensorProto_FLOAT8E5M2: {8, true, 0.14, 2e-5,
		func(r uint64) float64 { return float8(r, 5, 15, false, false) }},
	protos.TensorProto_FLOAT8E5M2FNUZ: {8, true, 0.14, 1e-5,
		func(r uint64) float64 { return float8(r, 5, 16, true, true) }},
}

// float8 reads a number with so many bits of exponent. Finite kinds have no infinities;
// in unsigned-zero kinds the one NaN is -0.
func float8(r uint64, exponentBits, bias int, finite, unsignedZero bool) float64 {
	mantissaBits := 7 - exponentBits
	sign := 1.0
	if r>>7 != 0 {
		sign = -1
	}
	e, m := int(r>>mantissaBits)&(1<<exponentBits-1), int(r)&(1<<mantissaBits-1)
	top := e == 1<<exponentBits-1
	switch {
	case unsignedZero && r == 0x80:
		return math.NaN()
	case !unsignedZero && finite && top && m == 1<<mantissaBits-1, !finite && top && m != 0:
		return math.NaN()
	case !finite && top:
		return math.Inf(int(sign))
	case e == 0:
		return sign * math.Ldexp(float64(m), 1-bias-mantissaBits)
	}
	return sign * math.Ldexp(float64(m|1<<mantissaBits), e-bias-mantissaBits)
}

// numbersOf decodes a tensor.
func numbersOf(p *protos.TensorProto) (numbers, error) {
	kind := protos.TensorProto_DataType(p.DataType)
	r, ok := readers[kind]
	if !ok {
		return numbers{}, fmt.Errorf("values of the type %s", kind)
	}
	n := numbers{real: r.real, step: r.step, least: r.least, proto: p}
	size := 1
	for _, d := range p.Dims {
		n.dims = append(n.dims, int(d))
		size *= int(d)
	}
	switch {
	case len(p.RawData) > 0 && r.bits < 8: // several to a byte
		for i := range size {
			at := i * r.bits
			n.values = append(n.values, r.read(uint64(p.RawData[at/8]>>(at%8))&(1<<r.bits-1)))
		}
	case len(p.RawData) > 0:
		each := r.bits / 8
		for i := range size {
			var word [8]byte
			copy(word[:], p.RawData[i*each:][:each])
			n.values = append(n.values, r.read(binary.LittleEndian.Uint64(word[:])))
		}
	case len(p.FloatData) > 0:
		for _, v := range p.FloatData {
			n.values = append(n.values, float64(v))
		}
	case len(p.DoubleData) > 0:
		n.values = p.DoubleData
	case len(p.Int64Data) > 0:
		for _, v := range p.Int64Data {
			n.values = append(n.values, float64(v))
		}
	case len(p.Uint64Data) > 0:
		for _, v := range p.Uint64Data {
			n.values = append(n.values, float64(v))
		}
	case r.bits < 8 && len(p.Int32Data) > 0:
		for i := range size {
			at := i * r.bits
			n.values = append(n.values, r.read(uint64(p.Int32Data[at/8]>>(at%8))&(1<<r.bits-1)))
		}
	case r.bits < 32 && r.real:
		for _, v := range p.Int32Data {
			n.values = append(n.values, r.read(uint64(uint32(v))))
		}
	default:
		for _, v := range p.Int32Data {
			n.values = append(n.values, float64(v))
		}
	}
	if len(n.values) != size {
		return n, fmt.Errorf("%d values for the shape %v", len(n.values), n.dims)
	}
	return n, nil
}
