package nb

import (
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

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

// The text of a figure names the detections whose maps it shows, and a drawn box; that of everything found names what
// is found, too.
func TestTextNamesWhatIsExplained(t *testing.T) {
	r := result("cat")
	second := *r.Maps[0]
	r.Maps[0].Box, r.Maps[0].Target, r.Maps[0].Found = heatmap.Box{0, 0, 4, 4}, "detection 2", 2
	second.Box, second.Target = heatmap.Box{4, 4, 8, 8}, "box"
	r.Detections = []heatmap.Detection{{Label: "dog", Score: 0.75}, {Label: "cat", Score: 0.5}}
	for _, c := range []struct {
		show func(*heatmap.Result) error
		more []*heatmap.Map
		want string
	}{
		{ShowDetectionSheet, nil, "net: detections explained; maps of cat 0.50"},
		{ShowDetectionSheet, []*heatmap.Map{&second}, "net: detections explained; maps of cat 0.50, cat (drawn)"},
		{ShowDetected, nil, "net: everything found, explained; 2 detections: dog 0.75, cat 0.50; maps of cat 0.50"},
	} {
		k := inNotebook(t)
		shown := *r
		shown.Maps = append([]*heatmap.Map{r.Maps[0]}, c.more...)
		if err := c.show(&shown); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, m := range k.take() {
			if m.Data[protocol.MIMEImagePNG] != nil {
				got, _ = m.Metadata["alt"].(string)
			}
		}
		if got != c.want {
			t.Errorf("the text is %q, want %q", got, c.want)
		}
	}
}
