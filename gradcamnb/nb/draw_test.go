package nb

import (
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
)

// While something is drawn that takes long, a line says so. It is gone before the outputs come, so that the card hides
// those just before it.
func TestSlowDrawing(t *testing.T) {
	k := inNotebook(t)
	driver.ShowWaiting(showWaiting())
	defer driver.ShowWaiting(func(string) {})
	results := []*heatmap.Result{result("cat"), result("dog")}
	slow := func() ([]byte, string, error) {
		eventually.True(t, "a line says that something is drawn", func() bool {
			k.mu.Lock()
			defer k.mu.Unlock()
			return len(k.got) > 0
		})
		return picture(results)
	}
	if err := show(slow, results, results, nil); err != nil {
		t.Fatal(err)
	}
	got := k.take()
	outputs := got[max(0, len(got)-3):]
	lines := got[:len(got)-len(outputs)]
	if len(lines) < 2 || len(outputs) < 3 {
		t.Fatalf("%d lines and %d outputs", len(lines), len(outputs))
	}
	for i, m := range lines {
		text, _ := m.Data[protocol.MIMETextHTML].(string)
		isLast := i == len(lines)-1
		if m.DisplayID != lines[0].DisplayID || m.DisplayID == "" || strings.Contains(text, "drawing 2 maps: ") == isLast ||
			isLast && text != "" {
			t.Errorf("line %d of %d: %q", i+1, len(lines), text)
		}
	}
	card, _ := outputs[2].Data[protocol.MIMETextHTML].(string)
	if outputs[0].Data[protocol.MIMEImagePNG] == nil || !strings.Contains(card, `data-covers="2"`) {
		t.Errorf("after the line come %v", outputs)
	}
}
