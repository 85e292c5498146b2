package study

import (
	"math"
	"strings"
	"testing"
)

// Numbers of a table have four digits, or as many as their standard error shows; ticks differ from each other.
func TestDigits(t *testing.T) {
	for _, c := range []struct {
		value, stdErr float64
		want          string
	}{
		{0.123456, 0.01, "0.1235"}, {0.99993217, 3.2e-07, "0.99993217"}, {0.99993217, 0, "0.9999"},
		{12345.678, 0.5, "12345.7"},
		{0.99993217, math.NaN(), "0.9999"}, {1, 1e-30, "1"}, {math.NaN(), 1, "-"}, {-0.99993217, 1e-6, "-0.9999322"},
	} {
		if got := (Number{StdErr: c.stdErr}).Short(c.value); got != c.want {
			t.Errorf("%g with the standard error %g is %s, want %s", c.value, c.stdErr, got, c.want)
		}
	}
	var words []string
	ticks := newScale(0, 100, 0.99991, 1).ticks()
	for _, v := range ticks {
		words = append(words, formatTick(v, ticks))
	}
	if got := strings.Join(words, " "); got != "0.99992 0.99994 0.99996 0.99998 1" {
		t.Errorf("the ticks of 0.99991 to 1 are %s", got)
	}
}
