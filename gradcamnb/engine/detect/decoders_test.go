package detect

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// decodedBoxes is what a head makes of outputs, each [batch of 1, ...].
type decodedBoxes struct{ boxes, scores, objectness, confidence, points, mask []float32 }

func decode(t *testing.T, d Decoder, numbers string, classes int, picture [2]int,
	outputs ...*tensors.Tensor) decodedBoxes {
	t.Helper()
	head, err := d.New(json.RawMessage(numbers), classes)
	if err != nil {
		t.Fatal(err)
	}
	var shapes [][]int
	var args []any
	for _, o := range outputs {
		shapes, args = append(shapes, o.Shape().Dimensions), append(args, o)
	}
	if err := head.Check(shapes, picture); err != nil {
		t.Fatal(err)
	}
	var masked, marked bool
	out := MustExecOnceN(gobackend.GetBackend(), func(in []*Node) []*Node {
		c := head.Decode(in, picture)
		nodes := []*Node{c.Boxes, c.Scores, c.Presence(), c.Confidence()}
		if masked = c.Mask != nil; masked {
			nodes = append(nodes, c.Mask(Const(in[0].Graph(), [][]int32{{1}})))
		}
		if marked = c.Points != nil; marked {
			nodes = append(nodes, c.Points)
		}
		return nodes
	}, args...)
	got := decodedBoxes{boxes: flat(out[0]), scores: flat(out[1]), objectness: flat(out[2]), confidence: flat(out[3])}
	if masked {
		got.mask = flat(out[4])
	}
	if marked {
		got.points = flat(out[len(out)-1])
	}
	return got
}

func flat(t *tensors.Tensor) []float32 { return tensors.MustCopyFlatData[float32](t) }

func tensor(dims []int, values ...float32) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

