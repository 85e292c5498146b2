package main

import (
	"image"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/scenes"
	"github.com/gradcam-go/gradcam/scenes/nets"
)

const (
	mostObjects = 4
	boxNumbers  = 6 // present or not, class, x0, y0, x1, y1
)

// finder learns boxes, shapes and masks of up to four objects. The labels of a picture are a row of numbers for each
// object, and then for each pixel the number of the object that is seen there, from 1.
var finder = course{
	net: nets.Finder, steps: 3500, labels: mostObjects*boxNumbers + nets.Finder.Side*nets.Finder.Side,
	example: func(seed uint64) (image.Image, []int32) {
		s := scenes.Draw(seed, scenes.Options{Most: mostObjects, Overlap: seed%2 == 1})
		labels := make([]int32, mostObjects*boxNumbers)
		for i, o := range s.Objects {
			b := o.Box
			copy(labels[i*boxNumbers:], []int32{1, int32(o.Shape), int32(b.Min.X), int32(b.Min.Y), int32(b.Max.X),
				int32(b.Max.Y)})
		}
		for _, instance := range s.InstanceMask().Values {
			labels = append(labels, int32(instance))
		}
		return s.Picture, labels
	},
	loss: func(outputs []*Node, labels *Node) *Node {
		t := newFound(outputs, labels)
		return Add(t.classLoss(), Add(t.boxLoss(), t.maskLoss()))
	},
	right: func(outputs []*Node, labels *Node) *Node {
		t := newFound(outputs, labels)
		right := ConvertDType(Equal(ArgMax(t.scores, -1), t.class), dtypes.Float32)
		sure := ConvertDType(GreaterThan(ReduceMax(t.scores, -1),
			Scalar(labels.Graph(), dtypes.Float32, nets.Finder.Detector.Threshold)), dtypes.Float32)
		met := ConvertDType(GreaterThan(t.overlap(), Scalar(labels.Graph(), dtypes.Float32, 0.5)), dtypes.Float32)
		return t.mean(Mul(right, Mul(sure, met)))
	},
}

// cellSummary holds the truth, and what the cells that should find the objects say about them.
type cellSummary struct {
	there, class, box *Node // truth [batch, objects], [batch, objects], [batch, objects, 4]
	instances         *Node // truth [batch, side, side]
	mine              *Node // one-hot [batch, objects, cells]
	every             *Node // all cells [batch, cells, numbers]
	said, scores      *Node // of the objects' cells [batch, objects, numbers] and [batch, objects, shapes]
	prototypes        *Node
}

func newFound(outputs []*Node, labels *Node) cellSummary {
	batch, side := labels.Shape().Dim(0), nets.Finder.Side
	rows := Reshape(Slice(labels, AxisRange(), AxisRange(0, mostObjects*boxNumbers)), batch, mostObjects, boxNumbers)
	column := func(i int) *Node { return Squeeze(Slice(rows, AxisRange(), AxisRange(), AxisElem(i)), -1) }
	t := cellSummary{
		there:      ConvertDType(column(0), dtypes.Float32),
		class:      column(1),
		box:        ConvertDType(Slice(rows, AxisRange(), AxisRange(), AxisRange(2)), dtypes.Float32),
		instances:  Reshape(Slice(labels, AxisRange(), AxisRange(mostObjects*boxNumbers)), batch, side, side),
		every:      TransposeAllAxes(outputs[0], 0, 2, 1),
		prototypes: outputs[1],
	}
	cells := 12
	cell := func(lo, hi int) *Node { // numbers of the cell of the middle
		middle := MulScalar(Add(column(lo), column(hi)), 1)
		return ConvertDType(Floor(MulScalar(ConvertDType(middle, dtypes.Float32), 0.5*float64(cells)/float64(side))),
			dtypes.Int32)
	}
	at := Add(MulScalar(cell(3, 5), int32(cells)), cell(2, 4))
	t.mine = OneHot(at, cells*cells, dtypes.Float32)
	t.said = Einsum("bmn,bnd->bmd", t.mine, t.every)
	t.scores = Slice(t.said, AxisRange(), AxisRange(), AxisRange(4, 4+len(scenes.Shapes)))
	return t
}

// mean returns the mean over the objects that are present.
func (t cellSummary) mean(x *Node) *Node {
	return Div(ReduceAllSum(Mul(x, t.there)), MaxScalar(ReduceAllSum(t.there), 1))
}

