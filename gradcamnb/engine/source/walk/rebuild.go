package walk

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Rule puts another node in the place of one that is copied, made of its copied inputs; nil
// leaves the copy as it is.
type Rule func(n *Node, inputs []*Node) *Node

// Rebuild builds again what comes after some nodes, with others given in their place, and
// returns the copies of the ends. A rule may replace nodes on the way; what does not depend
// on the given ones is not copied.
func Rebuild(ends []*Node, given map[*Node]*Node, rule Rule) []*Node {
	copies := map[*Node]*Node{}
	for n, c := range given {
		copies[n] = c
	}
	for _, n := range inOrder(ends...) {
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
	out := make([]*Node, len(ends))
	for i, n := range ends {
		out[i] = n
		if c, ok := copies[n]; ok {
			out[i] = c
		}
	}
	return out
}

// copyOf returns the node made of other inputs.
func copyOf(n *Node, inputs []*Node) *Node {
	c := n.CloneWithInputs(inputs...)
	if c == nil || c == n {
		exceptions.Panicf("the model's node %s cannot be copied, which building it again from a layer on needs", n)
	}
	return c
}
