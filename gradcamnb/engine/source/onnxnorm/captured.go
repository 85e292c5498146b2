package onnxnorm

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"
)

// captures holds the names that the subgraphs of nodes read from outside, since each is asked for several times.
type captures struct {
	of    map[*protos.NodeProto][]string
	names int // in all of them
}

// mostCaptured is how many names the subgraphs of a file may read from outside, each subgraph counted for itself.
const mostCaptured = 1 << 20

// findAll finds the names for all nodes of a model. It returns an error if they are too many.
func (c *captures) findAll(nodes []*protos.NodeProto) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = toError(e)
		}
	}()
	for _, p := range nodes {
		c.find(p)
	}
	return nil
}

// find returns the names that the subgraphs of a node read from outside.
func (c *captures) find(p *protos.NodeProto) []string {
	if out, ok := c.of[p]; ok || !holdsGraph(p) {
		return out
	}
	var out []string
	seen := map[string]bool{}
	for _, a := range p.Attribute {
		for _, g := range graphsIn(a) {
			for _, name := range c.readBy(g) {
				if !seen[name] {
					seen[name], out = true, append(out, name)
				}
			}
		}
	}
	if c.names += len(out); c.names > mostCaptured {
		failf("subgraphs of the file read more than %d names from outside", mostCaptured)
	}
	if c.of == nil {
		c.of = map[*protos.NodeProto][]string{}
	}
	c.of[p] = out
	return out
}

// readBy returns the names that a subgraph reads from outside, some of them several times.
func (c *captures) readBy(g *protos.GraphProto) []string {
	made := map[string]bool{"": true}
	for _, in := range g.Input {
		made[in.Name] = true
	}
	for _, t := range g.Initializer {
		made[t.Name] = true
	}
	var reads []string
	for _, n := range g.Node {
		for _, name := range n.Output {
			made[name] = true
		}
		reads = append(append(reads, n.Input...), c.find(n)...)
	}
	for _, o := range g.Output {
		reads = append(reads, o.Name)
	}
	return slices.DeleteFunc(reads, func(name string) bool { return made[name] })
}
