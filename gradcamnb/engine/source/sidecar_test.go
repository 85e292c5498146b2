package source

import (
	"os"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A sidecar needs no size if the model has one. If the model has none, the error asks for it.
func TestSidecarWithoutSize(t *testing.T) {
	for _, c := range []struct {
		input  []int
		layout imgio.Layout
		prep   imgio.Prep
		want   [2]int // width, height
		err    string
	}{
		{[]int{1, 3, 20, 30}, imgio.ChannelsFirst, imgio.Prep{Scale: [3]float32{1, 1, 1}}, [2]int{30, 20}, ""},
		{[]int{-1, 20, 30, 3}, imgio.ChannelsLast, imgio.Prep{Scale: [3]float32{1, 1, 1}}, [2]int{30, 20}, ""},
		{[]int{1, 3, 20, 30}, imgio.ChannelsFirst, imgio.Prep{Width: 8, Height: 4, Scale: [3]float32{1, 1, 1}}, [2]int{8, 4},
			""},
		{[]int{1, 3, -1, -1}, imgio.ChannelsFirst, imgio.Prep{Scale: [3]float32{1, 1, 1}}, [2]int{}, "write both"},
		{[]int{1, 3, -1, -1}, imgio.ChannelsFirst, imgio.Prep{Fit: imgio.Edges, Resize: 800, Scale: [3]float32{1, 1, 1}},
			[2]int{}, ""},
		{[]int{1, 3, 20, 30}, imgio.ChannelsFirst, imgio.Prep{Width: 8, Scale: [3]float32{1, 1, 1}}, [2]int{},
			"the size 8 x 0"},
	} {
		card := Card{Input: c.input, Layout: c.layout}
		err := card.takePrep(&c.prep)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v, %+v: error %v, want %q", c.input, c.prep, err, c.err)
			}
		case err != nil || card.Prep.Width != c.want[0] || card.Prep.Height != c.want[1]:
			t.Errorf("%v, %+v: %+v, %v", c.input, c.prep, card.Prep, err)
		}
	}
}

// Slices that are said of a model of pictures, or that are none, are an error.
func TestSidecarSlices(t *testing.T) {
	path := golden.Save(t, golden.Model(t, "resnet-basic.dyn.onnx"))
	for sidecar, want := range map[string]string{
		`{"slices": 16}`: "the sidecar speaks of 16 slices, but the model's input",
		`{"slices": 0}`:  "says that a volume has 0 slices",
		`{"slices": -1}`: "says that a volume has -1 slices",
	} {
		if err := os.WriteFile(SidecarPath(path), []byte(sidecar), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ONNX(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", sidecar, err, want)
		}
	}
}
