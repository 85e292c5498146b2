package walk

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Rule returns the node to put in place of a copy of n. Its inputs are the copied inputs. If it returns nil, n is
// copied as it is.
type Rule func(n *Node, inputs []*Node) *Node

// Rebuild builds the ends again with other nodes in place of the keys of given, and returns the copies of the ends.
// rule may replace nodes on the way. Nodes that do not depend on the keys of given are not copied.
func Rebuild(ends []*Node, given map[*Node]*Node, rule Rule) []*Node {
	copies := rebuild(ends, given, rule)
	out := make([]*Node, len(ends))
	for i, n := range ends {
		out[i] = n
		if c, ok := copies[n]; ok {
			out[i] = c
		}
	}
	return out
}

// rebuild is [Rebuild], and returns the copies of all nodes that have one.
func rebuild(ends []*Node, given map[*Node]*Node, rule Rule) map[*Node]*Node {
	copies := map[*Node]*Node{}
	for n, c := range given {
		copies[n] = c
	}
	for _, n := range sortNodes(ends...) {
		if _, ok := given[n]; ok {
			continue
		}
		if captures(n) && hasBefore(copies, n) {
			exceptions.Panicf("the model has a branch or a loop, and GoMLX does not tell which values that reads, so the model cannot be built again with others: take RISE or Occlusion, which hide parts of the picture")
		}
		inputs := make([]*Node, len(n.Inputs()))
		changed := false
		for i, in := range n.Inputs() {
			inputs[i] = in
			if c, ok := copies[in]; ok {
				inputs[i], changed = c, true
			}
		}
		var c *Node
		if rule != nil {
			c = rule(n, inputs)
		}
		switch {
		case c != nil:
		case !changed:
			continue
		default:
			c = copyOf(n, inputs)
		}
		copies[n] = c
	}
	return copies
}

// captures tells whether a node may read others than its inputs: the branches of an If and the body of a loop may.
func captures(n *Node) bool { return n.Type() == NodeTypeIf || n.Type() == NodeTypeWhile }

// hasBefore tells whether a node that has a copy was made before another one, which may thus read it.
func hasBefore(copies map[*Node]*Node, n *Node) bool {
	for of := range copies {
		if of.Id() < n.Id() {
			return true
		}
	}
	return false
}

// IsHidden tells whether an end may depend on nodes in ways that the graph does not show: through a branch or a loop
// that none of these nodes comes after.
func IsHidden(end *Node, nodes ...*Node) bool {
	return slices.ContainsFunc(sortNodes(end), func(n *Node) bool {
		return captures(n) && slices.ContainsFunc(nodes, func(of *Node) bool { return !slices.Contains(sortNodes(of), n) })
	})
}

// copyOf returns a copy of the node with other inputs.
func copyOf(n *Node, inputs []*Node) *Node {
	c := n.CloneWithInputs(inputs...)
	if c == nil || c == n {
		exceptions.Panicf("the model's node %s cannot be copied, so the model cannot be built again from a layer on", n)
	}
	return c
}
