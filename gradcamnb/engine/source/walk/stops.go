package walk

import (
	"maps"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// RemoveStops returns a rule that removes StopGradient from a model. A backbone that is not trained lies behind one,
// and the gradient of the score through it would be 0 although finite differences are not. Two kinds are kept: around
// the largest value that a softmax subtracts, where it changes nothing, and in a straight-through estimator, such as x
// + StopGradient(q(x) - x), whose gradient is meant to be that of x. The rule also removes an identity whose gradient
// is another one, such as a gradient that is reversed for a training.
func RemoveStops(ends ...*Node) Rule {
	nodes, kept := sortNodes(ends...), map[*Node]bool{}
	uses, hasStops := usesOf(nodes), slices.ContainsFunc(nodes, (*Node).StopGradient)
	for _, n := range nodes {
		switch {
		case n.StopGradient() && skipNeutral(n).Type() == NodeTypeReduceMax && isShift(n, uses):
			kept[n] = true
		case hasStops && isSum(n) && !slices.ContainsFunc(uses[n], isSum): // which finds those of the sums in it
			maps.Copy(kept, straightThrough(n))
		}
	}
	return func(n *Node, inputs []*Node) *Node {
		if n.Type() != NodeTypeIdentity || !n.StopGradient() && n.CustomGradient() == nil || kept[n] {
			return nil
		}
		return inputs[0]
	}
}

func isSum(n *Node) bool { return n.Type() == NodeTypeAdd || n.Type() == NodeTypeSub }

// straightThrough returns the stops in a sum of which a term without a stop cancels one behind a stop, so that only
// its gradient is left. There are none in any other sum.
func straightThrough(sum *Node) map[*Node]bool {
	type term struct {
		of   *Node
		sign int
	}
	open, stopped, stops := map[term]bool{}, map[term]bool{}, map[*Node]bool{}
	var read func(n *Node, sign int, into map[term]bool)
	read = func(n *Node, sign int, into map[term]bool) {
		if into[term{n, sign}] {
			return
		}
		into[term{n, sign}] = true
		switch {
		case isSum(n):
			read(n.Inputs()[0], sign, into)
			if n.Type() == NodeTypeSub {
				sign = -sign
			}
			read(n.Inputs()[1], sign, into)
		case n.StopGradient():
			stops[n] = true
			read(n.Inputs()[0], sign, stopped)
		}
	}
	read(sum, 1, open)
	for t := range open {
		if stopped[term{t.of, -t.sign}] {
			return stops
		}
	}
	return nil
}
