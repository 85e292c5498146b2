package study

import (
	"encoding/binary"
	"math"

	"github.com/gradcam-go/gradcam/internal/half"
)

// scaledHalves returns values as float16, divided by scale. That is the power of two that brings the largest magnitude
// to between 1 and 2, which float16 can hold. If no value is finite and other than 0, it is 1.
func scaledHalves(values []float32) (data []byte, scale float64) {
	most := 0.0
	for _, v := range values {
		if a := math.Abs(float64(v)); !math.IsInf(a, 0) && a > most { // and so no NaN
			most = a
		}
	}
	scale = 1
	if most > 0 {
		_, exponent := math.Frexp(most)
		scale = math.Ldexp(1, exponent-1)
	}
	scaled := make([]float32, len(values))
	for i, v := range values {
		scaled[i] = float32(float64(v) / scale)
	}
	return halves(scaled), scale
}

// halves returns values as float16, little endian.
func halves(values []float32) []byte {
	out := make([]byte, 0, 2*len(values))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint16(out, half.FromFloat32(v))
	}
	return out
}

// Values returns the row's map in its own units, [Height, Width], row by row.
func (r Row) Values() []float32 {
	out := make([]float32, len(r.Map)/2)
	for i := range out {
		out[i] = float32(r.Scale) * half.Float32(binary.LittleEndian.Uint16(r.Map[2*i:]))
	}
	return out
}
