package nb

import (
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Every column of a table has a name, which a screen reader says with each cell.
func TestColumnsHaveNames(t *testing.T) {
	one, other := result("cat"), result("dog")
	for _, table := range []string{tables([]*heatmap.Result{one}), tables([]*heatmap.Result{one, other}),
		detectionTable([]heatmap.Detection{{Label: "cat"}})} {
		if head, _, _ := strings.Cut(table, "\n"); head == "" || strings.Contains(head, "| |") {
			t.Errorf("a table begins with %q", head)
		}
	}
}
