package render

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// A figure and the card beside it write a number in the same way.
func TestNumber(t *testing.T) {
	values := []float64{0, 9.126, 999.4, 999.7, 1234.4, -43210, 99999, 1e5, 1234567, 1e12, 0.00012345, -0.0001, 1e-5,
		1.5e-9, 9.125, -9.125, 0.3125, 0.03125, 1000.5, -1234.5, 100500, 9.995, 0.000099996, 0.000099949}
	// 9.995 is no tie: the nearest number in binary lies below it.
	want := []string{"0", "9.13", "999", "1000", "1234", "-43210", "99999", "1e+05", "1.23e+06", "1e+12", "0.000123",
		"-0.0001", "1e-05", "1.5e-09", "9.13", "-9.13", "0.313", "0.0313", "1001", "-1235", "1.01e+05", "9.99", "0.0001",
		"9.99e-05"}
	for i, v := range values {
		if got := number(v); got != want[i] {
			t.Errorf("%g is written %q, want %q", v, got, want[i])
		}
	}
	node, err := exec.LookPath("node")
	if err != nil {
		require.Missing(t, "node", "Node.js runs the card's script")
	}
	list, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(node, "-")
	c.Stdin = strings.NewReader(cardFile("maps.js") + "console.log(JSON.stringify(" + string(list) + ".map(number)));")
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got []string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the card writes %q, want %q", got, want)
	}
}

// Safari before 16.4 knows no lookbehind, and runs nothing of a script that has one.
func TestScriptHasNoLookbehind(t *testing.T) {
	for _, sign := range []string{"(?<=", "(?<!"} {
		if _, behind, ok := strings.Cut(cardScript(), sign); ok {
			t.Errorf("the card's script has the lookbehind %s%.20s", sign, behind)
		}
	}
}
