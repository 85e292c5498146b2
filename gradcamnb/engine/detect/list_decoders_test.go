package detect

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
)

func TestRTDETR(t *testing.T) {
	box, logits := tensor([]int{1, 1, 4}, 0.5, 0.5, 0.2, 0.4), tensor([]int{1, 1, 3}, 0, float32(math.Log(2)),
		float32(math.Log(5)))
	for _, outputs := range [][]*tensors.Tensor{{logits, box}, {box, logits}} {
		got := decode(t, RTDETR, "", 3, [2]int{100, 200}, outputs...)
		near(t, "box", got.boxes, 80, 30, 120, 70)
		near(t, "scores", got.scores, 1.0/2, 2.0/3, 5.0/6)
	}
}

// Logits of four classes are as wide as boxes: which stands first is asked for.
func TestRTDETROfFourClasses(t *testing.T) {
	head, err := RTDETR.New(nil, 4)
	if err != nil {
		t.Fatal(err)
	}
	if err := head.Check([][]int{{1, 9, 4}, {1, 9, 4}}, [2]int{8, 8}); err == nil ||
		!strings.Contains(err.Error(), `"first"`) {
		t.Errorf("two outputs of four numbers: %v", err)
	}
	box, logits := tensor([]int{1, 1, 4}, 0.5, 0.5, 0.2, 0.4), tensor([]int{1, 1, 4}, 0, 0, 0, float32(math.Log(5)))
	near(t, "logits first", decode(t, RTDETR, `{"first": "logits"}`, 4, [2]int{100, 200}, logits, box).boxes, 80, 30, 120,
		70)
	near(t, "boxes first", decode(t, RTDETR, `{"first": "boxes"}`, 4, [2]int{100, 200}, box, logits).boxes, 80, 30, 120,
		70)
}

func TestDetsLabels(t *testing.T) {
	got := decode(t, DetsLabels, "", 3, [2]int{10, 20}, tensor([]int{1, 1, 5}, 1, 2, 3, 4, 0.5), tensor([]int{1, 1}, 2))
	near(t, "box", got.boxes, 1, 2, 3, 4)
	near(t, "scores", got.scores, 0, 0, 1)
	near(t, "objectness", got.objectness, 0.5)
}

func TestUltraFace(t *testing.T) {
	got := decode(t, UltraFace, "", 1, [2]int{100, 200}, tensor([]int{1, 1, 2}, 0.1, 0.9),
		tensor([]int{1, 1, 4}, 0.1, 0.2, 0.3, 0.4))
	near(t, "box", got.boxes, 20, 20, 60, 40)
	near(t, "score", got.scores, 0.9)
}