// classLoss returns the focal loss of every cell and shape, summed for each object (Lin et al. 2017, eq. 4, with gamma
// 2).
func (t cellSummary) classLoss() *Node {
	truth := Einsum("bmn,bmc->bnc", Mul(t.mine, InsertAxes(t.there, -1)),
		OneHot(t.class, len(scenes.Shapes), dtypes.Float32))
	truth = MinScalar(truth, 1) // two objects may share a cell
	p := ClipScalar(Slice(t.every, AxisRange(), AxisRange(), AxisRange(4, 4+len(scenes.Shapes))), 1e-5, 1-1e-5)
	right := Add(Mul(truth, p), Mul(OneMinus(truth), OneMinus(p)))
	focal := Neg(Mul(Square(OneMinus(right)), Log(right)))
	return Div(ReduceAllSum(focal), MaxScalar(ReduceAllSum(t.there), 1))
}

// corners returns x0, y0, x1, y1 of the boxes that the cells give.
func (t cellSummary) corners() *Node {
	middle, half := Slice(t.said, AxisRange(), AxisRange(), AxisRange(0, 2)),
		MulScalar(Slice(t.said, AxisRange(), AxisRange(), AxisRange(2, 4)), 0.5)
	return Concatenate([]*Node{Sub(middle, half), Add(middle, half)}, -1)
}

func (t cellSummary) overlap() *Node {
	part := func(x *Node, i int) *Node { return Squeeze(Slice(x, AxisRange(), AxisRange(), AxisElem(i)), -1) }
	a, b := t.corners(), t.box
	length := func(i int) *Node {
		return MaxScalar(Sub(Min(part(a, i+2), part(b, i+2)), Max(part(a, i), part(b, i))), 0)
	}
	area := func(x *Node) *Node {
		return Mul(Sub(part(x, 2), part(x, 0)), Sub(part(x, 3), part(x, 1)))
	}
	shared := Mul(length(0), length(1))
	return Div(shared, MaxScalar(Sub(Add(area(a), area(b)), shared), 1))
}

// boxLoss returns 1 - IoU, plus a little of how far the sides are off, which has a gradient even if the boxes do not
// meet.
func (t cellSummary) boxLoss() *Node {
	off := ReduceMean(Abs(Sub(t.corners(), t.box)), -1)
	return t.mean(Add(OneMinus(t.overlap()), MulScalar(off, 0.05)))
}

// maskLoss returns the cross entropy of the masks, within the objects' boxes and four pixels around.
func (t cellSummary) maskLoss() *Node {
	g, batch, size := t.box.Graph(), t.box.Shape().Dim(0), t.prototypes.Shape().Dim(2)
	step := nets.Finder.Side / size
	logits := Einsum("bmk,bkhw->bmhw", Slice(t.said, AxisRange(), AxisRange(), AxisRange(4+len(scenes.Shapes))),
		t.prototypes)
	number := AddScalar(IotaFull(g, shapes.Make(dtypes.Int32, mostObjects)), int32(1))
	mine := ConvertDType(Equal(InsertAxes(t.instances, 1), BroadcastToDims(Reshape(number, 1, mostObjects, 1, 1), batch,
		mostObjects, nets.Finder.Side, nets.Finder.Side)), dtypes.Float32)
	truth := ReduceMean(Reshape(mine, batch, mostObjects, size, step, size, step), 3, 5)
	entropy := Sub(Add(Log1P(Exp(Neg(Abs(logits)))), MaxScalar(logits, 0)), Mul(logits, truth))
	middles := MulScalar(AddScalar(Iota(g, shapes.Make(dtypes.Float32, 1, 1, size), 2), 0.5), float64(step))
	within := func(lo, hi int) *Node {
		side := func(i int, by float64) *Node {
			return AddScalar(Slice(t.box, AxisRange(), AxisRange(), AxisRange(i, i+1)), by)
		}
		return ConvertDType(LogicalAnd(GreaterThan(middles, side(lo, -4)), LessThan(middles, side(hi, 4))), dtypes.Float32)
	}
	weight := Mul(InsertAxes(within(1, 3), -1), InsertAxes(within(0, 2), 2))
	return t.mean(Div(ReduceSum(Mul(entropy, weight), 2, 3), MaxScalar(ReduceSum(weight, 2, 3), 1)))
}
