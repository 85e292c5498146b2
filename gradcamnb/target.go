package gradcamnb

import (
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// ParseTarget reads a target as the command line writes it, e.g. "class:285", "class:tiger cat" or "top1". The target's
// String writes it back. If the text names a file, ParseTarget reads it.
func ParseTarget(text string) (Target, error) { return ask.ParseTarget(text) }

func target(s kind.Spec) Target { return Target{Spec: s} }

// Top explains the logit of the rank-th best class of each picture. Top(1) explains the prediction.
func Top(rank int) Target { return target(kind.Spec{Kind: "top", Index: []int{rank}}) }

// Class explains the logit of a class. Give one class for all pictures, or one for each. See also [Label].
func Class(index ...int) Target { return target(kind.Spec{Kind: "class", Index: index}) }

// Label explains the logit of the class with that label, such as "tiger cat". If no label is exactly the name, Label
// takes one that holds it as whole words, else one that holds it anywhere. If there are several, it takes the one that
// the model finds likeliest in the picture. The maps' Note says what was taken. If there is none, the error names the
// nearest labels.
func Label(name string) Target { return target(kind.Spec{Kind: "class", Value: name}) }

// Softmax explains the softmax probability of a class. Give one class for all pictures, or one for each. If the model
// is sure, the gradient vanishes; use Class then.
func Softmax(index ...int) Target { return target(kind.Spec{Kind: "softmax", Index: index}) }

// Binary explains a model with a single logit: class 1 is the logit, class 0 its negative.
func Binary(class ...int) Target { return target(kind.Spec{Kind: "binary", Index: class}) }

// Contrast explains why the model prefers one class to another: the difference of their logits.
func Contrast(class, rather int) Target {
	return target(kind.Spec{Kind: "contrast", Index: []int{class, rather}})
}

// ContrastLabels is like [Contrast], for classes by their labels, such as "tabby" and "tiger cat". A label is looked up
// as [Label] does, also one of digits.
func ContrastLabels(class, rather string) Target {
	return target(kind.Spec{Kind: "contrast", Values: []string{class, rather}})
}

// Finer explains what sets a class apart from the three that the model finds most similar to it, weighted with their
// probabilities (FinerCAM).
func Finer(class ...int) Target { return target(kind.Spec{Kind: "finer", Index: class}) }

// Tag explains the logit of one tag of a multi-label model. Give one index for all pictures, or one for each. To get
// maps of several tags, give several targets.
func Tag(index ...int) Target { return target(kind.Spec{Kind: "tag", Index: index}) }

// Tags explains several tags of a multi-label model together: the sum of their logits.
func Tags(index ...int) Target { return target(kind.Spec{Kind: "tags", Index: index}) }

// TagsAbove explains every tag whose probability is above a threshold in any of the pictures, with one map for each
// tag.
func TagsAbove(threshold float32) Target {
	return target(kind.Spec{Kind: "tags above", Threshold: threshold})
}

// Attribute explains a value of an attribute head by the value's name. The model's card or sidecar gives the names.
// [Output] takes the value's number instead.
func Attribute(head, value string) Target {
	return target(kind.Spec{Kind: "attribute", Name: head, Value: value})
}

// Output explains one element of a named output, such as an attribute head.
func Output(name string, index ...int) Target {
	return target(kind.Spec{Kind: "output", Name: name, Index: index})
}

// Element explains one element of any tensor of the model, [batch, n], such as the one before a final sigmoid.
func Element(tensor string, index ...int) Target {
	return target(kind.Spec{Kind: "tensor", Name: tensor, Index: index})
}

// Region explains the logit of a class of a segmentation, summed over a mask of its pixels. Without a mask it is summed
// over the region where the class is the prediction.
func Region(class int, mask ...heatmap.Grid) Target {
	return target(kind.Spec{Kind: "region", Index: []int{class}, Masks: mask})
}

// RegionMean is like Region, but takes the mean over the mask instead of the sum.
func RegionMean(class int, mask ...heatmap.Grid) Target {
	t := Region(class, mask...)
	t.Mean = true
	return t
}

// Detection explains the rank-th surest detection of each picture, counted from 1.
func Detection(rank int) Target { return target(kind.Spec{Kind: "detection", Index: []int{rank}}) }

// Detections explains the surest detections of a picture, at most so many, with one map for each; 0 means all. Methods
// that hide parts of the picture use the same masks for all of them. If the model has instance masks, the methods
// compare these instead of boxes.
func Detections(most int) Target {
	if most == 0 {
		return target(kind.Spec{Kind: "detections"})
	}
	return target(kind.Spec{Kind: "detections", Index: []int{most}})
}

// Sides explains the rank-th surest detection of each picture, counted from 1, and each of its four sides, with one map
// each, as ODAM does. One more map joins all five, each divided by its highest value.
func Sides(rank int) Target { return target(kind.Spec{Kind: "sides", Index: []int{rank}}) }

// Instance is like Detection, for a model with instance masks: the overlap of masks counts, not of boxes.
func Instance(rank int) Target { return target(kind.Spec{Kind: "instance", Index: []int{rank}}) }

// Box explains a box of a class, in pixels of the original picture. The detector need not have found it, so Box also
// answers the question "why is nothing found here?"
func Box(box heatmap.Box, class int) Target {
	return target(kind.Spec{Kind: "box", Box: box, Index: []int{class}})
}

// Mask is like [Box], for a model with instance masks. It explains an instance of a class that the detector need not
// have found. The mask has the original picture's size, 1 for the instance's pixels and 0 for others. The overlap of
// masks counts. See [heatmap.MaskOf] and [heatmap.Polygon].
func Mask(mask heatmap.Grid, class int) Target {
	return target(kind.Spec{Kind: "mask", Masks: []heatmap.Grid{mask}, Index: []int{class}})
}

// Part is like Region over one connected part of the region where the class is the prediction: the part that holds the
// pixel (x, y) of the segmentation.
func Part(class, x, y int) Target {
	return target(kind.Spec{Kind: "part", Index: []int{class}, Point: image.Pt(x, y)})
}

// Border explains why the border between two predicted regions of a segmentation lies where it does: the first class's
// logit less the second's, summed over the pixels of both that touch the other.
func Border(class, other int) Target {
	return target(kind.Spec{Kind: "border", Index: []int{class, other}})
}

// Similar explains how alike the model finds the picture and a second one: the cosine of the angle between their
// embeddings, the model's first output. See also [Target.In].
func Similar(second image.Image) Target { return target(kind.Spec{Kind: "similar", Picture: second}) }
