package cam

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Procedure makes a method's maps. Methods of one pass are graph functions: [Terms], [Map], [Pixels], [GuidedPixels],
// [RelevancePixels], [ManyLayers] or [Retargeting]; all of a request's are one program. Methods of many passes are
// [Pictures], [MaskedPictures] or [Activations]. Methods that join finished maps are [MethodFusion] or [LayerFusion].
// [Wrapper] is a method that still needs the method that it is made of.
type Procedure interface{ procedure() }

// OnePass is a [Procedure] that is a graph function.
type OnePass interface {
	Procedure
	onePass()
}

// View has what a method reads of a model at one place, a layer or the picture.
type View struct {
	Act, Grad *Node // values there and the score's gradient, [batch, h, w, channels]
	Score     *Node // [batch]

	Output, Index *Node // the tensor that the target reads, and the number of the class in it, [batch]

	// Probability is that of the class or tag that the target is, [batch], in a pass of a method of many passes, or its
	// own number if it has none. It is nil if the target is not one of several, as a contrast.
	Probability *Node

	Node *Node             // the place as the model has it, in its own axis order
	Grid func(*Node) *Node // brings such a node to [batch, h, w, channels]
	Bias *Node             // what the layer adds to each channel, [channels]; nil if it adds nothing
	Name string            // of the layer, for errors

	Tokens func(*Node) *Node // brings tokens [batch, n, channels] to the picture's grid [batch, h, w, channels]
}

type (
	// Terms makes the terms of a map that is a sum over channels: activations and gradient
	// -> [batch, h, w, channels], signed, before any ReLU of the sum.
	Terms func(act, grad *Node) *Node

	// Map makes any other map of a layer: -> [batch, h, w], signed, before the ReLU and not
	// normalised.
	Map func(View) *Node

	// Pixels makes a map from the picture and the score's gradient there, whatever the
	// layer: -> [batch, h, w].
	Pixels func(View) *Node

	// GuidedPixels is Pixels with the gradient of guided backpropagation: every ReLU of the
	// model lets only positive gradients through.
	GuidedPixels func(View) *Node

	// RelevancePixels is Pixels with the gradient of relevance propagation: times the picture it is the picture's
	// relevance.
	RelevancePixels func(View) *Node
)

// ManyLayers makes a map from the picture and from the results of all nodes with given operators.
type ManyLayers struct {
	Ops  []string                                // ONNX operators, e.g. "Conv"
	Bias bool                                    // only those that add a bias
	Map  func(picture View, layers []View) *Node // makes the map [batch, h, w] of the picture and those layers
}

// Retargeting is a method with another score in place of the target's.
type Retargeting struct {
	Target string  // the kind of engine/target of that score; its index is that of the request's target
	Base   OnePass // makes the map from that score
}

// Original is one picture before a method changes it.
type Original struct {
	Picture Values  // the model's input
	Act     Values  // of the layer; empty for a method that has no layer
	Score   float32 // of the target

	ChannelsLast bool // Picture is [h, w, c], else [c, h, w]
}

// Values is a field of vectors. Those of a layer are [h, w, c].
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
	// Input returns input i: a picture, activations [h, w, c], or the values [h, w] that a mask is made of.
	Input func(i int) []float32
	Take  func(i int, score float32, seen []float32) // takes the score of input i and what See made of it
	Map   func() Grid                                // returns the map of all inputs taken so far
	Doubt string                                     // a sentence about what misleads in the map; empty if nothing does
}

// Pictures is a method of many passes over changed pictures.
type Pictures struct {
	See   OnePass            // makes the values of each changed picture that Run.Take gets
	Start func(Original) Run // begins an explanation of a picture
}

// MaskedPictures is a method of many passes over the picture behind masks that are made from a
// layer's values. It reads the score alone.
type MaskedPictures struct {
	// Mask makes masks: [batch, h, w] of the layer -> [batch, H, W] of the picture, from 1, shown, to 0, hidden.
	Mask  func(shown *Node, height, width int) *Node
	Start func(Original) Run // its inputs are [h, w]
}

// Activations is a method of many passes over changed activations, each from the layer on.
// It reads the score alone.
type Activations struct {
	Refuse func(Original) error // returns an error if a picture cannot be explained; nil if all can
	Start  func(Original) Run   // begins an explanation; its inputs are [h, w, c]
}

// MethodFusion makes a map of other methods' finished maps. Join gets the positive part of
// each, resized to the picture.
type MethodFusion struct {
	Methods []Method               // whose maps are joined, in this order
	Join    func(maps []Grid) Grid // makes one map of them
}

// LayerFusion makes one map of a method's maps at all chosen layers. Join gets the positive
// part of each, normalised to [0, 1] at its own resolution and then resized to the picture.
type LayerFusion struct {
	Method Method                 // whose maps are joined
	Join   func(maps []Grid) Grid // makes one map of those of the layers

	// AllLevels is true if the layers are those of all levels of a detector when none are named. Join then gets the maps
	// in the method's own unit: the positive part of each, resized to the picture.
	AllLevels bool
}

// Wrapper is a method that is made of another, such as SESS(LayerCAM).
type Wrapper struct {
	Usual string                               // the method that it is made of if none is named
	Make  func(base Method) (Procedure, error) // returns the procedure if it is made of base
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

// SumMagnitudes returns the sum of a method's terms [batch, h, w], computed from the magnitudes of activations and
// gradient: how large a cell would be if no terms cancelled. ok is false if the method's map is no sum of terms. The
// rounding error of the map is about 2^-24 of this sum. A map that is no larger than a few times that consists of
// rounding errors alone; see Diagnose of package heatmap.
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
