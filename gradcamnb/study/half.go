package study

import (
	"encoding/binary"

	"github.com/gradcam-go/gradcam/internal/half"
)

// halves writes values as float16, little endian.
func halves(values []float32) []byte {
	out := make([]byte, 0, 2*len(values))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint16(out, half.FromFloat32(v))
	}
	return out
}

// Values reads a row's map back: [Height, Width] laid flat.
func (r Row) Values() []float32 {
	out := make([]float32, len(r.Map)/2)
	for i := range out {
		out[i] = half.Float32(binary.LittleEndian.Uint16(r.Map[2*i:]))
	}
	return out
}
