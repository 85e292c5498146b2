// Package target holds the functions that score a target: graph functions of a model's output that return one score for
// every picture of the batch. What they need besides the output, such as class numbers and masks, are inputs of the
// graph, so another class needs no other program.
package target

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/internal/registry"
)

// Kind is one kind of score.
type Kind struct {
	Name string // e.g. "class"

	// Unit is the unit of the score, e.g. "logits".
	Unit string

	// Check returns an error if the output's shape, batch first, does not fit the kind. classes is the number of valid
	// indices.
	Check func(output []int) (classes int, err error)

	// ArgumentShape returns the shape, without the batch, of the argument that the kind takes besides the output and the
	// index: a mask, weights, an embedding. It is nil if the kind takes none.
	ArgumentShape func(output []int) []int

	// Score returns the scores [batch] from the output, the index [batch] (int32) and the argument [batch, ...], which is
	// nil if ArgumentShape is.
	Score func(output, index, argument *Node) *Node
}

var all = registry.New("target", func(k Kind) []string { return []string{k.Name} }, nil)

func register(k Kind) Kind { return all.Add(k) }

// ByName returns the kind with a name.
func ByName(name string) (Kind, error) { return all.Find(name) }