func near(t *testing.T, what string, got []float32, want ...float64) {
	t.Helper()
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && math.Abs(float64(got[i])-want[i]) < 1e-4*max(1, math.Abs(want[i]))
	}
	if !ok {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestCenterFace(t *testing.T) {
	// A picture of 4 x 8 pixels has 1 x 2 cells. Cell (0, 1) has h = 4 e^0 = 4 and
	// w = 4 e^ln2 = 8, its middle at x = (1 + 1/4 + 1/2) 4 = 7, y = (0 + 1/2) 4 = 2:
	// x from 3 to min(3 + 8, 8), y from 0 to 4. Cell (0, 0): h = w = 4, x from 0.
	// Its first landmark lies half of the width and a quarter of the height from the corner.
	ln2 := float32(math.Ln2)
	landmarks := make([]float32, 20)
	landmarks[1], landmarks[3] = 0.25, 0.5 // y, then x, of the second cell
	got := decode(t, CenterFace, "", 1, [2]int{4, 8},
		tensor([]int{1, 1, 1, 2}, 0.1, 0.9),
		tensor([]int{1, 2, 1, 2}, 0, 0, 0, ln2),
		tensor([]int{1, 2, 1, 2}, 0, 0, 0, 0.25),
		tensor([]int{1, 10, 1, 2}, landmarks...))
	near(t, "boxes", got.boxes, 0, 0, 4, 4, 3, 0, 8, 4)
	near(t, "objectness", got.objectness, 0.1, 0.9)
	near(t, "confidence", got.confidence, 0.1, 0.9)
	near(t, "first landmark of the first cell", got.points[:2], 0, 0)
	near(t, "first landmark of the second cell", got.points[10:12], 3+8*0.5, 0+4*0.25)
}

func TestYOLOv5(t *testing.T) {
	rows := []float32{10, 20, 4, 8, 0.5, 0.2, 0.6}
	for range 6 {
		rows = append(rows, 0, 0, 0, 0, 0, 0, 0)
	}
	got := decode(t, YOLOv5, "", 2, [2]int{64, 64}, tensor([]int{1, 7, 7}, rows...))
	near(t, "box", got.boxes[:4], 8, 16, 12, 24)
	near(t, "scores", got.scores[:2], 0.2, 0.6)
	near(t, "objectness", got.objectness[:1], 0.5)
	near(t, "confidence", got.confidence[:1], 0.3)
}

func TestYOLOv8(t *testing.T) {
	// Seven columns of 4 + 2 numbers; the second is cx 10, cy 20, w 4, h 8.
	values := make([]float32, 6*7)
	for i, v := range []float32{10, 20, 4, 8, 0.2, 0.6} {
		values[7*i+1] = v
	}
	got := decode(t, YOLOv8, "", 2, [2]int{64, 64}, tensor([]int{1, 6, 7}, values...))
	near(t, "box", got.boxes[4:8], 8, 16, 12, 24)
	near(t, "scores", got.scores[2:4], 0.2, 0.6)
	near(t, "presence is the best score", got.objectness[:2], 0, 0.6)
}

func TestYOLOSeg(t *testing.T) {
	// One class, two prototypes over 4 x 4 pixels in 2 x 2 cells. The second candidate
	// is the left half, x 0 to 2; its mask is sigmoid(2 P_0 - P_1) there.
	values := make([]float32, 7*8)
	for i, v := range []float32{1, 2, 2, 4, 0.7, 2, -1} {
		values[8*i+1] = v
	}
	got := decode(t, YOLOSeg, "", 1, [2]int{4, 4}, tensor([]int{1, 7, 8}, values...),
		tensor([]int{1, 2, 2, 2}, 1, 1, 0, 0, 2, 0, 0, 0))
	near(t, "box", got.boxes[4:8], 0, 0, 2, 4)
	near(t, "mask", got.mask, 0.5, 0, 0.5, 0) // 2*1 - 2 = 0; outside; 0; outside
	near(t, "score", got.scores[1:2], 0.7)
}

func TestMaskRCNN(t *testing.T) {
	// The second box covers the right half of 8 x 8 pixels, which is the right column of
	// 2 x 2 cells; its mask is 2 x 2, seen below. The cells' middles, y = 2 and 6, are
	// the middles of the mask's rows, and x = 6 lies between its columns.
	got := decode(t, MaskRCNN, `{"classes": 3}`, 0, [2]int{8, 8},
		tensor([]int{1, 2, 4}, 0, 0, 1, 1, 4, 0, 8, 8), tensor([]int{1, 2}, 0, 2), tensor([]int{1, 2}, 0.1, 0.8),
		tensor([]int{1, 2, 2, 2}, 0, 0, 0, 0, 0, 0, 1, 0.5))
	near(t, "scores", got.scores, 1, 0, 0, 0, 0, 1)
	near(t, "objectness", got.objectness, 0.1, 0.8)
	near(t, "mask", got.mask, 0, 0, 0, 0.75)
}

func TestSSD(t *testing.T) {
	// One cell with one prior in the middle, half the picture. cx = 0.5 + 1 * 0.1 * 0.5,
	// cy = 0.5 - 2 * 0.1 * 0.5 = 0.4, w = 0.5 e^0, h = 0.5 e^(0.2 * 5 ln 2) = 1, of
	// 100 x 200 pixels (height x width).
	five := float32(5 * math.Ln2)
	got := decode(t, SSD, `{"maps": [{"grid": [1, 1], "sizes": [[0.5, 0.5]]}]}`, 2, [2]int{100, 200},
		tensor([]int{1, 1, 4}, 1, -2, 0, five), tensor([]int{1, 1, 3}, 0, float32(math.Log(2)), float32(math.Log(5))))
	near(t, "box", got.boxes, 200*(0.55-0.25), 100*(0.4-0.5), 200*(0.55+0.25), 100*(0.4+0.5))
	near(t, "scores", got.scores, 2.0/8, 5.0/8)

	// Priors lie map by map, row by row, and in a cell size by size: a row of two cells with
	// one size, then a cell with two. Without offsets the boxes are the priors, of 100 x 100
	// pixels; an offset of 1 moves a middle by the variance 1/2 of the prior's 0.2. Scores
	// that are probabilities already stay as they are.
	got = decode(t, SSD, `{"maps": [{"grid": [2, 1], "sizes": [[0.2, 0.4]]}, {"grid": [1, 1], "sizes": [[1, 1], [0.5, 1]]}], "variances": [0.5, 1], "softmaxed": true}`,
		1, [2]int{100, 100}, tensor([]int{1, 4, 4}, append([]float32{1}, make([]float32, 15)...)...),
		tensor([]int{1, 4, 2}, 0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4))
	near(t, "boxes of two maps", got.boxes, 25, 30, 45, 70, 65, 30, 85, 70, 0, 0, 100, 100, 25, 0, 75, 100)
	near(t, "scores of two maps", got.scores, 0.1, 0.2, 0.3, 0.4)
}

func TestDETR(t *testing.T) {
	box := tensor([]int{1, 1, 4}, 0.5, 0.5, 0.2, 0.4)
	logits := tensor([]int{1, 1, 3}, 0, float32(math.Log(2)), float32(math.Log(5)))
	got := decode(t, DETR, "", 2, [2]int{100, 200}, logits, box)
	near(t, "box", got.boxes, 80, 30, 120, 70)
	near(t, "scores", got.scores, 1.0/8, 2.0/8)
	got = decode(t, DETR, `{"sigmoid": true}`, 3, [2]int{100, 200}, logits, box)
	near(t, "scores by sigmoid", got.scores, 1.0/2, 2.0/3, 5.0/6)
}

func TestEndToEnd(t *testing.T) {
	got := decode(t, EndToEnd, "", 3, [2]int{10, 20}, tensor([]int{1, 1, 6}, 1, 2, 3, 4, 0.5, 2))
	near(t, "box", got.boxes, 1, 2, 3, 4)
	near(t, "scores", got.scores, 0, 0, 1)
	near(t, "confidence", got.confidence, 0.5)
	got = decode(t, EndToEnd, `{"order": "yxyx", "unit": true}`, 3, [2]int{10, 20},
		tensor([]int{1, 1, 4}, 0.1, 0.2, 0.3, 0.4), tensor([]int{1, 1}, 0.5), tensor([]int{1, 1}, 1))
	near(t, "box of TensorFlow", got.boxes, 4, 1, 8, 3)
}

func TestBeforeNMS(t *testing.T) {
	boxes := tensor([]int{1, 3, 4}, 1, 2, 3, 4, 0, 0, 1, 1, 0, 0, 1, 1)
	got := decode(t, BeforeNMS, "", 2, [2]int{10, 10}, boxes, tensor([]int{1, 2, 3}, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
	near(t, "scores, classes first", got.scores, 0.1, 0.4, 0.2, 0.5, 0.3, 0.6)
	got = decode(t, BeforeNMS, `{"order": "cxcywh"}`, 2, [2]int{10, 10}, boxes,
		tensor([]int{1, 3, 2}, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
	near(t, "scores, classes last", got.scores, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
	near(t, "box", got.boxes[:4], -0.5, 0, 2.5, 4)
	got = decode(t, BeforeNMS, "", 2, [2]int{10, 10}, tensor([]int{1, 3, 2}, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), boxes)
	near(t, "scores that come first", got.scores, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
	near(t, "box that comes second", got.boxes[:4], 1, 2, 3, 4)
}

// IoU, cosine and the overlap of masks by hand: boxes that share half, that do not
// meet, and one without area.
func TestOverlaps(t *testing.T) {
	out := MustExecOnceN(gobackend.GetBackend(), func(in []*Node) []*Node {
		return []*Node{IoU(in[0], in[1]), Cosine(in[2], in[3]), MaskIoU(in[4], in[5])}
	}, tensor([]int{1, 3, 4}, 0, 0, 2, 2, 5, 5, 6, 6, 1, 1, 1, 1), tensor([]int{1, 4}, 1, 0, 3, 2),
		tensor([]int{1, 2, 2}, 3, 4, 0, 0), tensor([]int{1, 2}, 1, 0),
		tensor([]int{1, 1, 1, 3}, 1, 0.5, 0), tensor([]int{1, 1, 3}, 0.5, 0.5, 1))
	near(t, "IoU", flat(out[0]), 2.0/6, 0, 0)
	near(t, "cosine", flat(out[1]), 0.6, 0)
	near(t, "IoU of masks", flat(out[2]), 1.0/2.5)
}

// Outputs that no head can read, and the decoders that can.
func TestCheck(t *testing.T) {
	for want, c := range map[string]struct {
		d      Decoder
		n      string
		shapes [][]int
	}{
		"it reads four outputs": {CenterFace, "", [][]int{{1, 1, 16, 16}}},
		"scale has the shape": {CenterFace, "", [][]int{{1, 1, 16, 16}, {1, 3, 16, 16}, {1, 2, 16, 16},
			{1, 10, 16, 16}}},
		"rows of 5 + classes":          {YOLOv5, "", [][]int{{1, 8400, 5}}},
		"columns of 4 + classes":       {YOLOv8, "", [][]int{{1, 4, 8400}}},
		"the background alone":         {BeforeNMS, `{"background": "last"}`, [][]int{{1, 9, 4}, {1, 9, 1}}},
		"it has 0 priors":              {SSD, "", [][]int{{1, 10, 4}, {1, 10, 21}}},
		"boxes has the shape":          {DETR, "", [][]int{{1, 100, 92}, {1, 99, 4}}},
		"there are 2 outputs":          {EndToEnd, `{"classes": 3}`, [][]int{{1, 10, 4}, {1, 10}}},
		"masks have the shape":         {MaskRCNN, `{"classes": 3}`, [][]int{{1, 5, 4}, {1, 5}, {1, 5}, {1, 5, 28, 14}}},
		"the prototypes has the shape": {YOLOSeg, "", [][]int{{1, 38, 8400}, {1, 32, 160}}},
	} {
		h, err := c.d.New(json.RawMessage(c.n), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Check(c.shapes, [2]int{64, 64}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", c.d.Name, err, want)
		}
	}
	if got := FindFitting([][]int{{1, 84, 8400}}, [2]int{640, 640}, 80); !slices.Equal(got, []string{"yolov8"}) {
		t.Errorf("%q fit, want yolov8", got)
	}
	few := [][]int{{1, 20, 84}} // 20 rows of 80 classes, rather than 84 columns of 16
	if got := FindFitting(few, [2]int{640, 640}, 80); !slices.Equal(got, []string{"yolo-rows"}) {
		t.Errorf("%q fit few rows, want yolo-rows", got)
	}
	if got := FindFitting(few, [2]int{640, 640}, 0); slices.Contains(got, "yolo-rows") || !slices.Contains(got, "yolov8") {
		t.Errorf("%q fit few rows of unknown classes, want yolov8 and not yolo-rows", got)
	}
	for name, want := range map[string]int{"yolov8": 80, "end-to-end": 0, "yolox": 0} { // 0: none, or any
		if got := (Spec{Decoder: name}).CountClasses([][]int{{1, 84, 8400}}, [2]int{640, 640}); got != want {
			t.Errorf("84 columns are %d classes for %s, want %d", got, name, want)
		}
	}
	if _, err := YOLOv8.New(json.RawMessage(`{"stride": 8}`), 0); err == nil {
		t.Error("a number that a decoder has not is taken")
	}
	if _, err := DETR.New(json.RawMessage(`{"sigmoid": true, "softmaxed": true}`), 0); err == nil ||
		!strings.Contains(err.Error(), "exclude each other") {
		t.Errorf("probabilities of which to take a sigmoid: %v", err)
	}
}

// columnsOf are n columns of zeros but for the second one.
func columnsOf(n int, column ...float32) *tensors.Tensor {
	values := make([]float32, len(column)*n)
	for i, v := range column {
		values[n*i+1] = v
	}
	return tensor([]int{1, len(column), n}, values...)
}

func TestOrders(t *testing.T) {
	for order, want := range map[string][]float64{"xyxy": {1, 2, 7, 9}, "yxyx": {2, 1, 9, 7}, "xywh": {1, 2, 8, 11},
		"cxcywh": {1 - 3.5, 2 - 4.5, 1 + 3.5, 2 + 4.5}} {
		got := decode(t, YOLOv8, `{"order": "`+order+`"}`, 1, [2]int{64, 64}, columnsOf(7, 1, 2, 7, 9, 0.5))
		near(t, order, got.boxes[4:8], want...)
	}
	got := decode(t, YOLOv8, `{"unit": true}`, 1, [2]int{20, 40}, columnsOf(7, 0.5, 0.5, 0.5, 0.25, 0.5))
	near(t, "of the unit square, 40 wide and 20 high", got.boxes[4:8], 10, 7.5, 30, 12.5)
	if _, err := YOLOv8.New(json.RawMessage(`{"order": "whcc"}`), 0); err == nil {
		t.Error("an order that there is not is taken")
	}
}

// DETR and RT-DETR with corners in pixels, and YOLO v5 of the unit square.
func TestOrdersOfOthers(t *testing.T) {
	boxes := tensor([]int{1, 1, 4}, 1, 2, 7, 9)
	got := decode(t, DETR, `{"order": "xyxy", "unit": false}`, 1, [2]int{64, 64}, tensor([]int{1, 1, 2}, 0, 0), boxes)
	near(t, "of DETR", got.boxes, 1, 2, 7, 9)
	got = decode(t, RTDETR, `{"order": "xyxy", "unit": false}`, 1, [2]int{64, 64}, tensor([]int{1, 1, 1}, 0), boxes)
	near(t, "of RT-DETR", got.boxes, 1, 2, 7, 9)
	got = decode(t, YOLOv5, `{"unit": true}`, 1, [2]int{20, 40}, tensor([]int{1, 1, 6}, 0.5, 0.5, 0.5, 0.25, 1, 1))
	near(t, "of YOLO v5", got.boxes, 10, 7.5, 30, 12.5)
}

// The logits 0, ln 3 and 0 are the probabilities 1/2, 3/4 and 1/2 by themselves, and 1/5, 3/5 and 1/5 together.
func TestActivations(t *testing.T) {
	three := float32(math.Log(3))
	boxes, scores := tensor([]int{1, 2, 1, 4}, 0, 0, 2, 2, 1, 1, 3, 3), tensor([]int{1, 2, 3}, 0, three, 0, three, 0, 0)
	for numbers, want := range map[string][]float64{
		`{"activation": "sigmoid"}`:                        {0.5, 0.75, 0.5, 0.75, 0.5, 0.5},
		`{"activation": "softmax"}`:                        {0.2, 0.6, 0.2, 0.6, 0.2, 0.2},
		`{"activation": "softmax", "background": "first"}`: {0.6, 0.2, 0.2, 0.2},
		`{"activation": "softmax", "background": "last"}`:  {0.2, 0.6, 0.6, 0.2},
		`{"activation": "softmax", "background": 1}`:       {0.2, 0, 0.2, 0.6, 0, 0.2}, // the others keep their numbers
	} {
		got := decode(t, BeforeNMS, numbers, 0, [2]int{64, 64}, boxes, scores)
		near(t, numbers, got.scores, want...)
		near(t, "second box", got.boxes[4:], 1, 1, 3, 3)
	}
	for numbers, want := range map[string][]float64{ // with labels that name the background, too
		`{"background": "first"}`: {0, 0.6, 0.1, 0, 0.2, 0.7},
		`{"background": "last"}`:  {0.3, 0.6, 0, 0.1, 0.2, 0},
	} {
		got := decode(t, BeforeNMS, numbers, 3, [2]int{64, 64}, boxes, tensor([]int{1, 2, 3}, 0.3, 0.6, 0.1, 0.1, 0.2, 0.7))
		near(t, "three labels, "+numbers, got.scores, want...)
	}
	got := decode(t, YOLOv8, `{"activation": "sigmoid"}`, 1, [2]int{64, 64}, columnsOf(7, 1, 2, 7, 9, three))
	near(t, "of YOLO v8", got.scores[1:2], 0.75)
	got = decode(t, YOLORows, `{"activation": "sigmoid"}`, 1, [2]int{64, 64}, tensor([]int{1, 1, 5}, 1, 2, 7, 9, three))
	near(t, "of rows", got.scores, 0.75)
	for _, wrong := range []string{`{"activation": "relu"}`, `{"background": "middle"}`} {
		if _, err := BeforeNMS.New(json.RawMessage(wrong), 0); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

func TestYOLORows(t *testing.T) {
	rows := append([]float32{10, 20, 4, 8, 0.2, 0.6}, make([]float32, 5*6)...)
	got := decode(t, YOLORows, "", 2, [2]int{64, 64}, tensor([]int{1, 6, 6}, rows...))
	near(t, "box", got.boxes[:4], 8, 16, 12, 24)
	near(t, "scores", got.scores[:2], 0.2, 0.6)
}

func TestYOLOPose(t *testing.T) {
	got := decode(t, YOLOPose, `{"points": 2}`, 1, [2]int{64, 64}, columnsOf(12, 10, 20, 4, 8, 0.9, 11, 21, 0.5, 12, 22,
		0.6))
	near(t, "box", got.boxes[4:8], 8, 16, 12, 24)
	near(t, "scores", got.scores[1:2], 0.9)
	near(t, "points", got.points[4:8], 11, 21, 12, 22)
}

// A box of 8 x 4 turned by a quarter is one of 4 x 8; turned by an eighth its corners lie
// (8 + 4) / (2 sqrt 2) and (8 - 4) / (2 sqrt 2) from the middle.
func TestYOLOOBB(t *testing.T) {
	got := decode(t, YOLOOBB, "", 2, [2]int{64, 64}, columnsOf(8, 20, 30, 8, 4, 0.1, 0.7, math.Pi/2))
	near(t, "box", got.boxes[4:8], 18, 26, 22, 34)
	near(t, "scores", got.scores[2:4], 0.1, 0.7)
	near(t, "corners", got.points[8:16], 18, 34, 22, 34, 22, 26, 18, 26)
	got = decode(t, YOLOOBB, "", 2, [2]int{64, 64}, columnsOf(8, 20, 30, 8, 4, 0.1, 0.7, math.Pi/4))
	far, near45 := 6/math.Sqrt2, 2/math.Sqrt2
	near(t, "first corner", got.points[8:10], 20+near45, 30+far)
	near(t, "box", got.boxes[4:8], 20-far, 30-far, 20+far, 30+far)
}

// A picture of 16 x 8 (height x width) has two cells of stride 8, one above the other, and 32
// of stride 2. The second: cx = (1/2 + 0) 8 = 4, cy = (1/4 + 1) 8 = 10, w = 8 e^ln2 = 16, h = 8.
func TestYOLOX(t *testing.T) {
	ln2 := float32(math.Ln2)
	rows := make([]float32, 8*21)
	copy(rows[8:], []float32{0.5, 0.25, ln2, 0, 0.5, 0.1, 0.2, 0.8})
	got := decode(t, YOLOX, `{"strides": [8, 2]}`, 3, [2]int{16, 8},
		tensor([]int{1, 34, 8}, append(rows, make([]float32, 8*13)...)...))
	near(t, "box", got.boxes[4:8], 4-8, 10-4, 4+8, 10+4)
	near(t, "objectness", got.objectness[1:2], 0.5)
	near(t, "scores", got.scores[3:6], 0.1, 0.2, 0.8)
}

// Two bins: a side's distance is softmax(l)_1 strides. The second cell of stride 8 begins at
// (0, 8); logits (0, ln 3) are 3/4 of a stride, equal ones 1/2.
func TestNanoDet(t *testing.T) {
	ln3 := float32(math.Log(3))
	rows := make([]float32, 10*10)
	copy(rows[10:], []float32{0.3, 0.6, 0, 0, 0, ln3, 0, ln3, 0, 0})
	got := decode(t, NanoDet, `{"strides": [8, 2, 16], "bins": 2}`, 2, [2]int{16, 2},
		tensor([]int{1, 11, 10}, append(rows, make([]float32, 10)...)...))
	near(t, "box", got.boxes[4:8], 0-4, 8-6, 0+6, 8+4)
	near(t, "scores", got.scores[2:4], 0.3, 0.6)
}
