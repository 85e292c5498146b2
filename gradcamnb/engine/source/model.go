// Package source says where a model comes from: an ONNX file or a GoMLX store
// with its graph function. Both become the same [Model]: something that can list
// its layers and put itself into a graph, handing out the nodes of chosen layers.
package source

import (
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

	// Depth is how far from the picture a variable of the store is used: a number that grows towards the answer, or -1
	// if the model does not use it, or its layers were not listed yet.
	Depth(path string) int

	// Layers lists the layers for an input of the given shape, in the order of
	// execution, and tells which feed the named output or tensor; the empty name
	// means the model's first output.
	Layers(input []int, output string) ([]Layer, error)

	// Build puts the model into the graph of x, the input as it stands. The
	// layers named in cuts become nodes that everything after them reads, and
	// are handed out, as are the tensors named in wants. It panics with a full
	// sentence, as graph-building code does.
	Build(scope *model.Scope, x *Node, cuts, wants []string) BuiltModel
}

// Card is what is known about a model before it runs.
type Card struct {
	NoRelu  bool         // it is known that the model has no ReLU, whose gradient guided backpropagation changes
	Name    string       // of the model, for errors and figures
	SHA256  string       // of the file, hex; empty for a model that has none
	Input   []int        // declared shape of the input, -1 where it is free; batch first
	Lacks   int          // 1 + the axis, of length 1, of Input that the file's own input has not; 0 of most
	Layout  imgio.Layout // empty if nothing tells it, which [Card.CheckLayout] says
	Prep    *imgio.Prep  // nil if nothing says how pictures are prepared
	Labels  []string     // nil if there are none
	Outputs []string     // names; the first one is the model's answer
	File    string       // where it was read from, empty for a model in memory
	Files   []string     // all that it depends on, also those that are not there; when one changes it is another model

	Untrained bool // of a GoMLX model: weights that its store lacks are made up, not refused

	// the input that the model was opened with as the picture, model.onnx#name; empty if nobody had to say
	Picture string
	Inputs  []Input // besides the picture

	Detector *detect.Spec // how detections are read; nil if nothing says
	// the names, types and shapes of the outputs say which are boxes, scores and classes, and Detector was read off
	// them
	Plain bool
	// what the file itself, or its maker's files beside it, say of this, and who wrote it there; empty if nothing is
	// taken from them
	Told string
	Odd  string // what of the file one should know, in words; empty if nothing is odd
	// part of that is known of its maker alone, whose export it is by the names and shapes of its inputs and outputs
	Guessed bool

	HeadLabels map[string][]string // names of the values of an output, by output, for models with several heads
}

// line tells whether the model takes signals, which are pictures of one row.
func (c Card) line() bool {
	_, h, _ := c.Layout.Axes()
	return c.Lacks > 0 && c.Layout != "" && h == c.Lacks-1
}

// BuiltModel is a model within a graph.
type BuiltModel struct {
	Outputs map[string]*Node // by name, the wanted tensors too, in the model's own axis order
	Cuts    []Cut            // in the order of the names asked for
}

// Picture is the name of the cut at the model's input.
const Picture = "\x00picture"

// LayerBuilder is a model that can also be built from one of its layers on. Models from
// ONNX files can, and GoMLX models.
type LayerBuilder interface {
	// BuildFrom puts what comes after a layer into the graph: from the layer's values as
	// a map [batch, h, w, channels]. What goes round the layer, such as the skip of a
	// residual block, is that of the picture x, a batch of one. If the layer is tokens,
	// the ones beside the map are those of clean, the layer's node as a cut hands it out,
	// of a batch of one.
	BuildFrom(scope *model.Scope, x *Node, layer string, grid, clean *Node, wants []string) map[string]*Node
}

// GuidedBuilder is a model that can also be built with another rule at its ReLUs.
type GuidedBuilder interface {
	// BuildGuided is Build without cuts, with gradient(r, g) in place of the gradient g at
	// the output r of every ReLU.
	BuildGuided(scope *model.Scope, x *Node, wants []string, gradient func(r, g *Node) *Node) map[string]*Node
}

// Cut is a layer within a graph.
type Cut struct {
	Node *Node // what gradients are taken with respect to
	// Tokens brings numbers of the tokens that the node's last axis counts, [batch, tokens,
	// channels], to the grid of the patches; nil if it counts none.
	Tokens func(*Node) *Node

	Bias *Node // what the layer adds to every channel, [channels]; nil if it adds nothing

	// Grid brings the node, or its gradient, to [batch, h, w, channels].
	Grid func(*Node) *Node
}

// Layer is one tensor of a model, seen as a place to explain at.
type Layer struct {
	Name           string // tensor name, or node alias
	Path           string // module path of the source network, e.g. "layer4.2.relu"; empty if the file carries none
	Op             string // the operator that makes it, e.g. "Relu"
	Bias           bool   // it adds a bias to every channel
	Shape          []int  // as the model has it, batch first
	Grid           [2]int // [h, w] as a map; zero if the layer has no spatial size
	Channels       int    // as a map
	Feeds          bool   // it feeds the output that was asked about
	WithoutPicture bool   // it does not depend on the picture, but on another input alone
	Suggested      bool   // it is what is explained at if no layer is named
	Level          bool   // it is the last map before a detector's heads, of one of its levels
	Why            string // why it is suggested

	Made  string          // file and line of the graph function that makes it; empty for a file
	Field *onnxnorm.Field // receptive field of its cells; nil if it is not known

	Axes places.Position // where the places of the picture lie in it

	upright bool // a map of it has the picture's aspect

	inputs []string // tensors that it is made of
	answer bool     // it is the output itself but for operators that learn nothing: class scores before the last resize

	paths []string // every module that this is the last tensor of
}

// Size returns the height and width of the pictures that the model takes; ok is false if either is free or not known.
func (c Card) Size() (height, width int, ok bool) {
	if len(c.Input) != 4 {
		return 0, 0, false
	}
	size := c.Layout.Size(c.Input)
	return size[0], size[1], size[0] > 0 && size[1] > 0
}

// Spatial tells whether a map can be drawn at the layer.
func (l Layer) Spatial() bool { return l.Grid[0] > 0 }

// Title returns the module path, if there is one, and the tensor's name.
func (l Layer) Title() string {
	if l.Path == "" || l.Path == l.Name {
		return l.Name
	}
	return l.Path + " (" + l.Name + ")"
}
