package engine

import (
	"encoding/json"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// squareCells is a detector in memory: for each of 8 x 8 cells it returns the box of the cell, of the unit square, and
// the mean of every colour as a probability.
func squareCells(_ *model.Scope, x *Node) []*Node {
	const cells = 8
	scores := Reshape(MeanPool(x).Window(cells).Done(), x.Shape().Dim(0), cells*cells, 3)
	var boxes [][]float32
	for i := range cells * cells {
		x, y := float32(i%cells), float32(i/cells)
		boxes = append(boxes, []float32{x / cells, y / cells, (x + 1) / cells, (y + 1) / cells})
	}
	none := MulScalar(Slice(scores, AxisRange(), AxisRange(), AxisRange(0, 1)), 0)
	return []*Node{Add(Const(x.Graph(), [][][]float32{boxes}), none), scores}
}

// A detector in memory has no sidecar: its errors say what to write into its card, and that makes it right.
func TestDetectorInMemory(t *testing.T) {
	card := source.Card{Name: "own", Input: []int{-1, 64, 64, 3}, Outputs: []string{"boxes", "scores"},
		Prep: &imgio.Prep{Width: 64, Height: 64, Fit: imgio.Stretch, Scale: [3]float32{255, 255, 255}, Order: "RGB"}}
	find := func(c source.Card, fn source.GraphFn) ([]heatmap.Detection, error) {
		m, err := source.GoMLX(c, model.NewStore(), fn)
		if err != nil {
			t.Fatal(err)
		}
		return gradcamnb.NewModel(testEngine(t, "go").Session(m)).Detect(twoSquares())
	}
	unit := "Detector: &detect.Spec{Decoder: \"before-nms\", Numbers: json.RawMessage(`{\"unit\":true}`)} in its card"
	named, labelled, three := card, card, card
	named.Detector = &detect.Spec{Decoder: "before-nms", Threshold: 0.25, NMS: 0.45}
	labelled.Labels, three.Outputs = []string{"red", "green"}, []string{"scores", "boxes", "picture"}
	both := named
	both.Labels = labelled.Labels
	for _, c := range []struct {
		card source.Card
		fn   source.GraphFn
		want string
	}{
		{card, squareCells, unit},
		{named, squareCells, unit},
		{labelled, squareCells, "with another number of classes than the 2 labels, before-nms"},
		{both, squareCells, "If the model has 3 classes, give their names as Labels in its card"},
		{three, func(s *model.Scope, x *Node) []*Node { return append(squareCells(s, x), x) },
			"make sense if you write Detector: &detect.Spec{Decoder: \"before-nms\", Outputs: []string{\"scores\", \"boxes\"}, " +
				"Numbers: json.RawMessage(`{\"unit\":true}`)} in its card"},
	} {
		_, err := find(c.card, c.fn)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sidecar") {
			t.Errorf("it says %v, want %q and no sidecar", err, c.want)
		}
	}
	card.Detector = &detect.Spec{Decoder: "before-nms", Threshold: 0.25, NMS: 0.45, Numbers: json.RawMessage(`{"unit":true}`)}
	found, err := find(card, squareCells)
	if err != nil || len(found) != 2 || found[0].Class != 1 || farthest(found[0].Box, heatmap.Box{40, 16, 48, 24}) > 0.01 {
		t.Errorf("found is %v, %v", found, err)
	}
}
