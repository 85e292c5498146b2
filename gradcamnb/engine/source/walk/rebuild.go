package walk

import (
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

// copyOf returns a copy of the node with other inputs.
func copyOf(n *Node, inputs []*Node) *Node {
	c := n.CloneWithInputs(inputs...)
	if c == nil || c == n {
		exceptions.Panicf("the model's node %s cannot be copied, so the model cannot be built again from a layer on", n)
	}
	return c
}
