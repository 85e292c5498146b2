package detect

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// orders has the orders of a box's four numbers, each with a function that returns x0, y0, x1, y1.
var orders = map[string]func(*Node) *Node{
	"xyxy":   func(x *Node) *Node { return x },
	"cxcywh": corners,
	"yxyx": func(x *Node) *Node {
		return Stack([]*Node{takeLast(x, 1), takeLast(x, 0), takeLast(x, 3), takeLast(x, 2)}, -1)
	},
	"xywh": func(x *Node) *Node { // the first corner and the size
		at := sliceLast(x, 0, 2)
		return Concatenate([]*Node{at, Add(at, sliceLast(x, 2, 4))}, -1)
	},
}

// boxFormat says how the four numbers of a box are read.
type boxFormat struct {
	Order string `json:"order"` // a key of orders
	Unit  bool   `json:"unit"`  // boxes are of the unit square, and not in pixels of the model's input
}

// check returns an error if there is no such order.
func (f boxFormat) check() error {
	if orders[f.Order] == nil {
		return fmt.Errorf(`"order" is %q and must be "xyxy", "yxyx", "xywh" or "cxcywh"`, f.Order)
	}
	return nil
}

// read returns boxes [batch, n, 4] as x0, y0, x1, y1 in pixels of the model's input.
func (f boxFormat) read(boxes *Node, picture [2]int) *Node {
	boxes = orders[f.Order](boxes)
	if f.Unit {
		return scaleToPixels(boxes, picture)
	}
	return boxes
}
