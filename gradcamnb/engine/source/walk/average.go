package walk

import (
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// AveragedBy returns what a variable is the moving average of, as the function that makes its next value tells: a batch
// norm that is used twice averages two means. It returns nothing if the next value is no average.
//
// A value is an average of p and b, however it is written, if it depends on both, and is x if both are x:
//
//	m p + (1 - m) b     p + s (b - p)     (n p + b) / (n + 1)
func AveragedBy(average, next *Node) []*Node {
	var found []*Node
	for before := next; before != average; {
		p, b := averages(before, average)
		if p == nil {
			return nil
		}
		before, found = p, append(found, b)
	}
	return found
}

// averages returns the two nodes p and b of which a node is the average. p is the variable, or depends on it; b does
// not. They are nil if there are none.
func averages(n, variable *Node) (p, b *Node) {
	const most = 64 // parts; an average has about ten
	parts := termsOf(n)
	if len(parts) > most {
		return nil, nil
	}
	depends := map[*Node]bool{variable: true}
	for _, of := range sortNodes(n) {
		depends[of] = depends[of] || slices.ContainsFunc(of.Inputs(), func(in *Node) bool { return depends[in] })
	}
	for _, p := range parts {
		if !depends[p] || p == n {
			continue
		}
		for _, b := range parts {
			if !depends[b] && b.Shape().Size() == n.Shape().Size() && isAverage(n, p, b) {
				return p, b
			}
		}
	}
	return nil, nil
}

// termsOf returns a node and all from which it is computed by sums, differences, products and quotients.
func termsOf(n *Node) []*Node {
	out := []*Node{n}
	for i := 0; i < len(out); i++ {
		if !isArithmetic(out[i]) {
			continue
		}
		for _, in := range out[i].Inputs() {
			if !slices.Contains(out, in) {
				out = append(out, in)
			}
		}
	}
	return out
}

func isArithmetic(n *Node) bool {
	switch n.Type() {
	case NodeTypeAdd, NodeTypeSub, NodeTypeMul, NodeTypeDiv, NodeTypeNeg:
		return true
	}
	return neutral[n.Type()]
}

// isAverage tells whether a node that is computed from p and b depends on both, and is x if both are x. Everything else
// that it is computed from has values that are drawn.
func isAverage(n, p, b *Node) bool {
	of := func(x, y float64) float64 { return evaluate(n, map[*Node]float64{p: x, b: y}) }
	isNear := func(x, y float64) bool { return math.Abs(x-y) <= rounding(n)*math.Abs(y) }
	const same = 1e-9
	return isNear(of(3, 3), 3) && isNear(of(-50, -50), -50) &&
		math.Abs(of(3, -50)-of(3, 3)) > same && math.Abs(of(3, -50)-of(-50, -50)) > same
}

// evaluate computes the value of a node from those of others. A node that is not computed by arithmetic gets a number
// between 0 and 1 that belongs to it.
func evaluate(n *Node, given map[*Node]float64) float64 {
	if x, ok := given[n]; ok {
		return x
	}
	x, isNumber := numberOf(n)
	in := n.Inputs()
	switch {
	case isNumber:
	case n.Type() == NodeTypeAdd:
		x = evaluate(in[0], given) + evaluate(in[1], given)
	case n.Type() == NodeTypeSub:
		x = evaluate(in[0], given) - evaluate(in[1], given)
	case n.Type() == NodeTypeMul:
		x = evaluate(in[0], given) * evaluate(in[1], given)
	case n.Type() == NodeTypeDiv:
		x = evaluate(in[0], given) / evaluate(in[1], given)
	case n.Type() == NodeTypeNeg:
		x = -evaluate(in[0], given)
	case neutral[n.Type()]:
		x = evaluate(in[0], given)
	default:
		_, x = math.Modf(float64(n.Id()) * math.Phi)
	}
	given[n] = x
	return x
}

// usedFor returns the node that has the place of b, which is averaged, among those that are used: b itself, or what b
// is in another shape or type, or times a number above 1, as the unbiased variance is. It returns nil if there is none.
func usedFor(b *Node, used map[*Node]bool) *Node {
	for !used[b] && b.Type() != NodeTypeSplitNode {
		in := b.Inputs()
		switch {
		case neutral[b.Type()] && in[0].Shape().Size() == b.Shape().Size():
			b = in[0]
		case (b.Type() == NodeTypeMul || b.Type() == NodeTypeDiv) && enlarges(b, in[1]):
			b = in[0]
		default:
			return nil
		}
	}
	return b
}

// enlarges tells whether a product with a number, or a quotient by one, is larger than what it is of.
func enlarges(n, by *Node) bool {
	x, ok := numberOf(by)
	return ok && (n.Type() == NodeTypeMul && x > 1 || n.Type() == NodeTypeDiv && x > 0 && x < 1)
}
