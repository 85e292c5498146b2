// Package target holds what can be explained: functions of a model's output that
// give one score for every picture of the batch. What they need besides the output
// (class numbers, masks) are graph inputs, so another class is not another program.
package target

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gradcam-go/gradcam/internal/registry"
)

// Kind is one kind of target.
type Kind struct {
	Name string // e.g. "class"

	// Unit is what the score is measured in, e.g. "logits".
	Unit string

	// Check says what is wrong with the shape of the output, batch first, for
	// this kind; nil if nothing is. Classes is the number of valid indices.
	Check func(output []int) (classes int, err error)

	// ArgumentShape is the shape, without the batch, of what the kind takes besides the output
	// and the index: a mask, weights, an embedding. It is nil for kinds that take nothing.
	ArgumentShape func(output []int) []int

	// Score gives [batch] from the output, the index [batch] (int32) and the
	// argument [batch, ...] (nil if ArgumentShape is).
	Score func(output, index, argument *Node) *Node
}

var all = registry.New("target", func(k Kind) []string { return []string{k.Name} })

func register(k Kind) Kind { return all.Add(k) }

// ByName finds a kind.
func ByName(name string) (Kind, error) { return all.Find(name) }
