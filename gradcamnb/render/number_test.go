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
		1.5e-9}
	want := []string{"0", "9.13", "999", "1000", "1234", "-43210", "99999", "1e+05", "1.23e+06", "1e+12", "0.000123",
		"-0.0001", "1e-05", "1.5e-09"}
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
