// Package heatmap holds the result of an explanation: maps of plain floats in
// real units, with everything that made them. It is data only, so a result can
// be stored, sent to another process and drawn there.
package heatmap

import (
	"encoding/gob"
	"image"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

func init() { gob.Register(&image.NRGBA{}) } // the picture of a Result

// Map is one explanation of one score at one layer by one method.
//
// The unit of the values is that of the score if the method takes a gradient: a Grad-CAM value is the sum over channels
// of (score per unit of activation) times activation, so for a logit target it is measured in logits.
type Map struct {
	// [H, W] of the model's input: the positive part of Raw, resized bilinearly; not normalised. Of RISE: of Raw less its
	// Mean
	Grid
	// [h, w] of the layer, signed: before ReLU and resizing. Of methods without a layer: [H, W] of the model's input
	Raw Grid

	// Gross is the largest value that a cell of Raw would have if nothing in it cancelled: the
	// sum with the magnitudes of its terms. 0 where the method is no sum over channels.
	Gross float32

	StdErr  Grid        // standard error of Raw, like it in size; empty if the method draws nothing by chance
	Sampled *SampledRun // the draw, for methods that draw; nil for others
	Box     Box         // of the detection that is explained, in pixels of the original picture; zero for other targets

	Place     Place   // what the cells of Raw are of
	Layer     string  // as the model names it; in words if the map is of the picture
	Method    string  // e.g. "Grad-CAM"
	Target    string  // e.g. "class 285"
	AskedRank int     // of "the n-th best class", from 1; 0 if a target was named
	Note      string  // what was taken for what the user wrote, such as a class for a name; empty if that was exact
	Class     string  // label of the target's class, empty if it has none
	Index     int     // class or element the target resolved to; -1 where it has none
	Score     float32 // value of the target for this picture
	ScoreUnit string  // e.g. "logits"
	// of the values: the score's; "activation" if the method takes no gradient; "pixels" of a gradient of a box's side
	Unit string

	// Rank is the place of the explained class among all that the output knows, from 1, and Classes is how many those
	// are; 0 if the target is none of them. Probability is the class's own, NaN if the model gives none.
	Rank, Classes int
	Probability   float32 // 0 to 1

	// Head and Top are the output that is explained, by name, and its best values, if that is not the output that the
	// result's own predictions are read from: an attribute head beside the classes.
	Head string
	Top  []Prediction // the best first

	// KeepsCells tells that the method looks at every cell by itself, and averages nothing over the layer.
	KeepsCells bool

	Suggested bool // the layer is the one that is taken if none is named

	Diagnosis string // what is wrong with the map, in words; empty when nothing is

	Field *Field // what of the input a cell of Raw depends on; nil if it is not known

	Metrics map[string]float64 // what was measured of the map, by the metric's name; NaN if it has no value
	// Curves are the scores of which insertion and deletion, which name them, are the areas: of the picture, of which k of
	// n equal parts are shown or hidden, k = 0..n; nil if neither was measured.
	Curves map[string][]float32
	Trust  *Trust // how far the map can be believed; nil if nobody asked
}

// Place is what the cells of a map are of.
type Place string

// The places.
const (
	AtLayer   Place = "layer"   // cells of a layer
	AtPicture Place = "picture" // pixels of the model's input, by a gradient or by layers taken together
	AtMasks   Place = "masks"   // pixels of the model's input, by hiding them
)

// place is Place, or for a map that does not say it what its layer says.
func (m *Map) place() Place {
	switch {
	case m.Place != "":
		return m.Place
	case m.Layer == "":
		return AtMasks
	}
	return AtLayer
}

// SampledRun is a run of random masks: which masks they were and what the target scored under each. A run can be
// continued from it.
type SampledRun struct {
	Masks     int       // in a full run
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
	Score float32 // the model's own output, usually a logit
	// that the model makes of the score, else the softmax of the scores; NaN if it is none, as for a regression
	Probability float32
}

// Result is everything that came out for one picture.
type Result struct {
	Picture image.Image // the original, upright; nil when a tensor was explained
	Frame   imgio.Frame // where the model's input lies in the picture

	// Truth is where the object is, in pixels of the picture, if the caller knows
	// it (no area where not); what shows the result can say how well a map finds it.
	Truth Box

	Name string // of the picture, for titles and tables, such as its file's; empty if nobody gave one

	Model  string       // name of the model
	SHA256 string       // of the model's file, hex; empty for a model that has none
	Input  string       // of the model, that was said to be the picture, model.onnx#name; empty if nobody had to say
	Top    []Prediction // the likeliest classes, the likeliest first
	// the model's first output for the picture, or the scores that it squashes or ranks there, if that is a list of
	// classes
	Scores []float32
	Known  []float32 // the probabilities that the model makes of Scores; nil if its graph does not say
	Maps   []*Map    // by target, then layer, then method

	// all that the detector finds in the picture, if one of them is explained; nil for other targets
	Detections []Detection

	// what was asked, all but the picture, as text that can be asked again; empty if that cannot say it
	Recipe   string
	Backend  string                   // e.g. "xla:cpu"
	Versions map[string]string        // module to version
	Timings  map[string]time.Duration // how long each step took
}
