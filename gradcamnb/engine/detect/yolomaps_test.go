package detect

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// A map of 1 x 2 cells of 8 pixels with two anchors, 4 x 6 and 10 x 20, and one class. Logits are 0, 1/2, but for the
// second anchor of the cell (1, 0): S(t_0) = 3/4, t_2 = ln 2, which is 2 for exp and 2/3 for S, an objectness of 3/4
// and a class of 1/4.
func TestYOLOMaps(t *testing.T) {
	ln2, ln3 := float32(math.Ln2), float32(math.Log(3))
	row := []float32{ln3, 0, ln2, 0, ln3, -ln3}
	fifth := make([]float32, 4*6)
	copy(fifth[3*6:], row)
	first := make([]float32, 12*2) // [A n, h, w]
	last := make([]float32, 2*12)  // [h, w, A n]
	for i, v := range row {
		first[2*(6+i)+1], last[12+6+i] = v, v
	}
	wide := 10 * 4 * 4.0 / 9
	for name, c := range map[string]struct {
		numbers string
		dims    []int
		values  []float32
		box     []float64
	}{
		"[b, A, h, w, n] of v3": {`"version": "yolov3"`, []int{1, 2, 1, 2, 6}, fifth, []float64{14 - 10, 4 - 10, 14 + 10, 4 + 10}},
		"[b, A n, h, w] of v3":  {`"version": "yolov3"`, []int{1, 12, 1, 2}, first, []float64{14 - 10, 4 - 10, 14 + 10, 4 + 10}},
		"[b, h, w, A n] of v3":  {`"version": "yolov3"`, []int{1, 1, 2, 12}, last, []float64{14 - 10, 4 - 10, 14 + 10, 4 + 10}},
		"[b, h, w, A, n] of v3": {`"version": "yolov3"`, []int{1, 1, 2, 2, 6}, last, []float64{14 - 10, 4 - 10, 14 + 10, 4 + 10}},
		"v4":                    {`"version": "yolov3", "spread": 1.5`, []int{1, 1, 2, 2, 6}, last, []float64{15 - 10, 4 - 10, 15 + 10, 4 + 10}},
		"v5":                    {`"version": "yolov5"`, []int{1, 2, 1, 2, 6}, fifth, []float64{16 - wide/2, 4 - 10, 16 + wide/2, 4 + 10}},
	} {
		got := decode(t, YOLOMaps, `{"anchors": [[[4, 6], [10, 20]]], `+c.numbers+`}`, 1, [2]int{8, 16}, tensor(c.dims, c.values...))
		near(t, name+": box", got.boxes[12:], c.box...)
		near(t, name+": objectness", got.objectness, 0.5, 0.5, 0.5, 0.75)
		near(t, name+": scores", got.scores, 0.5, 0.5, 0.5, 0.25)
	}
	two := decode(t, YOLOMaps, `{"version": "yolov3", "anchors": [[[4, 6]], [[8, 8]]], "sigmoids": true}`, 1, [2]int{8, 16},
		tensor([]int{1, 6, 1, 2}, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0.1, 0.2, 0.9, 0.8), // 8 pixels a cell
		tensor([]int{1, 6, 2, 4}, append(make([]float32, 40), 1, 1, 1, 1, 1, 1, 1, 1)...))
	near(t, "of the finer map, which stands second", two.boxes[:4], -2, -3, 2, 3)
	near(t, "objectness of both", two.objectness[7:], 0, 0.1, 0.2)
	softmax := decode(t, YOLOMaps, `{"version": "yolov2", "anchors": [[[8, 8]]]}`, 2, [2]int{8, 8}, tensor([]int{1, 7, 1, 1}, 0, 0, 0, 0, 0, 0, ln2))
	near(t, "softmax of v2", softmax.scores, 1.0/3, 2.0/3)
}

func TestYOLOMapsRefuses(t *testing.T) {
	for numbers, want := range map[string]string{
		``:                      `"version" is ""`,
		`{"version": "yolov5"}`: `"anchors" must have`,
		`{"version": "yolov5", "anchors": [[[0, 4]]]}`:                "above 0",
		`{"version": "yolov5", "anchors": [[[4, 4]]], "spread": 0.5}`: `"spread" is 0.5`,
	} {
		if _, err := YOLOMaps.New(json.RawMessage(numbers), 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", numbers, err, want)
		}
	}
	head, err := YOLOMaps.New(json.RawMessage(`{"version": "yolov5", "anchors": [[[4, 4], [8, 8]]]}`), 3)
	if err != nil {
		t.Fatal(err)
	}
	for want, shapes := range map[string][][]int{"there are 2 outputs": {{1, 16, 4, 4}, {1, 16, 2, 2}},
		"none of 2 anchors": {{1, 24, 4, 4}}, "square cells of a picture of 32 x 32": {{1, 16, 4, 2}}} {
		if err := head.Check(shapes, [2]int{32, 32}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", shapes, err, want)
		}
	}
	hint := hintMaps([][]int{{1, 24, 4, 4}, {1, 24, 2, 2}}, [2]int{32, 32}, 0)
	if !strings.Contains(hint, "3 classes") || !strings.Contains(hint, "[[[w, h], [w, h], [w, h]], [[w, h], [w, h], [w, h]]]") {
		t.Errorf("the hint of two maps of 24 numbers is %q", hint)
	}
	if hint := hintMaps([][]int{{1, 24, 4, 4}}, [2]int{32, 32}, 0); hint != "" {
		t.Errorf("one map: %q", hint)
	}
}

// An objectness beside several classes, and one within rows, is multiplied with the scores.
func TestObjectnessBeside(t *testing.T) {
	got := decode(t, BeforeNMS, "", 2, [2]int{8, 8}, tensor([]int{1, 3, 4}, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0),
		tensor([]int{1, 3, 2}, 0.5, 0.25, 0, 0, 0, 0), tensor([]int{1, 3, 1}, 0.5, 0, 0))
	near(t, "box", got.boxes[:4], 1, 2, 3, 4)
	near(t, "confidence", got.confidence, 0.25, 0, 0)
	head, err := BeforeNMS.New(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if head.Check([][]int{{1, 3, 4}, {1, 3, 1}, {1, 3, 1}}, [2]int{8, 8}) == nil {
		t.Error("an objectness beside one class is read, which may be class numbers")
	}
	rows := decode(t, EndToEnd, `{"columns": "x0 y0 x1 y1 objectness score class"}`, 2, [2]int{8, 8},
		tensor([]int{1, 1, 7}, 1, 2, 3, 4, 0.5, 0.5, 1))
	near(t, "confidence of a row", rows.confidence, 0.25)
}
