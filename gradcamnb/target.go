package gradcamnb

import (
	"fmt"
	"image"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Target says what is explained, as plain data; the engine holds the graph
// function of the same kind. Make one with one of the functions below.
type Target struct {
	Kind  string `json:"kind"`            // e.g. "class"; the functions below name them all
	Name  string `json:"name,omitempty"`  // of the output or tensor, for the kinds that name one
	Index []int  `json:"index,omitempty"` // rank from 1 (top) or index; one for all pictures, or one a picture
	Value string `json:"value,omitempty"` // attribute: the value by its name, instead of Index

	Masks []heatmap.Grid `json:"masks,omitempty"` // region: weights of the output's pixels; mask: the instance, by pixel of the picture; one for all pictures, or one a picture
	Mean  bool           `json:"mean,omitempty"`  // regions: the mean over the mask instead of the sum
	Point image.Point    `json:"point,omitzero"`  // part: a pixel of the part, in the segmentation's own size

	Threshold float32     `json:"threshold,omitempty"` // tags above: on the probability
	Picture   image.Image `json:"-"`                   // similar: the second picture

	Box  heatmap.Box `json:"box,omitzero"`   // box: in pixels of the original picture
	Edge string      `json:"edge,omitempty"` // of a detection or box: "left", "top", "right" or "bottom" alone; empty means the whole

	function any // of the kind "func", what the engine calls; it lives in this process only
}

// Together tells that Index names several classes of every picture, and not one a picture.
func (t Target) Together() bool {
	return t.Kind == "contrast" || t.Kind == "tags" || t.Kind == "border"
}

// Top is the logit of the rank-th best class of each picture; Top(1) is the
// prediction.
func Top(rank int) Target { return Target{Kind: "top", Index: []int{rank}} }

// Class is the logit of a class: one for all pictures, or one a picture.
func Class(index ...int) Target { return Target{Kind: "class", Index: index} }

// Softmax is the softmax probability of a class: one for all pictures, or one a
// picture. Where the model is sure its gradient vanishes, and Class says more.
func Softmax(index ...int) Target { return Target{Kind: "softmax", Index: index} }

// Binary is what a model with a single logit says for its class 1, the logit, or for its
// class 0, the logit's negative.
func Binary(class ...int) Target { return Target{Kind: "binary", Index: class} }

// Contrast is why one class rather than another: the difference of their logits.
func Contrast(class, rather int) Target {
	return Target{Kind: "contrast", Index: []int{class, rather}}
}

// Finer is what sets a class apart from the three that the model holds for most
// similar, weighted with their probabilities (FinerCAM).
func Finer(class ...int) Target { return Target{Kind: "finer", Index: class} }

// Tag is the logit of one tag of a multi-label model: one for all pictures, or one a
// picture. For one map a tag, give several.
func Tag(index ...int) Target { return Target{Kind: "tag", Index: index} }

// Tags is several tags of a multi-label model together: the sum of their logits.
func Tags(index ...int) Target { return Target{Kind: "tags", Index: index} }

// TagsAbove is every tag whose probability is above a threshold in any of the pictures:
// one map a tag.
func TagsAbove(threshold float32) Target { return Target{Kind: "tags above", Threshold: threshold} }

// Attribute is a value of an attribute head, by the value's name; Output has it by its
// number. The names are the model card's or sidecar's.
func Attribute(head, value string) Target {
	return Target{Kind: "attribute", Name: head, Value: value}
}

// Output is one element of a named output, such as an attribute head.
func Output(name string, index ...int) Target {
	return Target{Kind: "output", Name: name, Index: index}
}

// Element is one element of any tensor of the model, [batch, n], such as the one
// before a final sigmoid.
func Element(tensor string, index ...int) Target {
	return Target{Kind: "tensor", Name: tensor, Index: index}
}

// Region is the logit of a class of a segmentation summed over a mask of its pixels.
// Without a mask it is the region where the class is the prediction.
func Region(class int, mask ...heatmap.Grid) Target {
	return Target{Kind: "region", Index: []int{class}, Masks: mask}
}

// RegionMean is Region with the mean over the mask instead of the sum.
func RegionMean(class int, mask ...heatmap.Grid) Target {
	t := Region(class, mask...)
	t.Mean = true
	return t
}

// Detection is the rank-th surest detection of each picture, from 1.
func Detection(rank int) Target { return Target{Kind: "detection", Index: []int{rank}} }

// Instance is Detection of a model with instance masks: what counts is the overlap of
// masks, not of boxes.
func Instance(rank int) Target { return Target{Kind: "instance", Index: []int{rank}} }

// Box is a box of a class that need not be found: "why is nothing found here?" It is
// given in pixels of the original picture.
func Box(box heatmap.Box, class int) Target {
	return Target{Kind: "box", Box: box, Index: []int{class}}
}

// Mask is [Box] of a model with instance masks: an instance of a class that need not be
// found, drawn as a mask of the original picture's size, 1 for its pixels and 0 for others.
// What counts is the overlap of masks. See [heatmap.MaskOf] and [heatmap.Polygon].
func Mask(mask heatmap.Grid, class int) Target {
	return Target{Kind: "mask", Masks: []heatmap.Grid{mask}, Index: []int{class}}
}

// Side is one side of a detection or box, "left", "top", "right" or "bottom": what
// moves it?
func (t Target) Side(edge string) Target {
	t.Edge = edge
	return t
}

// Part is Region over one connected part of where the class is the prediction: the one
// that holds the pixel (x, y) of the segmentation.
func Part(class, x, y int) Target {
	return Target{Kind: "part", Index: []int{class}, Point: image.Pt(x, y)}
}

// Border is why the border between two predicted regions of a segmentation lies where it
// does: the first class's logit less the second's, summed over the pixels of both that
// touch the other.
func Border(class, other int) Target { return Target{Kind: "border", Index: []int{class, other}} }

// Similar is how alike the model finds the picture and a second one: the cosine of the
// angle between their embeddings, the model's first output; see also [Target.In].
func Similar(second image.Image) Target { return Target{Kind: "similar", Picture: second} }

// In is [Similar] with the embeddings of a named tensor of the model instead of its first
// output.
func (t Target) In(tensor string) Target {
	t.Name = tensor
	return t
}

// Function is a target that an engine computes with a function of the user's own, such as
// engine.Target makes. It can be explained in this process only.
func Function(name string, function any) Target {
	return Target{Kind: "func", Name: name, function: function}
}

// Function is what [Function] was given; nil for a target of another kind, and for one that
// came from another process.
func (t Target) Function() any { return t.function }

// String is the target as the command line writes it, e.g. "class:285".
func (t Target) String() string {
	var index []string
	for _, i := range t.Index {
		index = append(index, strconv.Itoa(i))
	}
	ids := strings.Join(index, ",")
	if t.Edge != "" {
		ids += ":" + t.Edge
	}
	var s string
	switch t.Kind {
	case "top":
		return "top" + ids
	case "box":
		return fmt.Sprintf("box:%g,%g,%g,%g:%s", t.Box[0], t.Box[1], t.Box[2], t.Box[3], ids)
	case "output", "tensor":
		return t.Kind + ":" + t.Name + ":" + ids
	case "attribute":
		return t.Kind + ":" + t.Name + ":" + t.Value
	case "tags above":
		return fmt.Sprintf("tags>%g", t.Threshold)
	case "part":
		s = fmt.Sprintf("part:%s:%d,%d", ids, t.Point.X, t.Point.Y)
	case "similar", "func":
		return strings.TrimSuffix(t.Kind+":"+t.Name, ":")
	default:
		s = t.Kind + ":" + ids
	}
	if t.Mean {
		s += ":mean"
	}
	return s
}
