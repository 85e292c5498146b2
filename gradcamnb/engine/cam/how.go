package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// How says how a method makes its maps. A method of one pass is a graph function:
// [Terms], [Map], [Pixels], [Guided], [Across] or [Retargeted]; all of them
// together are one program. A method of many passes is [Pictures] or [Activations], and
// one that puts finished maps together is [Joined] or [Fused]. [Of] stands for a method
// that is still to be told what it is made of.
type How interface{ how() }

// OnePass is a [How] that is a graph function.
type OnePass interface {
	How
	onePass()
}

// At is what a method sees of a model at one place, a layer or the picture.
type At struct {
	Act, Grad *Node // values there and the score's gradient, [batch, h, w, channels]
	Score     *Node // [batch]

	Output, Index *Node // the tensor that the target reads and the class there, [batch]

	Node *Node             // the place as the model has it, in its own axis order
	Grid func(*Node) *Node // brings such a node to [batch, h, w, channels]
	Bias *Node             // what the layer adds to each channel, [channels]; nil where it adds nothing
	Name string            // of the layer, for errors

	Tokens func(*Node) *Node // brings tokens [batch, n, channels] to the picture's grid [batch, h, w, channels]
}

type (
	// Terms is a map that is a sum over channels, given by its terms: activations
	// and gradient -> [batch, h, w, channels], signed, before any ReLU of the sum.
	Terms func(act, grad *Node) *Node

	// Map is any other map of a layer: -> [batch, h, w], signed, before ReLU and
	// without normalising.
	Map func(At) *Node

	// Pixels is a map of the picture and the score's gradient there, whatever the
	// layer: -> [batch, h, w].
	Pixels func(At) *Node

	// Guided is Pixels with the gradient of guided backpropagation: every ReLU of the
	// model lets only positive gradients through.
	Guided func(At) *Node
)

// Across is a map of the picture and of every layer that some operators make.
type Across struct {
	Ops  []string // ONNX operators, e.g. "Conv"
	Bias bool     // of them, those that add a bias
	Map  func(picture At, layers []At) *Node
}

// Retargeted is a method with another score in place of the target's.
type Retargeted struct {
	Target string // kind of engine/target; it takes the index of the target of the request
	Base   OnePass
}

// Clean is one picture as it is, before a method changes it.
type Clean struct {
	Picture Values  // the model's input
	Act     Values  // of the layer; empty for a method that has no layer
	Score   float32 // of the target

	ChannelsLast bool // how Picture lies: [h, w, c], else [c, h, w]
}

// Values is a field of vectors. Those of a layer lie [h, w, c].
type Values struct {
	H, W, C int
	Flat    []float32
}

// Grid is a field of numbers, row by row.
type Grid struct {
	H, W int
	Flat []float32
}

// Run is one explanation by many passes.
type Run struct {
	Inputs int // how many changed inputs there are
	// the i-th: a picture, activations [h, w, c], or what a mask is made of, [h, w]
	Input func(i int) []float32
	Take  func(i int, score float32, seen []float32) // hears what the model made of it
	Map   func() Grid                                // the map of what was heard so far
}

// Pictures is a method of many passes over changed pictures, of which See is seen.
type Pictures struct {
	See   OnePass
	Start func(Clean) Run
}

// Masked is a method of many passes over the picture behind masks that are made of what a
// layer shows; only the score is seen.
type Masked struct {
	// [batch, h, w] of the layer -> [batch, H, W] of the picture, from 1, seen, to 0
	Mask  func(shown *Node, height, width int) *Node
	Start func(Clean) Run // its inputs are [h, w]
}

// Activations is a method of many passes from a layer on, over changed activations;
// only the score is seen.
type Activations struct{ Start func(Clean) Run }

// Joined is a map made of other methods' finished maps, each the positive part at the
// size of the picture.
type Joined struct {
	Of   []Method
	Join func(maps []Grid) Grid
}

// Fused is one map made of a method's maps at all chosen layers, each the positive part
// normalised to [0, 1] at its own resolution and resized to the picture.
type Fused struct {
	Of   Method
	Join func(maps []Grid) Grid

	// AllLevels tells that it is of all levels of a detector if no layers are named, and that the maps are joined in the
	// method's own unit, each the positive part resized to the picture.
	AllLevels bool
}

// Of wraps another method, as SESS(LayerCAM) does.
type Of struct {
	Usual string // the one that it is made of where none is named
	Make  func(base Method) (How, error)
}

func (Terms) how()       {}
func (Map) how()         {}
func (Pixels) how()      {}
func (Guided) how()      {}
func (Across) how()      {}
func (Retargeted) how()  {}
func (Pictures) how()    {}
func (Masked) how()      {}
func (Activations) how() {}
func (Joined) how()      {}
func (Fused) how()       {}
func (Of) how()          {}

func (Terms) onePass()      {}
func (Map) onePass()        {}
func (Pixels) onePass()     {}
func (Guided) onePass()     {}
func (Across) onePass()     {}
func (Retargeted) onePass() {}

// AtLayer makes the map of a method at a layer, where it is one of those that have one.
func AtLayer(how How, at At) (m *Node, ok bool) {
	switch how := how.(type) {
	case Terms:
		return ReduceSum(how(at.Act, at.Grad), -1), true
	case Map:
		return how(at), true
	case Retargeted:
		return AtLayer(how.Base, at)
	}
	return nil, false
}

// Gross is the same sum with the magnitudes of activations and gradient in place of their
// values, where a method's map is a sum of terms: how large a cell would be if nothing in it
// cancelled, [batch, h, w]. Each term is rounded to about 2^-24 of it, so a map that is no
// larger than that times a few is made of rounding alone; see Diagnose of package heatmap.
func Gross(how How, at At) (m *Node, ok bool) {
	switch how := how.(type) {
	case Terms:
		return ReduceSum(how(Abs(at.Act), Abs(at.Grad)), -1), true
	case Retargeted:
		return Gross(how.Base, at)
	}
	return nil, false
}

// HasLayer tells whether a method's map belongs to one layer.
func HasLayer(how How) bool {
	switch how := how.(type) {
	case Terms, Map, Masked, Activations:
		return true
	case Retargeted:
		return HasLayer(how.Base)
	case Pictures:
		return HasLayer(how.See)
	case Joined:
		for _, m := range how.Of {
			if HasLayer(m.How) {
				return true
			}
		}
	}
	return false
}
