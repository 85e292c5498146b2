package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Procedure says how a method makes its maps. A method of one pass is a graph function: [Terms], [Map], [Pixels],
// [GuidedPixels], [RelevancePixels], [ManyLayers] or [Retargeting]; all of them together are one program. A method of
// many passes is [Pictures], [MaskedPictures] or [Activations], and one that puts finished maps together is
// [MethodFusion] or [LayerFusion]. [Wrapper] is a method that still needs the method that it is made of.
type Procedure interface{ procedure() }

// OnePass is a [Procedure] that is a graph function.
type OnePass interface {
	Procedure
	onePass()
}

// View is what a method sees of a model at one place, a layer or the picture.
type View struct {
	Act, Grad *Node // values there and the score's gradient, [batch, h, w, channels]
	Score     *Node // [batch]

	Output, Index *Node // the tensor that the target reads and the class there, [batch]

	Node *Node             // the place as the model has it, in its own axis order
	Grid func(*Node) *Node // brings such a node to [batch, h, w, channels]
	Bias *Node             // what the layer adds to each channel, [channels]; nil if it adds nothing
	Name string            // of the layer, for errors

	Tokens func(*Node) *Node // brings tokens [batch, n, channels] to the picture's grid [batch, h, w, channels]
}

type (
	// Terms is a map that is a sum over channels, given by its terms: activations
	// and gradient -> [batch, h, w, channels], signed, before any ReLU of the sum.
	Terms func(act, grad *Node) *Node

	// Map is any other map of a layer: -> [batch, h, w], signed, before ReLU and
	// without normalising.
	Map func(View) *Node

	// Pixels is a map of the picture and the score's gradient there, whatever the
	// layer: -> [batch, h, w].
	Pixels func(View) *Node

	// GuidedPixels is Pixels with the gradient of guided backpropagation: every ReLU of the
	// model lets only positive gradients through.
	GuidedPixels func(View) *Node

	// RelevancePixels is Pixels with the gradient of relevance propagation: the picture times it is the picture's
	// relevance.
	RelevancePixels func(View) *Node
)

// ManyLayers is a map of the picture and of every layer that some operators make.
type ManyLayers struct {
	Ops  []string                                // ONNX operators, e.g. "Conv"
	Bias bool                                    // of them, those that add a bias
	Map  func(picture View, layers []View) *Node // makes the map [batch, h, w] of the picture and those layers
}

// Retargeting is a method with another score in place of the target's.
type Retargeting struct {
	Target string  // kind of engine/target; it takes the index of the target of the request
	Base   OnePass // what is made with that score
}

// Original is one picture as it is, before a method changes it.
type Original struct {
	Picture Values  // the model's input
	Act     Values  // of the layer; empty for a method that has no layer
	Score   float32 // of the target

	ChannelsLast bool // how Picture lies: [h, w, c], else [c, h, w]
}

// Values is a field of vectors. Those of a layer lie [h, w, c].
type Values struct {
	H, W, C int       // height, width and channels
	Flat    []float32 // the numbers, row by row
}

// Grid is a field of numbers, row by row.
type Grid struct {
	H, W int       // height and width
	Flat []float32 // the numbers, row by row
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
	See   OnePass            // what is seen of each changed picture
	Start func(Original) Run // begins an explanation of a picture
}

// MaskedPictures is a method of many passes over the picture behind masks that are made of what a
// layer shows; only the score is seen.
type MaskedPictures struct {
	// [batch, h, w] of the layer -> [batch, H, W] of the picture, from 1, seen, to 0
	Mask  func(shown *Node, height, width int) *Node
	Start func(Original) Run // its inputs are [h, w]
}

// Activations is a method of many passes from a layer on, over changed activations;
// only the score is seen.
type Activations struct {
	Refuse func(Original) error // says why a picture cannot be explained; nil if every one can
	Start  func(Original) Run   // begins an explanation; its inputs are [h, w, c]
}

// MethodFusion is a map made of other methods' finished maps, each the positive part at the
// size of the picture.
type MethodFusion struct {
	Methods []Method               // whose maps are joined, in this order
	Join    func(maps []Grid) Grid // makes one map of theirs
}

// LayerFusion is one map made of a method's maps at all chosen layers, each the positive part
// normalised to [0, 1] at its own resolution and resized to the picture.
type LayerFusion struct {
	Method Method                 // whose maps are joined
	Join   func(maps []Grid) Grid // makes one map of those of the layers

	// AllLevels tells that it is of all levels of a detector if no layers are named, and that the maps are joined in the
	// method's own unit, each the positive part resized to the picture.
	AllLevels bool
}

// Wrapper wraps another method, as SESS(LayerCAM) does.
type Wrapper struct {
	Usual string                               // the one that it is made of if none is named
	Make  func(base Method) (Procedure, error) // says how the map is made of that method's
}

func (Terms) procedure()           {}
func (Map) procedure()             {}
func (Pixels) procedure()          {}
func (GuidedPixels) procedure()    {}
func (RelevancePixels) procedure() {}
func (ManyLayers) procedure()      {}
func (Retargeting) procedure()     {}
func (Pictures) procedure()        {}
func (MaskedPictures) procedure()  {}
func (Activations) procedure()     {}
func (MethodFusion) procedure()    {}
func (LayerFusion) procedure()     {}
func (Wrapper) procedure()         {}

func (Terms) onePass()           {}
func (Map) onePass()             {}
func (Pixels) onePass()          {}
func (GuidedPixels) onePass()    {}
func (RelevancePixels) onePass() {}
func (ManyLayers) onePass()      {}
func (Retargeting) onePass()     {}

// MakeMap makes the map of a method at a layer, [batch, h, w]. ok is false if the method has no map of a layer.
func MakeMap(p Procedure, at View) (m *Node, ok bool) {
	switch p := p.(type) {
	case Terms:
		return ReduceSum(p(at.Act, at.Grad), -1), true
	case Map:
		return p(at), true
	case Retargeting:
		return MakeMap(p.Base, at)
	}
	return nil, false
}

// SumMagnitudes is the sum of a method's terms with the magnitudes of activations and gradient in place of their
// values, [batch, h, w]: how large a cell would be if nothing in it cancelled. ok is false if the method's map is no
// sum of terms. Each term is rounded to about 2^-24 of this sum, so a map that is no larger than a few times that is
// made of rounding alone; see Diagnose of package heatmap.
func SumMagnitudes(p Procedure, at View) (m *Node, ok bool) {
	switch p := p.(type) {
	case Terms:
		return ReduceSum(p(Abs(at.Act), Abs(at.Grad)), -1), true
	case Retargeting:
		return SumMagnitudes(p.Base, at)
	}
	return nil, false
}

// HasLayer tells whether a method's map belongs to one layer.
func HasLayer(p Procedure) bool {
	switch p := p.(type) {
	case Terms, Map, MaskedPictures, Activations:
		return true
	case Retargeting:
		return HasLayer(p.Base)
	case Pictures:
		return HasLayer(p.See)
	case MethodFusion:
		for _, m := range p.Methods {
			if HasLayer(m.Procedure) {
				return true
			}
		}
	}
	return false
}
