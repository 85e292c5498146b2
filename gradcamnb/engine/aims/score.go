package aims

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
)

// ranked is the index that tells the program to pick the class by its rank.
const ranked = -1

// Score returns the aim's score and index, [batch] each, for the model's outputs and the nodes of the aim's arguments.
// If the index that is given is [ranked], the program picks the rank-th best class. The index is an argument so that
// another class needs no new program.
func (a Aim) Score(outputs map[string]*Node, args []*Node, picture [2]int) (score, index *Node) {
	given, _ := unpackParams(a, args)
	if a.box != nil {
		return a.box.score(outputs, given, picture), given.index
	}
	index = given.index
	if a.rank > 0 {
		index = Where(LessThan(index, ScalarZero(index.Graph(), index.DType())),
			target.Rank(a.read.Node(outputs[a.Tensors[0]]), a.rank), index)
	}
	if a.fn == nil {
		return a.scored.Score(a.read.Node(outputs[a.Tensors[0]]), index, given.argument), index
	}
	var read []*Node
	for _, name := range a.Tensors {
		read = append(read, outputs[name])
	}
	return a.fn(read), index
}

// TakeArguments returns the arguments of an aim from the front of a program's, and the rest.
func TakeArguments[T any](a Aim, args []T) (own, rest []T) {
	n := 0
	(&params[T]{}).each(a, func(*T) { n++ })
	return args[:n], args[n:]
}

// Arguments returns the program's arguments for the aim, for a batch.
func (a Aim) Arguments(batch int) []*tensors.Tensor {
	given := a.arguments(batch)
	return given.pack(a)
}

func (a Aim) arguments(batch int) params[*tensors.Tensor] {
	if a.box != nil {
		return a.box.arguments(0, batch)
	}
	index := a.Index
	if index == nil {
		index = slices.Repeat([]int32{ranked}, batch)
	}
	out := params[*tensors.Tensor]{index: tensors.FromFlatDataAndDimensions(index, len(index))}
	if takesArgument(a.scored) {
		out.argument = tensors.FromFlatDataAndDimensions(a.Argument, a.argumentDims(batch)...)
	}
	return out
}

// ForPerturbing returns the aim for picture i alone, at the index that it has there, as package perturb takes it.
func (a Aim) ForPerturbing(i int, index int32, picture [2]int) perturb.Aim {
	var given params[*tensors.Tensor]
	if a.box != nil {
		given = a.box.arguments(i, 1)
	} else {
		given.index = tensors.FromFlatDataAndDimensions([]int32{index}, 1)
		if takesArgument(a.scored) {
			n := len(a.Argument) / len(a.Index)
			given.argument = tensors.FromFlatDataAndDimensions(a.Argument[i*n:(i+1)*n], a.argumentDims(1)...)
		}
	}
	a.rank = 0 // the class is given: that of the whole picture
	out := perturb.Aim{
		Wants: a.Wants(), Params: given.pack(a), IsDetection: a.box != nil,
		Score: func(outputs map[string]*Node, nodes []*Node) *Node {
			score, _ := a.Score(outputs, nodes, picture)
			return score
		},
	}
	if a.elements && a.box == nil && len(a.Shape) == 2 && a.Shape[1] > 1 {
		probable, by := a, target.Probability
		if a.read.tags {
			by = target.TagProbability
		}
		probable.scored = a.read.probabilityTarget(by)
		out.Probability = func(outputs map[string]*Node, nodes []*Node) *Node {
			score, _ := probable.Score(outputs, nodes, picture)
			return score
		}
	}
	return out
}
