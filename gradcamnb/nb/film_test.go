package nb

import (
	"bytes"
	"fmt"
	"image/png"
	"slices"
	"testing"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// A strip is one output that is sent anew, with a column more, at every frame: the picture is there before the next
// frame is taken, so it grows while a training goes on. Two strips are two outputs.
func TestStripGrows(t *testing.T) {
	k := inNotebook(t)
	strip, other := Strip("training"), Strip("another")
	sheet := &heatmap.Sheet{Title: "net while it trains", Rows: []string{"Grad-CAM"}, Cells: [][]heatmap.Cell{nil}}
	ids, widths := map[string]bool{}, []int(nil)
	var before []byte
	for i := range 6 {
		r := result("cat")
		r.Name = fmt.Sprintf("step %d", 10*i)
		sheet.Results = append(sheet.Results, r)
		sheet.Columns = append(sheet.Columns, fmt.Sprintf("step %d, loss 0.5", 10*i))
		sheet.Cells[0] = append(sheet.Cells[0], heatmap.Cell{Result: i})
		if err := strip(sheet); err != nil {
			t.Fatal(err)
		}
		gonbui.Sync()
		got := k.take()
		if len(got) != 1 {
			t.Fatalf("frame %d sends %d outputs, want 1", i, len(got))
		}
		data, _ := got[0].Data[protocol.MIMEImagePNG].([]byte)
		shown, err := png.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(data, before) {
			t.Errorf("the strip of %d frames looks like that of %d", i+1, i)
		}
		if alt, want := got[0].Metadata["alt"], "training, so far: "+sheet.Columns[i]; alt != want {
			t.Errorf("its text is %q, want %q", alt, want)
		}
		ids[got[0].DisplayID], widths, before = true, append(widths, shown.Width), data
	}
	if !slices.IsSorted(widths) || widths[5] <= widths[0] {
		t.Errorf("the strips are %v pixels wide", widths)
	}
	if err := other(sheet); err != nil {
		t.Fatal(err)
	}
	gonbui.Sync()
	if got := k.take(); len(got) != 1 || len(ids) != 1 || ids[got[0].DisplayID] || got[0].DisplayID == "" {
		t.Errorf("the strip has the ids %v, and another has the output %v", ids, got)
	}
}

// Outside a notebook a strip does nothing.
func TestNoStripOutsideANotebook(t *testing.T) {
	if err := Strip("training")(&heatmap.Sheet{}); err != nil {
		t.Error(err)
	}
}
