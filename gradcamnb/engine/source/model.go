// Package source opens models: an ONNX file, or a GoMLX store with its graph function. Both become a [Model], which
// lists its layers and puts itself into a graph, where it hands out the nodes of chosen layers.
package source

import (
	"context"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/detect"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Model is a model that can be explained.
type Model interface {
	Card() Card

	// Store holds the model's variables.
	Store() *model.Store

	// Depth returns how far from the picture a variable of the store is used, as a number that grows towards the
	// answer. It is -1 if the model does not use the variable, or if its layers have not been listed yet.
	Depth(path string) int

	// Layers lists the layers for an input of the given shape, in the order of execution, and marks those that feed the
	// named output or tensor. An empty name means the model's first output. Listing stops when ctx ends.
	Layers(ctx context.Context, input []int, output string) ([]Layer, error)

	// Build puts the model into the graph of the input x. The layers named in cuts become nodes that everything after
	// them reads. Build returns these nodes, and the tensors named in wants. It panics with a full sentence, as all
	// code that builds graphs does.
	Build(scope *model.Scope, x *Node, cuts, wants []string) BuiltModel
}

// Card is what is known about a model before it runs.
type Card struct {
	NoRelu    bool   // the model has no ReLU, so guided backpropagation would change nothing
	Name      string // name of the model, for errors and figures
	SHA256    string // of the file, in hex; empty if the model has no file
	Input     []int  // declared shape of the input, batch first; -1 if a dimension is free
	AddedAxis int    // 1 + the axis of Input, of length 1, that the file's own input does not have; 0 if it has all
	// Slices is how many slices a model of volumes [batch, channels, slices, height, width] takes; 0 if it takes pictures.
	// The rows of Input are those of all slices, one below another, as they lie in the file's own input.
	Slices  int
	Type    string       // of the numbers of the file's own input, as in "uint8"; empty if the model has no file
	Layout  imgio.Layout // empty if nothing tells it; see [Card.CheckLayout]
	Prep    *imgio.Prep  // nil if nothing says how pictures are prepared
	Labels  []string     // nil if there are none
	Outputs []string     // names of the outputs; the first one is the model's answer
	File    string       // file that the model was read from; empty for a model in memory
	OnHub   bool         // File was fetched from the Hugging Face hub; no sidecar is read beside it
	Files   []string     // all files that the model depends on, also missing ones; if one changes, it is another model

	Untrained bool // for a GoMLX model: weights that its store lacks are made up, not refused

	// the input that the user chose as the picture, model.onnx#name; empty if there was no need to choose
	Picture string
	Inputs  []Input // inputs besides the picture

	Detector *detect.Spec // how detections are read; nil if nothing says so
	// Detector was named by the file or by one beside it that is no sidecar, or found by the names, types and shapes of
	// the outputs, which tell boxes, scores and classes apart
	DetectorTold bool
	// what was taken from the words of the model's maker, in the file or in its folder, and who wrote them; empty if
	// nothing was
	MakerNote string
	Warning   string // something odd about the file that one should know; empty if nothing is

	HeadLabels map[string][]string // for models with several heads: for each output, the names of its values
}

// form returns what the model looks at.
func (c Card) form() places.Form {
	_, h, _ := c.Layout.Axes()
	switch {
	case c.Slices > 0:
		return places.Volumes
	case c.AddedAxis > 0 && c.Layout != "" && h == c.AddedAxis-1:
		return places.Signals
	}
	return places.Pictures
}

// OwnShape returns the shape of the file's own input, with -1 for a free axis. It is Input without the axis that was
// added, and with the slices of a volume on an axis of their own.
func (c Card) OwnShape() []int {
	_, h, _ := c.Layout.Axes()
	switch own := slices.Clone(c.Input); {
	case c.Slices > 0:
		if own[h] > 0 {
			own[h] /= c.Slices
		}
		return slices.Insert(own, h, c.Slices)
	case c.AddedAxis > 0:
		return slices.Delete(own, c.AddedAxis-1, c.AddedAxis)
	}
	return c.Input
}

// BuiltModel is a model in a graph.
type BuiltModel struct {
	Outputs map[string]*Node // by name, with the wanted tensors, in the model's own axis order
	Cuts    []Cut            // in the order of the names in cuts
}

// Picture is the name of the cut at the model's input.
const Picture = "\x00picture"

// LayerBuilder is a model that can also be built from one of its layers on. Models of ONNX files and GoMLX models can.
type LayerBuilder interface {
	// BuildFrom puts what comes after a layer into the graph. What goes around the layer, such as the skip of a residual
	// block, is computed from the picture x, a batch of one.
	BuildFrom(scope *model.Scope, x *Node, from Start, wants []string) map[string]*Node
}

// Start is a layer with the values from which a model is built on.
type Start struct {
	Layer string // its name
	Grid  *Node  // its values as a map [batch, h, w, channels]
	Clean *Node  // its node of a cut for a batch of one, which has the tokens that are no cells, if it is tokens
}

// RuledBuilder is a model that can also be built with other rules than gradients. Models from ONNX files and GoMLX
// models can.
type RuledBuilder interface {
	// BuildGuided is Build without cuts, with gradient(r, g) in place of the gradient g at the output r of every ReLU.
	BuildGuided(scope *model.Scope, x *Node, wants []string, gradient func(r, g *Node) *Node) map[string]*Node

	// BuildRelevant is Build without cuts, with gradients that make relevance of the values that they are times; see
	// package walk's Relevant. It panics if an operator has no rule.
	BuildRelevant(scope *model.Scope, x *Node, wants []string) map[string]*Node
}

// Cut is a layer in a graph.
type Cut struct {
	Node *Node // the node that gradients are taken with respect to
	// Tokens turns the last axis of the node, if it counts tokens, [batch, tokens, channels], into the grid of the
	// patches; nil if that axis counts no tokens.
	Tokens func(*Node) *Node

	Bias *Node // what the layer adds to every channel, [channels]; nil if it adds nothing

	// Grid turns the node, or its gradient, into [batch, h, w, channels].
	Grid func(*Node) *Node
}

// Layer is a tensor of a model, seen as a place to explain at.
type Layer struct {
	Name           string // tensor name, or node alias
	Path           string // module path of the source network, e.g. "layer4.2.relu"; empty if the file carries none
	Op             string // the operator that computes it, e.g. "Relu"
	Bias           bool   // it adds a bias to every channel
	Shape          []int  // as the model has it, batch first
	Grid           [2]int // [h, w] of its map, of a volume h of all slices together; zero if the layer has no spatial size
	Slices         int    // slices of its map of a volume; 0 of a picture
	Channels       int    // channels of its map
	Feeds          bool   // it feeds the output that was asked for
	WithoutPicture bool   // it does not depend on the picture, but only on another input
	Suggested      bool   // it is explained at if no layer is named
	Level          bool   // it is the last map before a detector's heads, at one of the detector's levels
	Why            string // why it is suggested
	Beside         string // title of a map that the answer reads, too, and that a suggested layer does not see; or empty

	Made  string          // file and line of the graph function that compute it; empty for a file
	Scope string          // scope of the weights that the graph function read last before it; empty for a file
	Field *onnxnorm.Field // receptive field of its cells; nil if unknown

	Axes places.Position // which of its axes hold the places of the picture

	upright bool // its map has the picture's aspect ratio
	lost    int  // values along the longest axis that counts what cannot be followed

	inputs []string // tensors that it reads
	answer bool     // nothing learned lies between it and the output: class scores before the last resize

	paths []string // every module whose last tensor it is
}

// Size returns the height and width of the pictures that the model takes; ok is false if either is free or not known.
func (c Card) Size() (height, width int, ok bool) {
	if len(c.Input) != 4 {
		return 0, 0, false
	}
	size := plane(c.Layout.Size(c.Input), c.Slices)
	return size[0], size[1], size[0] > 0 && size[1] > 0
}

// Spatial tells whether a map can be drawn at the layer.
func (l Layer) Spatial() bool { return l.Grid[0] > 0 }

// size returns the number of cells along each axis in words, slices first.
func (l Layer) size() string {
	one := plane(l.Grid, l.Slices)
	if l.Slices > 0 {
		return fmt.Sprintf("%d x %d x %d", l.Slices, one[0], one[1])
	}
	return fmt.Sprintf("%d x %d", one[0], one[1])
}

// Title returns the module path, if there is one, and the tensor's name.
func (l Layer) Title() string {
	if l.Path == "" || l.Path == l.Name {
		return l.Name
	}
	return l.Path + " (" + l.Name + ")"
}
