package detect

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// A picture of 8 x 16 (height x width) has two cells of stride 8, with two anchors each, and one of stride 16. The
// third row of stride 8 is the first anchor of the cell (1, 0): its sides are 1, 0.5, 2 and 0.25 strides away. The
// outputs are in no order, those of the coarse stride first, and have no batch.
func TestSCRFD(t *testing.T) {
	fine, marks := make([]float32, 4*4), make([]float32, 4*10)
	copy(fine[8:], []float32{1, 0.5, 2, 0.25})
	copy(marks[20:], []float32{0.5, -0.5, 0, 0, 0, 0, 0, 0, 1, 2})
	got := decode(t, SCRFD, `{"strides": [8, 16]}`, 1, [2]int{8, 16},
		tensor([]int{2, 1}, 0.1, 0.2), tensor([]int{2, 10}, make([]float32, 20)...),
		tensor([]int{2, 4}, 0, 0, 0.5, 0.25, 0, 0, 0, 0),
		tensor([]int{4, 1}, 0.3, 0.4, 0.9, 0.5), tensor([]int{4, 4}, fine...), tensor([]int{4, 10}, marks...))
	near(t, "box", got.boxes[8:12], 0, 0-4, 8+16, 0+2)
	near(t, "box of stride 16", got.boxes[16:20], 0, 0, 8, 4)
	near(t, "objectness", got.objectness, 0.3, 0.4, 0.9, 0.5, 0.1, 0.2)
	near(t, "first landmark", got.points[20:22], 8+4, -4)
	near(t, "last landmark", got.points[28:30], 8+8, 16)
	head, err := SCRFD.New(json.RawMessage(`{"strides": [8, 16]}`), 1)
	if err != nil {
		t.Fatal(err)
	}
	err = head.Check([][]int{{3, 1}, {4, 4}, {2, 1}, {2, 4}}, [2]int{8, 16})
	if err == nil || !strings.Contains(err.Error(), "has 3 rows and should have 4, 2 for each cell") {
		t.Errorf("three rows of four: %v", err)
	}
}

// One cell of stride 8 with the sides 16 and 32. The second prior has its middle at (4, 4): with the variances 1/10
// and 1/5 an offset of (1, 2) moves it by (3.2, 6.4), and 5 ln 2 doubles a side.
func TestRetinaFace(t *testing.T) {
	double := float32(5 * math.Ln2)
	got := decode(t, RetinaFace, `{"strides": [8], "sides": [[16, 32]]}`, 1, [2]int{8, 8},
		tensor([]int{1, 2, 2}, 0.9, 0.1, 0.2, 0.8),
		tensor([]int{1, 2, 10}, append(make([]float32, 10), 1, -1, 0, 0, 0, 0, 0, 0, 0, 0)...),
		tensor([]int{1, 2, 4}, 0, 0, 0, 0, 1, 2, double, 0))
	near(t, "boxes", got.boxes, 4-8, 4-8, 4+8, 4+8, 7.2-32, 10.4-16, 7.2+32, 10.4+16)
	near(t, "objectness", got.objectness, 0.1, 0.8)
	near(t, "landmarks", got.points[10:14], 4+3.2, 4-3.2, 4, 4)
}

// Cells of 4 pixels. Of class 0 the cell (1, 0) is the highest of its neighbours and (0, 0) is not, of class 1 it is
// (2, 1). The size is in cells.
func TestCenterNet(t *testing.T) {
	got := decode(t, CenterNet, "", 2, [2]int{8, 12},
		tensor([]int{1, 2, 2, 3}, 0.3, 0.6, 0.1, 0.2, 0.1, 0.1 /* class 1 */, 0, 0, 0, 0, 0, 0.7),
		tensor([]int{1, 2, 2, 3}, 1, 2, 3, 4, 5, 6 /* heights */, 2, 4, 2, 2, 2, 2),
		tensor([]int{1, 2, 2, 3}, 0, 0.5, 0, 0, 0, 0, 0, 0.25, 0, 0, 0, 0))
	near(t, "box of cell (1, 0)", got.boxes[4:8], 6-4, 1-8, 6+4, 1+8)
	near(t, "scores of cell (0, 0)", got.scores[0:2], 0, 0)
	near(t, "scores of cell (1, 0)", got.scores[2:4], 0.6, 0)
	near(t, "scores of cell (2, 1)", got.scores[10:12], 0, 0.7)
	logit := decode(t, CenterNet, `{"logits": true}`, 1, [2]int{4, 4}, tensor([]int{1, 1, 1, 1}, float32(math.Log(3))),
		tensor([]int{1, 2, 1, 1}, 1, 1), tensor([]int{1, 2, 1, 1}, 0, 0))
	near(t, "score of a logit", logit.scores, 0.75)
}

