// Package heatmap holds the result of an explanation: maps of plain floats in real units, with a description of how
// they were made. A result is data only, so it can be stored, sent to another process and drawn there.
package heatmap

import (
	"encoding/gob"
	"image"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

func init() { gob.Register(&image.NRGBA{}) } // the picture of a Result

// Map is the explanation of one score at one layer by one method.
//
// If the method takes a gradient, the values have the unit of the score: a Grad-CAM value is the sum over channels of
// (score per unit of activation) times activation, so for a logit it is in logits.
type Map struct {
	// Grid is the map at the size [H, W] of the model's input: the positive part of Raw, resized bilinearly and not
	// normalised. If the map was made of random masks, it is the positive part of Raw less the masks' Mean.
	Grid
	// Raw is the signed map before ReLU and resizing, [h, w] of the layer. If the method has no layer, it is [H, W] of
	// the model's input.
	Raw Grid

	// Gross is the largest value that a cell of Raw would have if its terms had no signs and so did not cancel. It is 0 if
	// the method is no sum over channels.
	Gross float32

	StdErr  Grid        // standard error of Raw, of the same size; empty if the method draws no masks
	Sampled *SampledRun // the drawn masks; nil if the method draws none
	Box     Box         // of the detection that is explained, in pixels of the original picture; zero for other targets

	Place     Place   // says what a cell of Raw is a cell of
	Layer     string  // as the model names it; words such as "picture" if the map has no layer
	Method    string  // e.g. "Grad-CAM"
	Target    string  // e.g. "class 285"
	Found     int     // rank of the explained detection among the result's, from 1; 0 if it is none of them
	AskedRank int     // n if the target is the n-th best class, from 1; 0 for other targets
	Note      string  // what was taken for what the user wrote, such as a class for a name; empty if that was exact
	Class     string  // label of the target's class, empty if it has none
	Index     int     // number of the target's class or element; -1 if it has none
	Score     float32 // value of the target for this picture
	ScoreUnit string  // e.g. "logits"
	// Unit is the unit of the values: the score's, "activation" if the method takes no gradient, or "pixels" for a
	// gradient of a box's side.
	Unit string

	// Rank is the place of the explained class among all classes of the output, from 1, and Classes is their number. Both
	// are 0 if the target is no class, or the only number of an output. Probability is that of the class, as in
	// [Prediction]: NaN if the output has no probabilities. It is 0 if the target is no class.
	Rank, Classes int
	Probability   float32 // 0 to 1

	// Head and Top are the name of the explained output and its best values, if it is another output than that of the
	// result's own predictions, such as an attribute head.
	Head string
	Top  []Prediction // the best first

	// KeepsCells is true if the method computes every cell by itself and averages nothing over the layer.
	KeepsCells bool

	Suggested bool // the layer is the one that is explained if none is named
	Warped    bool // a grid of the network's own says where each of the layer's cells was sampled

	// Beside is the title of a layer that the answer reads, too, and that a suggested layer does not see, as if two
	// networks looked at the picture; empty if there is none.
	Beside string

	Diagnosis string // what is wrong with the map, in words; empty if nothing is

	Field *Field // part of the input on which a cell of Raw depends; nil if it is not known

	Metrics map[string]float64 // what was measured of the map, by the metric's name; NaN if it has no value
	// Curves holds the scores of the picture with k of n equal parts shown or hidden, k = 0 to n, under the names
	// "insertion" and "deletion". These two metrics are the areas under the curves. It is nil if neither was measured.
	Curves map[string][]float32
	Lead   *Lead  // how far the best map of a target leads; nil for the others, and if no lead was asked for
	Trust  *Trust // how far the map can be believed; nil if that was not asked
}

// Place says what the cells of a map are cells of.
type Place string

// These are the places.
const (
	AtLayer   Place = "layer"   // cells of a layer
	AtPicture Place = "picture" // pixels of the model's input, explained by a gradient or by several layers together
	AtMasks   Place = "masks"   // pixels of the model's input, explained by hiding them
)

// place returns the map's Place. If that is empty, it goes by the map's layer.
func (m *Map) place() Place {
	switch {
	case m.Place != "":
		return m.Place
	case m.Layer == "":
		return AtMasks
	}
	return AtLayer
}

// SampledRun describes a run of random masks: how they were drawn and what the target scored under each. A run can be
// continued from it.
type SampledRun struct {
	Masks     int       // number in a full run
	Grid      int       // cells along each side of the picture
	P         float64   // probability that a cell is seen
	Seed      uint64    // of the random masks
	Batch     int       // masks in one pass
	Design    string    // how they were drawn and averaged; empty as in the papers
	Weights   []float32 // score of the target under each mask drawn so far
	Mean      float64   // of the weights
	Agreement float64   // rank correlation of the maps of two halves of the masks; NaN before there are two
}

// Prediction is one class that the model finds in the picture.
type Prediction struct {
	Index int     // number of the class
	Label string  // empty if the model has no labels
	Of    string  // what Index counts, such as "tag" or the name of an attribute head; empty means classes
	Score float32 // the model's own output, usually a logit
	// Probability is what the model computes from the score, or else the softmax of the scores. It is NaN if the output
	// has no probabilities, as for a regression. A single number counts as the logit of a binary classifier if there are
	// two labels, or if the target says so; then both classes have the probability of the sigmoid.
	Probability float32
}

// Result holds everything that came out for one picture.
type Result struct {
	Picture image.Image // the original, upright; nil when a tensor was explained
	Frame   imgio.Frame // where the model's input lies in the picture

	// Truth is the box of the object, in pixels of the picture, if the caller knows it. It has no area otherwise. With it
	// a table can say how well a map finds the object.
	Truth Box

	Name string // of the picture, for titles and tables, such as its file's; empty if nobody gave one

	Model  string       // name of the model
	SHA256 string       // of the model's file, hex; empty for a model that has none
	Input  string       // the input that the model was opened with as the picture, model.onnx#name; else empty
	Top    []Prediction // the likeliest classes, the likeliest first
	// Scores holds the model's first output for the picture if that is a list of classes. If the model squashes or ranks
	// scores there, it holds the scores before that.
	Scores []float32
	Known  []float32 // the probabilities that the model computes from Scores; nil if its graph does not say
	Maps   []*Map    // by target, then layer, then method

	// Detections holds all that the detector finds in the picture if a detection is explained. It is nil for other
	// targets.
	Detections []Detection

	// Recipe is the request without the picture, as text for gradcamnb.Again. It is empty if text cannot hold the request.
	Recipe   string
	Backend  string                   // e.g. "xla:cpu"
	Versions map[string]string        // module to version
	Timings  map[string]time.Duration // how long each step took
}
