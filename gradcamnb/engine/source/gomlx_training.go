package source

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// infer returns the outputs as in inference, if the graph function built them as in training: a function may itself
// switch training on. A batch norm takes its moving averages, and a dropout drops nothing.
func (m *gomlxModel) infer(x *Node, out []*Node, averages map[*Node]*Node) []*Node {
	g := x.Graph()
	ends := slices.DeleteFunc(slices.Clone(out), func(n *Node) bool { return n == nil })
	for alias, n := range g.IterAliasedNodes() {
		if !isHidden(alias) {
			ends = append(ends, n)
		}
	}
	if walk.Inference(x, averages, ends...) {
		m.doubt(g, "graph function builds batch norms or dropouts as in training; they are explained as in inference")
	}
	if m.store.IsTraining(g) {
		m.doubt(g, "graph function switches training on: what it does otherwise then, but for batch norms and dropouts, is explained as it is then")
	}
	inferred := slices.Clone(out)
	for i, n := range out {
		if n != nil {
			inferred[i] = walk.Inferred(n)
		}
	}
	return inferred
}

// averages maps what the graph function takes moving averages of to the variables that are those averages.
func (m *gomlxModel) averages(g *Graph) map[*Node]*Node {
	read, averages := parameterNodes(g), map[*Node]*Node{}
	for v := range m.store.IterVariables() {
		if !v.InUseByGraph(g) || !v.ChangedInGraph(g) || read[v.Path()] == nil {
			continue
		}
		average := read[v.Path()]
		for _, b := range walk.AveragedBy(average, v.NodeValue(g)) {
			averages[b] = average
		}
	}
	return averages
}

// parameterNodes returns the parameters of a graph, by name.
func parameterNodes(g *Graph) map[string]*Node {
	out := map[string]*Node{}
	for _, n := range g.Nodes() {
		if n.Type() == NodeTypeParameter {
			out[n.GetParameterName()] = n
		}
	}
	return out
}

// refuseTraining panics if the graph function builds its outputs as in training in a way of its own, so that [infer]
// could not tell what they are in inference. What it builds of random numbers without a training is explained, and
// said. feeds holds the nodes that the outputs are computed from.
func (m *gomlxModel) refuseTraining(g *Graph, feeds map[*Node]bool, averages map[*Node]*Node) {
	trained, random := findTraining(g, feeds, averages)
	const cure = "and what is explained is inference: take SetTraining out of it, or explain the function that it calls"
	switch {
	case trained != nil:
		m.wrongAtf(trained, "graph function switches training on, for the batch norm%s which keeps no moving averages, "+cure, m.by.locate(trained))
	case random == nil:
	case m.store.IsTraining(g):
		m.wrongAtf(random, "graph function switches training on, for the random numbers%s which are no mask of a dropout, "+cure, m.by.locate(random))
	default:
		m.doubt(g, fmt.Sprintf("graph function draws random numbers%s; every explanation takes the same ones", m.by.locate(random)))
	}
}

// findTraining returns the first batch norm that takes the mean of the batch and keeps no averages, and the first node
// of random numbers, among those that the outputs are computed from; nil if there is none.
func findTraining(g *Graph, feeds map[*Node]bool, averages map[*Node]*Node) (trained, random *Node) {
	for _, n := range g.Nodes() {
		switch {
		case !feeds[n]:
		case trained == nil && walk.LacksAverages(n, averages):
			trained = n
		case random == nil && n.Type() == NodeTypeRNGBitGenerator:
			random = n
		}
	}
	return trained, random
}

// doubt keeps a sentence about the model, which [Doubt] returns. Only a traced graph is one of those that are listed;
// the others are built later, and say the same.
func (m *gomlxModel) doubt(g *Graph, text string) {
	if g.Nodes()[0].Trace() == nil {
		return
	}
	text = fmt.Sprintf("model %s: its %s", m.card.Name, text)
	if before := m.listed.doubt.Load(); before != nil {
		if strings.Contains(*before, text) {
			return
		}
		text = *before + "; " + text
	}
	m.listed.doubt.Store(&text)
}
