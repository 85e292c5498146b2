package gradcamnb

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Target says what is explained, as plain data; the engine holds the graph
// function of the same kind. Make one with [Top], [Class], [Softmax], [Output],
// [Element] or [Region]; of detectors with [Detection], [Instance] or [Box].
type Target struct {
	Kind  string // "top", "class", "softmax", "output", "tensor", "region", "detection", "instance" or "box"
	Name  string // of the output or tensor, for the kinds that name one
	Index []int  // rank from 1 (top) or index; one for all pictures, or one a picture

	Masks []heatmap.Grid // region: weights of the output's pixels; one for all pictures, or one a picture
	Mean  bool           // region: the mean over the mask instead of the sum

	Box  heatmap.Box // box: in pixels of the original picture
	Edge string      // of a detection or box: "left", "top", "right" or "bottom" alone; empty means the whole
}

// Top is the logit of the rank-th best class of each picture; Top(1) is the
// prediction.
func Top(rank int) Target { return Target{Kind: "top", Index: []int{rank}} }

// Class is the logit of a class: one for all pictures, or one a picture.
func Class(index ...int) Target { return Target{Kind: "class", Index: index} }

// Softmax is the softmax probability of a class: one for all pictures, or one a
// picture. Where the model is sure its gradient vanishes, and Class says more.
func Softmax(index ...int) Target { return Target{Kind: "softmax", Index: index} }

// Output is one element of a named output, such as an attribute head.
func Output(name string, index ...int) Target {
	return Target{Kind: "output", Name: name, Index: index}
}

// Element is one element of any tensor of the model, [batch, n], such as the one
// before a final sigmoid.
func Element(tensor string, index ...int) Target {
	return Target{Kind: "tensor", Name: tensor, Index: index}
}

// Region is the logit of a class summed over a mask of the segmentation's pixels.
func Region(class int, mask heatmap.Grid) Target {
	return Target{Kind: "region", Index: []int{class}, Masks: []heatmap.Grid{mask}}
}

// RegionMean is Region with the mean over the mask instead of the sum.
func RegionMean(class int, mask heatmap.Grid) Target {
	t := Region(class, mask)
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

// Side is one side of a detection or box, "left", "top", "right" or "bottom": what
// moves it?
func (t Target) Side(edge string) Target {
	t.Edge = edge
	return t
}

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
	switch t.Kind {
	case "top":
		return "top" + ids
	case "box":
		return fmt.Sprintf("box:%g,%g,%g,%g:%s", t.Box[0], t.Box[1], t.Box[2], t.Box[3], ids)
	case "output", "tensor":
		return t.Kind + ":" + t.Name + ":" + ids
	case "region":
		if t.Mean {
			return "region:" + ids + ":mean"
		}
	}
	return t.Kind + ":" + ids
}
