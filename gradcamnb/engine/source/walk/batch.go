package walk

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Mixing returns the first node that the outputs depend on and that may bring the pictures of a batch together, as a
// mean over the batch does, so that the answer for one depends on those beside it; or the first output that does not
// have them on its first axis. It returns nil if all operators are known to keep the pictures apart.
func (w *Walk) Mixing(outputs ...*Node) *Node {
	pictures := w.picture.Shape().Dim(0)
	if pictures < 2 {
		return nil
	}
	nodes := sortNodes(outputs...)
	s, uses := separation{w.picture: {axis: 0, run: 1}}, usesOf(nodes)
	for _, n := range w.beside {
		s[n] = turns{axis: 0, run: 1}
	}
	for _, n := range nodes {
		if s.holds(n) || shapeOnly[n.Type()] || !slices.ContainsFunc(n.Inputs(), s.holds) {
			continue
		}
		at := s.follow(n, pictures)
		if at.axis >= 0 {
			s[n] = at
		} else if n.Type() != NodeTypeReduceMax || !isShift(n, uses) {
			return n
		}
	}
	for _, n := range outputs {
		if s.holds(n) && (s[n].axis != 0 || n.Shape().Dim(0) != pictures) {
			return n
		}
	}
	return nil
}

// shapeOnly are the operators that read the shape of a value alone.
var shapeOnly = map[NodeType]bool{NodeTypeDynamicDimensionSize: true, NodeTypeDynamicShape: true}

// separation holds, of every node that depends on the pictures, how they lie in it.
type separation map[*Node]turns

// turns says how pictures lie on an axis: so many elements of the first one follow each other, as the windows of a
// picture do, then as many of the second, and after the last one the first may come again.
type turns struct{ axis, run int }

// holds tells whether a node depends on the pictures.
func (s separation) holds(n *Node) bool {
	_, ok := s[n]
	return ok
}

// follow returns how the pictures lie in a node of such; the axis is -1 if the node may bring them together.
func (s separation) follow(n *Node, pictures int) turns {
	in := n.Inputs()
	switch n.Type() {
	case NodeTypeReshape, NodeTypeDynamicReshape:
		return reshapeTurns(n, s[in[0]], pictures)
	case NodeTypeSlice:
		return sliceTurns(n, s[in[0]], pictures)
	case NodeTypeSplitNode:
		return s[in[0]]
	}
	out := turns{axis: s.axisOf(n)}
	for _, of := range in {
		if !s.holds(of) {
			continue
		}
		if out.run > 0 && out.run != s[of].run {
			return turns{axis: -1}
		}
		out.run = s[of].run
	}
	if n.Type() == NodeTypeConcatenate && out.axis == number(n, "axis") && !areWhole(in, out, pictures) {
		return turns{axis: -1}
	}
	return out
}

// areWhole tells whether each of several parts of an axis holds every picture as often as the others.
func areWhole(parts []*Node, at turns, pictures int) bool {
	return !slices.ContainsFunc(parts, func(n *Node) bool { return n.Shape().Dim(at.axis)%(at.run*pictures) != 0 })
}

// axisOf returns the axis of the pictures in a node of such that is no reshape; -1 if the node may bring them together.
func (s separation) axisOf(n *Node) int {
	in := n.Inputs()
	rule := apart[n.Type()]
	switch {
	case n.Type() == NodeTypeSort:
		by, ok := sortedAxis(n)
		axis := s.common(n)
		return keepIf(ok && axis != by, axis)
	case n.NumOutputs() != 1:
	case n.Type() == NodeTypeDotGeneral:
		return s.product(n)
	case n.Type() == NodeTypeScatterSum || n.Type() == NodeTypeScatterMax || n.Type() == NodeTypeScatterMin:
		return s.scattered(n)
	case rule != nil && s.holds(in[0]) && !slices.ContainsFunc(in[1:], s.holds): // the others are a kernel, or indices
		return rule(n, s[in[0]].axis)
	case cellwise[n.Type()] || n.Type() == NodeTypeConcatenate:
		return s.common(n)
	}
	return -1
}

// common returns the axis that the pictures have in all inputs of a node; -1 if it differs, or if they have unequal
// numbers of elements there that are not joined.
func (s separation) common(n *Node) int {
	axis, dims, joined := -1, dimensionsOf(n), -1
	if n.Type() == NodeTypeConcatenate {
		joined = number(n, "axis")
	}
	for _, in := range n.Inputs() {
		at := s[in].axis
		if !s.holds(in) {
			continue
		}
		if axis >= 0 && at != axis || in.Rank() != len(dims) || at != joined && in.Shape().Dim(at) != dims[at] {
			return -1
		}
		axis = at
	}
	return axis
}