// The mask of the second row is sigmoid(2 P_0 - P_1) in the left half of its picture, where its box is: of the cell
// (0, 0) with P = (1, 1) it is sigmoid(1).
func TestYOLOv5Seg(t *testing.T) {
	rows := make([]float32, 10*10)
	copy(rows[10:], []float32{2, 4, 4, 8, 0.5, 0.1, 0.6, 0.3, 2, -1})
	got := decode(t, YOLOv5Seg, "", 3, [2]int{8, 8}, tensor([]int{1, 10, 10}, rows...),
		tensor([]int{1, 2, 2, 2}, 1, 1, 1, 1, 1, 1, 3, 1))
	near(t, "box", got.boxes[4:8], 0, 0, 4, 8)
	near(t, "scores", got.scores[3:6], 0.1, 0.6, 0.3)
	near(t, "confidence", got.confidence[1:2], 0.3)
	near(t, "mask", got.mask, 1/(1+math.Exp(-1)), 0, 1/(1+math.Exp(1)), 0)
}

// Class logits 0 and ln 2 beside "no object" at 0: 1/4 and 1/2. The mask logit ln 3, 3/4, is the only one above 0, in
// the cell (2, 1) of 3 x 2 over a picture of 12 x 8.
func TestMaskFormer(t *testing.T) {
	ln3 := float32(math.Log(3))
	got := decode(t, MaskFormer, "", 2, [2]int{8, 12},
		tensor([]int{1, 2, 3}, 0, 0, 0, 0, float32(math.Ln2), 0),
		tensor([]int{1, 2, 2, 3}, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, ln3))
	near(t, "boxes", got.boxes, 0, 0, 0, 0, 8, 4, 12, 8)
	near(t, "scores", got.scores[2:], 0.25, 0.5)
	near(t, "objectness", got.objectness, 0, 0.75)
	near(t, "mask", got.mask[5:], 0.75)
}

// Two masks of one prompt, with overlaps of 0.9 and, cut off there, 1.
func TestSAM(t *testing.T) {
	got := decode(t, SAM, "", 0, [2]int{4, 4}, tensor([]int{1, 1, 2}, 0.9, 1.2),
		tensor([]int{1, 1, 2, 2, 2}, 1, 1, -1, -1, -1, 2, -1, 2))
	near(t, "boxes", got.boxes, 0, 0, 4, 2, 2, 0, 4, 4)
	near(t, "confidence", got.confidence, 0.9, 1)
	near(t, "mask", got.mask[1:2], 1/(1+math.Exp(-2)))
}

// An anchor of 20 x 10 with its middle at (20, 15), moved by a tenth of its size down and right, and twice as high.
func TestEfficientDet(t *testing.T) {
	got := decode(t, EfficientDet, "", 2, [2]int{64, 64},
		tensor([]int{1, 1, 4}, 0.1, 0.1, float32(math.Ln2), 0), tensor([]int{1, 1, 2}, 0.2, 0.7),
		tensor([]int{1, 1, 4}, 10, 10, 20, 30))
	near(t, "box", got.boxes, 22-10, 16-10, 22+10, 16+10)
	near(t, "scores", got.scores, 0.2, 0.7)
}

// Of the cell (1, 0) of the stride 8: the middle is ((1 + 0.5) 8, (0 + 0.25) 8), the size (16, 8), a landmark at
// ((1 + 0.125) 8, 8), and the face as probable as sqrt(0.5 * 0.98) = 0.7.
func TestYuNet(t *testing.T) {
	two := float32(math.Log(2))
	got := decode(t, YuNet, `{"strides": [8]}`, 1, [2]int{8, 16}, tensor([]int{1, 2, 1}, 0, 0.5),
		tensor([]int{1, 2, 4}, 0, 0, 0, 0, 0.5, 0.25, two, 0), tensor([]int{1, 2, 1}, 1, 0.98),
		tensor([]int{1, 2, 10}, append(make([]float32, 10), 0.125, 1, 0, 0, 0, 0, 0, 0, 0, 0)...))
	near(t, "box", got.boxes[4:], 12-8, 2-4, 12+8, 2+4)
	near(t, "confidence", got.confidence, 0, 0.7)
	near(t, "landmark", got.points[10:12], 9, 8)
	head, err := YuNet.New(nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, shapes := range [][][]int{{{1, 2, 1}}, make([][]int, 12)} {
		if head.Check(shapes, [2]int{8, 16}) == nil {
			t.Errorf("the shapes %v are read", shapes)
		}
	}
}
