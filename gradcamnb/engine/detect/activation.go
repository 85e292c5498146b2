package detect

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// activations has the functions that make probabilities of class scores [batch, n, classes].
var activations = map[string]func(*Node) *Node{
	"":        func(x *Node) *Node { return x },
	"sigmoid": Sigmoid,
	"softmax": func(x *Node) *Node { return Softmax(x, -1) },
}

// scoreFormat says how class scores are read.
type scoreFormat struct {
	Activation string `json:"activation"` // a key of activations, for logits; by default scores are probabilities
}

// checkScores returns an error if there is no such activation.
func (f scoreFormat) checkScores() error {
	if activations[f.Activation] == nil {
		return fmt.Errorf(`"activation" is %q and must be "sigmoid" or "softmax", for logits, or be left out`, f.Activation)
	}
	return nil
}

// probabilities returns the class probabilities of scores [batch, n, classes].
func (f scoreFormat) probabilities(scores *Node) *Node { return activations[f.Activation](scores) }