// dimensionsOf returns the shape of a node's value; of several, as those of a sort, that of the first input.
func dimensionsOf(n *Node) []int {
	if n.NumOutputs() != 1 {
		n = n.Inputs()[0]
	}
	return n.Shape().Dimensions
}

// scattered returns the axis of the pictures in what has values put into it at places. The places must be the same for
// all pictures, and every value must have the whole axis.
func (s separation) scattered(n *Node) int {
	into, places, values := n.Inputs()[0], n.Inputs()[1], n.Inputs()[2]
	p, found, window := ScatterSumOf(n), -1, 0
	for axis := range n.Rank() {
		if slices.Contains(p.Inserted, axis) {
			continue
		}
		of := p.Window[window]
		window++
		inInto, inValues := s.holds(into) && s[into].axis == axis, s.holds(values) && s[values].axis == of
		if !inInto && !inValues {
			continue
		}
		if s.holds(into) != inInto || s.holds(values) != inValues || values.Shape().Dim(of) != n.Shape().Dim(axis) {
			return -1
		}
		found = axis
	}
	return keepIf(!s.holds(places) && !slices.Contains(p.Operand, found), found)
}

// product returns the axis of the pictures in a product. If both sides have them, they must be taken together.
func (s separation) product(n *Node) int {
	axis, free := -1, len(numbers(n, "lhsBatchAxes"))
	for i, side := range []string{"lhs", "rhs"} {
		in := n.Inputs()[i]
		contracted, batched := numbers(n, side+"ContractingAxes"), numbers(n, side+"BatchAxes")
		at, holds := s[in].axis, s.holds(in)
		found := slices.Index(batched, at)
		for a := range in.Rank() {
			if slices.Contains(contracted, a) || slices.Contains(batched, a) {
				continue
			}
			if a == at {
				found = free
			}
			free++
		}
		if !holds {
			continue
		}
		if found < 0 || axis >= 0 && (axis != found || found >= len(batched)) {
			return -1
		}
		axis = found
	}
	return axis
}

// reshapeTurns returns how the pictures lie behind a reshape; the axis is -1 if no axis holds them alone. A step from
// one picture to the next passes as many elements as before.
func reshapeTurns(n *Node, before turns, pictures int) turns {
	step := before.run
	for _, d := range n.Inputs()[0].Shape().Dimensions[before.axis+1:] {
		step *= d
	}
	size := 1
	for i, d := range slices.Backward(n.Shape().Dimensions) {
		if d > 1 && step%size == 0 && d%(step/size*pictures) == 0 {
			return turns{axis: i, run: step / size}
		}
		size *= d
	}
	return turns{axis: -1}
}

// sliceTurns returns how the pictures lie behind a slice; the axis is -1 if it does not take as much of each.
func sliceTurns(n *Node, before turns, pictures int) turns {
	starts := numbers(n, "starts")
	step := defaultOnes(numbers(n, "strides"), len(starts))[before.axis]
	size, whole := n.Shape().Dim(before.axis), n.Inputs()[0].Shape().Dim(before.axis)
	after := turns{axis: before.axis, run: before.run / step}
	switch {
	case size == whole:
		return before
	case before.run%step == 0 && starts[before.axis]%(before.run*pictures) < step && size%(after.run*pictures) == 0:
		return after
	}
	return turns{axis: -1}
}

// apart maps operators to the function that returns the axis of the pictures behind them, from that of the first input;
// -1 if they may have been brought together.
var apart map[NodeType]func(n *Node, axis int) int

func init() {
	whole := func(n *Node, axis int) int {
		return keepIf(n.Shape().Dim(axis) == n.Inputs()[0].Shape().Dim(axis), axis)
	}
	along := func(name string) func(n *Node, axis int) int {
		return func(n *Node, axis int) int { return keepIf(!slices.Contains(numbers(n, name), axis), axis) }
	}
	reduce := func(n *Node, axis int) int { return withoutAxes(axis, ReducedAxes(n)) }
	apart = map[NodeType]func(n *Node, axis int) int{
		NodeTypeReduceSum: reduce, NodeTypeReduceMax: reduce, NodeTypeReduceMin: reduce, NodeTypeReduceProduct: reduce,
		NodeTypeReduceLogicalAnd: reduce, NodeTypeReduceLogicalOr: reduce,
		NodeTypeDynamicSlice: whole, NodeTypeReverse: along("axes"), NodeTypeCumSum: along("axis"),
		NodeTypeBatchNormForInference: along("featureAxis"),
		NodeTypeArgMinMax:             func(n *Node, axis int) int { return withoutAxes(axis, numbers(n, "axis")) },
		NodeTypeTranspose:             func(n *Node, axis int) int { return slices.Index(numbers(n, "permutation"), axis) },
		NodeTypeBroadcastInDim:        func(n *Node, axis int) int { return numbers(n, "broadcastAxes")[axis] },
		NodeTypeConvGeneral: func(n *Node, axis int) int {
			c := ConvolutionOf(n)
			return keepIf(axis == c.Axes.InputBatch && c.BatchGroups == 1, c.Axes.OutputBatch)
		},
		NodeTypeReduceWindow: func(n *Node, axis int) int {
			w := WindowOf(n)
			return keepIf(w.Size[axis] == 1 && w.Strides[axis] == 1 && w.Paddings[axis] == [2]int{} &&
				w.InputDilations[axis] == 1, axis)
		},
		NodeTypePad: func(n *Node, axis int) int {
			p := paddingOf(n)
			return keepIf(whole(n, axis) >= 0 && (axis >= len(p) || p[axis] == [2]int{}), axis)
		},
		NodeTypeFFT: func(n *Node, axis int) int { return keepIf(axis < n.Rank()-len(numbers(n, "fftLength")), axis) },
		NodeTypeGather: func(n *Node, axis int) int { // each element has the whole axis
			gone := numbers(n, "collapsedSliceAxes")
			at := withoutAxes(axis, gone)
			if at < 0 || numbers(n, "sliceSizes")[axis] != n.Inputs()[0].Shape().Dim(axis) {
				return -1
			}
			return numbers(n, "offsetOutputAxes")[at]
		},
	}
}

