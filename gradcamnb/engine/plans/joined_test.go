package plans

import (
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// A joined map of parts that are nowhere positive is zero by the joining: what is said of it is what its parts say, not
// that nothing moves the target.
func TestJoinedNegativePartsKeepTheirDiagnosis(t *testing.T) {
	part := func() *heatmap.Map {
		g := heatmap.Grid{W: 1, H: 1, Values: []float32{-1}}
		return &heatmap.Map{Grid: g, Raw: g, Diagnosis: "It speaks against the target."}
	}
	if got := joinParts([]*heatmap.Map{part(), part()}).Diagnosis; got != "It speaks against the target." {
		t.Errorf("it says %q, want what the parts say", got)
	}
}
