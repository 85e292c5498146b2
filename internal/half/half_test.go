package half

import (
	"math"
	"testing"
)

// The test takes powers of two, the largest number, the smallest, and rounding to even, as IEEE 754 has them.
func TestHalf(t *testing.T) {
	for v, want := range map[float32]uint16{
		0: 0, 1: 0x3c00, -2: 0xc000, 65504: 0x7bff, 65519: 0x7bff, 65520: 0x7c00, 1e10: 0x7c00, 0x1p-24: 1, 0x1p-25: 0,
		0x1.8p-24: 2, 0x1p-14: 0x0400,
		0.333251953125: 0x3555, 1.00048828125: 0x3c00, 1.00146484375: 0x3c02, 2047.5: 0x67ff + 1,
	} {
		if got := FromFloat32(v); got != want {
			t.Errorf("%g is %#04x, want %#04x", v, got, want)
		}
	}
	for h := range uint32(0x7c00) {
		if got := FromFloat32(Float32(uint16(h))); got != uint16(h) {
			t.Fatalf("%#04x comes back as %#04x", h, got)
		}
	}
	if v := Float32(FromFloat32(float32(math.NaN()))); v == v {
		t.Error("NaN is a number")
	}
}