// keepIf returns the axis if a condition holds; -1 otherwise.
func keepIf(holds bool, axis int) int {
	if !holds {
		return -1
	}
	return axis
}

// withoutAxes returns the number that an axis has without those that are gone; -1 if it is one of these.
func withoutAxes(axis int, gone []int) int {
	out := axis
	for _, a := range gone {
		if a == axis {
			return -1
		}
		if a < axis {
			out--
		}
	}
	return out
}

// cellwise are the operators each element of whose value is made of those at its own place.
var cellwise = func() map[NodeType]bool {
	out := map[NodeType]bool{}
	for _, t := range []NodeType{
		NodeTypeAbs, NodeTypeAdd, NodeTypeAtan2, NodeTypeCeil, NodeTypeClamp, NodeTypeComplex, NodeTypeConj,
		NodeTypeConvertDType, NodeTypeCos, NodeTypeDiv, NodeTypeEqual, NodeTypeErf, NodeTypeExp, NodeTypeExpm1,
		NodeTypeFloor, NodeTypeGreaterOrEqual, NodeTypeGreaterThan, NodeTypeIdentity, NodeTypeImag, NodeTypeIsFinite,
		NodeTypeIsNaN, NodeTypeLessOrEqual, NodeTypeLessThan, NodeTypeLog, NodeTypeLog1p, NodeTypeLogicalAnd,
		NodeTypeLogicalNot, NodeTypeLogicalOr, NodeTypeLogicalXor, NodeTypeLogistic, NodeTypeMax, NodeTypeMin,
		NodeTypeMul, NodeTypeNeg, NodeTypeNotEqual, NodeTypeOptimizationBarrier, NodeTypePow, NodeTypeReal, NodeTypeRem,
		NodeTypeRound, NodeTypeRsqrt, NodeTypeSign, NodeTypeSin, NodeTypeSqrt, NodeTypeSub, NodeTypeTanh, NodeTypeWhere,
	} {
		out[t] = true
	}
	return out
}()

// isShift tells whether every use of a node is that a softmax or a log-softmax subtracts it, which changes nothing.
func isShift(n *Node, uses map[*Node][]*Node) bool {
	first := func(n *Node) *Node { return skipNeutral(n.Inputs()[0]) }
	second := func(n *Node) *Node { return skipNeutral(n.Inputs()[1]) }
	return allUses(n, uses, func(z *Node) bool { // z - max(z)
		return z.Type() == NodeTypeSub && second(z) == n && allUses(z, uses, func(end *Node) bool {
			if end.Type() != NodeTypeExp {
				return end.Type() == NodeTypeSub && first(end) == z && second(end).Type() == NodeTypeLog
			}
			return allUses(end, uses, func(share *Node) bool { // the power of e, divided by its sum
				return share.Type() == NodeTypeReduceSum || share.Type() == NodeTypeDiv && first(share) == end
			})
		})
	})
}

// allUses tells whether a node is used, and every use of it is as asked for. Uses behind a change of its shape count.
func allUses(n *Node, uses map[*Node][]*Node, is func(use *Node) bool) bool {
	return len(uses[n]) > 0 && !slices.ContainsFunc(uses[n], func(use *Node) bool {
		if neutral[use.Type()] {
			return !allUses(use, uses, is)
		}
		return !is(use)
	})
}

// usesOf returns for every node the nodes that it is an input of.
func usesOf(nodes []*Node) map[*Node][]*Node {
	uses := map[*Node][]*Node{}
	for _, n := range nodes {
		for _, in := range n.Inputs() {
			uses[in] = append(uses[in], n)
		}
	}
	return uses
}
