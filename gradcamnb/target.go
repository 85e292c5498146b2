package gradcamnb

import (
	"image"

	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
)

// ParseTarget reads a target as the command line writes it, e.g. "class:285", "class:tiger cat" or
// "top1"; its String writes it back. Some texts name files, which are read.
func ParseTarget(text string) (Target, error) { return ask.ParseTarget(text) }

func target(s kind.Spec) Target { return Target{Spec: s} }

// Top is the logit of the rank-th best class of each picture; Top(1) is the
// prediction.
func Top(rank int) Target { return target(kind.Spec{Kind: "top", Index: []int{rank}}) }

// Class is the logit of a class: one for all pictures, or one for each. See also [Label].
func Class(index ...int) Target { return target(kind.Spec{Kind: "class", Index: index}) }

// Label is the logit of the class with that label, such as "tiger cat". If no label is exactly so,
// one that holds the name as whole words is taken, and of several the one that the model finds
// likeliest in the picture; Note of the maps says what was taken. If there is none, the error names
// the nearest labels.
func Label(name string) Target { return target(kind.Spec{Kind: "class", Value: name}) }

// Softmax is the softmax probability of a class: one for all pictures, or one for each. If the model is sure, the
// gradient vanishes; use Class then.
func Softmax(index ...int) Target { return target(kind.Spec{Kind: "softmax", Index: index}) }

// Binary explains a model with a single logit: class 1 is the logit, class 0 its negative.
func Binary(class ...int) Target { return target(kind.Spec{Kind: "binary", Index: class}) }

// Contrast explains why the model prefers one class to another: the difference of their logits.
func Contrast(class, rather int) Target {
	return target(kind.Spec{Kind: "contrast", Index: []int{class, rather}})
}

// Finer is what sets a class apart from the three that the model holds for most
// similar, weighted with their probabilities (FinerCAM).
func Finer(class ...int) Target { return target(kind.Spec{Kind: "finer", Index: class}) }

// Tag is the logit of one tag of a multi-label model: one for all pictures, or one a
// picture. For one map a tag, give several.
func Tag(index ...int) Target { return target(kind.Spec{Kind: "tag", Index: index}) }

// Tags is several tags of a multi-label model together: the sum of their logits.
func Tags(index ...int) Target { return target(kind.Spec{Kind: "tags", Index: index}) }

// TagsAbove is every tag whose probability is above a threshold in any of the pictures:
// one map a tag.
func TagsAbove(threshold float32) Target {
	return target(kind.Spec{Kind: "tags above", Threshold: threshold})
}

// Attribute is a value of an attribute head, by the value's name; Output has it by its
// number. The names are the model card's or sidecar's.
func Attribute(head, value string) Target {
	return target(kind.Spec{Kind: "attribute", Name: head, Value: value})
}

// Output is one element of a named output, such as an attribute head.
func Output(name string, index ...int) Target {
	return target(kind.Spec{Kind: "output", Name: name, Index: index})
}

// Element is one element of any tensor of the model, [batch, n], such as the one
// before a final sigmoid.
func Element(tensor string, index ...int) Target {
	return target(kind.Spec{Kind: "tensor", Name: tensor, Index: index})
}

// Region is the logit of a class of a segmentation summed over a mask of its pixels.
// Without a mask it is the region where the class is the prediction.
func Region(class int, mask ...heatmap.Grid) Target {
	return target(kind.Spec{Kind: "region", Index: []int{class}, Masks: mask})
}

// RegionMean is Region with the mean over the mask instead of the sum.
func RegionMean(class int, mask ...heatmap.Grid) Target {
	t := Region(class, mask...)
	t.Mean = true
	return t
}

// Detection is the rank-th surest detection of each picture, from 1.
func Detection(rank int) Target { return target(kind.Spec{Kind: "detection", Index: []int{rank}}) }

// Detections is every detection of a picture, the surest first and at most so many, one map each; 0 is all. Methods
// that hide parts of the picture hide the same ones for all. If the model has instance masks, masks are compared
// instead of boxes.
func Detections(most int) Target {
	if most == 0 {
		return target(kind.Spec{Kind: "detections"})
	}
	return target(kind.Spec{Kind: "detections", Index: []int{most}})
}

// Instance is Detection of a model with instance masks: what counts is the overlap of
// masks, not of boxes.
func Instance(rank int) Target { return target(kind.Spec{Kind: "instance", Index: []int{rank}}) }

// Box is a box of a class, in pixels of the original picture. The detector need not have found it: "why is nothing
// found here?"
func Box(box heatmap.Box, class int) Target {
	return target(kind.Spec{Kind: "box", Box: box, Index: []int{class}})
}

// Mask is [Box] of a model with instance masks: an instance of a class that need not be
// found, drawn as a mask of the original picture's size, 1 for its pixels and 0 for others.
// What counts is the overlap of masks. See [heatmap.MaskOf] and [heatmap.Polygon].
func Mask(mask heatmap.Grid, class int) Target {
	return target(kind.Spec{Kind: "mask", Masks: []heatmap.Grid{mask}, Index: []int{class}})
}

// Part is Region over one connected part of where the class is the prediction: the one
// that holds the pixel (x, y) of the segmentation.
func Part(class, x, y int) Target {
	return target(kind.Spec{Kind: "part", Index: []int{class}, Point: image.Pt(x, y)})
}

// Border explains why the border between two predicted regions of a segmentation lies where it does: the first class's
// logit less the second's, summed over the pixels of both that touch the other.
func Border(class, other int) Target {
	return target(kind.Spec{Kind: "border", Index: []int{class, other}})
}

// Similar is how alike the model finds the picture and a second one: the cosine of the
// angle between their embeddings, the model's first output; see also [Target.In].
func Similar(second image.Image) Target { return target(kind.Spec{Kind: "similar", Picture: second}) }
