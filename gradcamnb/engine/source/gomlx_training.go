package source

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// refuseTraining panics if the graph function builds its outputs as in training: it leaves training switched on, or one
// of its batch norms takes the mean of the batch. What it builds of random numbers is explained, and said. feeds holds
// the nodes that the outputs are computed from.
func (m *gomlxModel) refuseTraining(g *Graph, feeds map[*Node]bool) {
	trained, random := m.findTraining(g, feeds)
	const cure = "and what is explained is inference: take SetTraining out of it, or explain the function that it calls"
	switch {
	case m.store.IsTraining(g) && trained == nil && random == nil:
		m.wrongFunctionf(g, "switches training on, "+cure)
	case trained != nil:
		m.wrongAtf(trained, "graph function switches training on, for the batch norm%s "+cure, m.by.locate(trained))
	case m.store.IsTraining(g):
		m.wrongAtf(random, "graph function switches training on, for the random numbers%s "+cure, m.by.locate(random))
	case random != nil:
		m.doubt(g, fmt.Sprintf("graph function draws random numbers%s as dropout does in training; every explanation takes the same ones", m.by.locate(random)))
	}
}

// findTraining returns the first batch norm that takes the mean of the batch, and the first node of random numbers,
// among those that the outputs are computed from; nil if there is none.
func (m *gomlxModel) findTraining(g *Graph, feeds map[*Node]bool) (trained, random *Node) {
	for _, n := range g.Nodes() {
		switch {
		case !feeds[n]:
		case trained == nil && n.Type() == NodeTypeBatchNormForTraining:
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
