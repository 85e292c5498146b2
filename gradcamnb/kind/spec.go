package kind

import (
	"image"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Spec is a target as plain data. The kind decides what the fields mean. Fields that it does not use are empty.
type Spec struct {
	Kind  string `json:"kind"`            // e.g. "class"
	Name  string `json:"name,omitempty"`  // of the output or tensor, for the kinds that name one
	Index []int  `json:"index,omitempty"` // rank from 1 (top) or index; one for all pictures, or one for each picture
	// the class or value by its name, instead of Index; kinds that name several classes read commas between the names
	Value string `json:"value,omitempty"`
	// several classes by their labels, each by itself, instead of Index, for the kinds that name several
	Values []string `json:"values,omitempty"`

	// region: weights of the output's pixels; mask: the instance, by pixel of the picture; one for all pictures, or one a
	// picture
	Masks []heatmap.Grid `json:"masks,omitempty"`
	Mean  bool           `json:"mean,omitempty"` // regions: the mean over the mask instead of the sum
	Point image.Point    `json:"point,omitzero"` // part: a pixel of the part, in the segmentation's own size

	Threshold float32     `json:"threshold,omitempty"` // tags above: on the probability
	Picture   image.Image `json:"-"`                   // similar: the second picture

	Box heatmap.Box `json:"box,omitzero"` // box: in pixels of the original picture
	// of a detection or box: "left", "top", "right" or "bottom" alone; empty means the whole
	Edge string `json:"edge,omitempty"`

	function any // func: what the engine calls; it lives in this process only
}

// element returns the target's element as text: its name, or its indices.
func (s Spec) element() string {
	if s.Value != "" {
		return s.Value
	}
	index := slices.Clone(s.Values)
	for _, i := range s.Index {
		index = append(index, strconv.Itoa(i))
	}
	return strings.Join(index, ",")
}

// readIndices reads whole numbers with commas between them.
func readIndices(list string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		switch {
		case strings.TrimSpace(part) == "":
			return nil, textErrorf("a number is missing in %q", list)
		case err != nil:
			return nil, textErrorf("%q is no number", part)
		}
		out = append(out, n)
	}
	return out, nil
}

// readOnlyIndices is like [readIndices], for targets that take no names, and says so of a name.
func readOnlyIndices(list string) ([]int, error) {
	out, err := readIndices(list)
	if err != nil && strings.ContainsFunc(list, unicode.IsLetter) {
		err = textErrorf("%w, and this target takes no names", err)
	}
	return out, err
}

// readNumbers returns a [Kind.Read] for kinds whose text is only numbers.
func readNumbers(name string) func(string) (Spec, error) {
	return func(rest string) (Spec, error) {
		index, err := readOnlyIndices(rest)
		return Spec{Kind: name, Index: index}, err
	}
}

// readNamesOrNumbers returns a [Kind.Read] for kinds whose text is numbers or the name of a class. If the kind names
// several classes, there may be several names, with commas between them.
func readNamesOrNumbers(name string) func(string) (Spec, error) {
	return func(rest string) (Spec, error) {
		index, err := readIndices(rest)
		if err == nil {
			return Spec{Kind: name, Index: index}, nil
		}
		if rest = strings.TrimSpace(rest); strings.Trim(rest, "0123456789,.-+ ") == "" { // numbers gone wrong
			return Spec{}, err
		}
		return Spec{Kind: name, Value: rest}, nil
	}
}

// setIndex is the [Kind.WithIndex] of kinds with one class or rank.
func setIndex(s Spec, index int) Spec {
	s.Index, s.Value = []int{index}, ""
	return s
}

// outputElements is the [Kind.Elements] of kinds that are about one output.
func outputElements(s Spec, m Outputs) []string { return m.Labels(s.Name) }
