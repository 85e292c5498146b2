package invented

import "testing"

// The second value is 7919 mod 1009 = 856: 856/1009*4 - 2 = 1.39346.
func TestInput(t *testing.T) {
	in := Input([]int{1, 1, 2, 2})
	if len(in.Values) != 4 || in.Values[0] != -2 || in.Values[1] < 1.39345 || in.Values[1] > 1.39347 {
		t.Errorf("%v", in.Values)
	}
}
