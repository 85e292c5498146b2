package source

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// units maps the endings of a graph to units.
var units = map[walk.Ending]Unit{
	walk.Logits: Logits, walk.Probabilities: SoftmaxProbability, walk.Tags: SigmoidProbability,
	walk.LogProbabilities: LogProbability, walk.Squashed: PlainNumbers,
	walk.Ranks: Ranks,
}

// Ending implements [EndingTeller]. It is read off the graph when the layers are listed. Before that, everything counts
// as logits.
func (m *gomlxModel) Ending(tensor string) Ending {
	m.listed.mu.Lock()
	defer m.listed.mu.Unlock()
	for _, l := range m.listed.of {
		if e, ok := l.endings[tensor]; ok {
			return e
		}
	}
	return Ending{Unit: Logits}
}

// endingOf returns how a node ends. The node that it squashes has a name only if it is a layer of as many numbers.
func endingOf(w *walk.Walk, n *Node, names map[*Node]string) Ending {
	ending, before := w.EndingOf(n)
	e := Ending{Unit: units[ending]}
	switch ending {
	case walk.Probabilities, walk.LogProbabilities:
		e.Squash = SoftmaxProbability
	case walk.Tags:
		e.Squash = SigmoidProbability
	}
	if before != nil && (before.Shape().Size() == n.Shape().Size() || ending == walk.Ranks) {
		e.Before = names[before]
	}
	if e.Before == "" {
		e.Squash = ""
	}
	return e
}
