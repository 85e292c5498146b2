package gradcamnb

import (
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Target says what is explained, as plain data; the engine holds the graph
// function of the same kind. Make one with [Top], [Class], [Softmax], [Output],
// [Element] or [Region].
type Target struct {
	Kind  string // "top", "class", "softmax", "output", "tensor" or "region"
	Name  string // of the output or tensor, for the kinds that name one
	Index []int  // rank from 1 (top) or index; one for all pictures, or one a picture

	Masks []heatmap.Grid // region: weights of the output's pixels; one for all pictures, or one a picture
	Mean  bool           // region: the mean over the mask instead of the sum
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

// String is the target as the command line writes it, e.g. "class:285".
func (t Target) String() string {
	var index []string
	for _, i := range t.Index {
		index = append(index, strconv.Itoa(i))
	}
	ids := strings.Join(index, ",")
	switch t.Kind {
	case "top":
		return "top" + ids
	case "output", "tensor":
		return t.Kind + ":" + t.Name + ":" + ids
	case "region":
		if t.Mean {
			return "region:" + ids + ":mean"
		}
	}
	return t.Kind + ":" + ids
}
