// Package half converts between float32 and float16: 1 sign, 5 exponent and 10 fraction bits (IEEE 754).
package half

import "math"

// FromFloat32 returns the float16 of a float32, rounded to the nearest with ties to even. A number that is too large
// becomes infinite.
func FromFloat32(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	switch magnitude := math.Float32frombits(bits &^ (1 << 31)); {
	case v != v:
		return sign | 0x7e00
	case magnitude >= 65520: // half the way from the largest number to the next
		return sign | 0x7c00
	case magnitude >= 0x1p-14: // a normal number: 13 bits of the fraction go
		rounded := bits&^(1<<31) + 0xfff + bits>>13&1
		return sign | uint16(rounded>>13-112<<10)
	default: // a multiple of 2^-24
		return sign | uint16(math.RoundToEven(float64(magnitude)*0x1p24))
	}
}

// Float32 returns the float32 of a float16.
func Float32(h uint16) float32 {
	sign := float32(1)
	if h&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(h>>10&0x1f), float64(h&0x3ff)
	switch exponent {
	case 0x1f:
		if fraction != 0 {
			return float32(math.NaN())
		}
		return sign * float32(math.Inf(1))
	case 0:
		return sign * float32(fraction*0x1p-24)
	}
	return sign * float32(math.Ldexp(1+fraction/1024, exponent-15))
}
