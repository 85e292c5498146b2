package onnxnorm

import (
	"math"

	"github.com/gomlx/compute-onnx/support/protos"
)

// findPackedType returns the number of bits of a type of at most 8 bits that has no other reader, and the function that
// reads one of its values. For any other type bits is 0.
func findPackedType(kind protos.TensorProto_DataType) (bits int, read func(raw int) float32) {
	if f, ok := smallFloats[kind]; ok {
		bits = 8
		if kind == protos.TensorProto_FLOAT4E2M1 {
			bits = 4
		}
		return bits, func(raw int) float32 { return f.read(raw, bits) }
	}
	r, ok := integerRange[kind]
	for period := r.high - r.low + 1; ok && period > 1; period /= 2 {
		bits++
	}
	return bits, func(raw int) float32 {
		if raw > r.high {
			raw -= 1 << bits
		}
		return float32(raw)
	}
}

// unpack reads values several of which lie in a byte, the first in the lowest bits.
func unpack(p *protos.TensorProto, raw StoredValues, bits, n int, read func(raw int) float32) []float32 {
	var bytes []byte
	if raw.Read != nil {
		bytes = raw.bytes()
	} else {
		bytes = convert(p.Int32Data, func(v int32) byte { return byte(v) })
	}
	out := make([]float32, n)
	for i := range out {
		at := i * bits
		out[i] = read(int(bytes[at/8]) >> (at % 8) & (1<<bits - 1))
	}
	return out
}

// read returns the number that the bits stand for: sign, exponent, mantissa.
func (f smallFloat) read(raw, bits int) float32 {
	sign := 1.0
	if raw>>(bits-1) != 0 {
		sign = -1
	}
	exponents := 1 << (bits - 1 - f.mantissa)
	e, m := raw>>f.mantissa&(exponents-1), raw&(1<<f.mantissa-1)
	v := math.Ldexp(float64(m), f.least-f.mantissa)
	if e > 0 {
		v = math.Ldexp(float64(m|1<<f.mantissa), e-1+f.least-f.mantissa)
	}
	switch {
	case f.beyond != f.beyond && sign < 0 && e == 0 && m == 0 && f.mantissa+f.least < -3: // unsigned zero
		return nan
	case v <= float64(f.most):
		return float32(sign * v)
	case math.IsInf(float64(f.beyond), 0) && m == 0:
		return float32(math.Inf(int(sign)))
	}
	return nan
}
