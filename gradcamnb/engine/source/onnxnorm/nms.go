package onnxnorm

import (
	"cmp"
	"math"
	"slices"
)

// NonMaxSuppression is only computed for constants. If its input is computed from the picture, the number of boxes that
// remain depends on the picture, but the tensors of a program have fixed shapes. Then the scores before it must be
// explained.
var _ = register("NonMaxSuppression", func(_ *builder, _ *node) {
	failf("how many boxes it leaves depends on the picture: explain a tensor before it, such as its scores, or let D-RISE suppress")
}, func(n *node) *tensor {
	boxes, scores := n.in[0].konst.numbers(), n.need(1).konst.numbers()
	batch, count, classes := n.in[0].dims[0], n.in[0].dims[1], n.in[1].dims[1]
	most, overlap, least := int(n.number(2, "max_output_boxes_per_class", 0)), n.number(3, "iou_threshold", 0),
		n.number(4, "score_threshold", math.Inf(-1))
	var out []int64
	for p := range batch {
		for c := range classes {
			s := scores[(p*classes+c)*count:][:count]
			order := countUp(count)
			slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(s[j], s[i]) })
			var kept []int
			for _, i := range order {
				if len(kept) >= most || float64(s[i]) <= least {
					break
				}
				box := corners(n, boxes[(p*count+i)*4:])
				if !slices.ContainsFunc(kept, func(k int) bool { return iou(box, corners(n, boxes[(p*count+k)*4:])) > overlap }) {
					kept = append(kept, i)
					out = append(out, int64(p), int64(c), int64(i))
				}
			}
		}
	}
	return intTensor([]int{len(out) / 3, 3}, out)
})

// corners returns a box from low to high corner, in whichever form the file keeps it.
func corners(n *node, box []float32) [4]float64 {
	a, b, c, d := float64(box[0]), float64(box[1]), float64(box[2]), float64(box[3])
	if n.intOr("center_point_box", 0) != 0 { // x, y, width, height of the centre
		return [4]float64{a - c/2, b - d/2, a + c/2, b + d/2}
	}
	return [4]float64{min(a, c), min(b, d), max(a, c), max(b, d)}
}

// iou returns intersection over union.
func iou(a, b [4]float64) float64 {
	w, h := min(a[2], b[2])-max(a[0], b[0]), min(a[3], b[3])-max(a[1], b[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	area := func(x [4]float64) float64 { return (x[2] - x[0]) * (x[3] - x[1]) }
	return w * h / (area(a) + area(b) - w*h)
}
