package render

import (
	"encoding/json"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// The card's script reads every slice of a volume: a map of 2 slices of 2 x 1 cells, brought to 3 slices of 2 x 1. The
// middle slice lies half between the two: its first cell is (1 + 5) / 2 = 3.
func TestScriptReadsVolume(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		require.Missing(t, "node", "Node.js runs the card's script")
	}
	raw := heatmap.Grid{W: 2, H: 2, Slices: 2, Values: []float32{1, 2, 5, 8}}
	full := heatmap.Grid{W: 2, H: 3, Slices: 3, Values: make([]float32, 6)}
	data, err := json.Marshal(NewCardMap(&heatmap.Map{Grid: full, Raw: raw, Method: "Grad-CAM", Layer: "conv", Index: -1}))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(node, "-")
	c.Stdin = strings.NewReader(cardFile("maps.js") +
		"console.log(JSON.stringify(Array.from(full(" + string(data) + ", true))));")
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got []*float64 // null is NaN
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := []float64{1, 2, 3, 5, 5, 8}
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i, v := range got {
		if v == nil || !(math.Abs(*v-want[i]) <= 7.0/65534) { // a step of the packed values
			t.Errorf("value %d: %s, want %g", i, out, want[i])
		}
	}
}
