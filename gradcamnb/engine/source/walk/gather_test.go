package walk

import (
	"reflect"
	"testing"
)

// Whole numbers are read from every type that they may be written in, also from floats that are converted later.
func TestIntegers(t *testing.T) {
	for _, v := range []any{int32(3), uint8(3), float32(3), float64(3)} {
		if got := integer(reflect.ValueOf(v)); got != 3 {
			t.Errorf("%T: %d", v, got)
		}
	}
}
