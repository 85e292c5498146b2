package kind

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Border is the kind of target that explains why the border between two predicted regions of a segmentation lies where
// it does: the first class's logit less the second's, summed over the pixels of both that touch the other.
var Border = Register(Kind{
	Name: "border", Score: "weighted", NamesSeveral: true, Plane: true, Call: "Border",
	Forms: []Form{{"border:CLASS,OTHER[:mean]", "why the border between two predicted regions lies where it does"}},
	Read: func(rest string) (Spec, error) {
		rest, mean := strings.CutSuffix(rest, ":mean")
		s, err := readNamesOrNumbers("border")(rest)
		s.Mean = mean
		return s, err
	},
	Write: func(s Spec) string { return "border:" + s.element() + meanSuffix(s) },
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		r, n, err := lookUp(sc, s, "weighted", Places)
		if err != nil {
			return nil, err
		}
		index, err := r.several(sc, s)
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(checkRange(index, n, r.Tensors[0]), checkTwo(index)); err != nil {
			return nil, err
		}
		if len(r.Shape) != 4 {
			return nil, fmt.Errorf("the output has the shape %v and is no segmentation, [batch, classes, height, width]",
				r.Shape)
		}
		seen, err := predictPixels(sc, r.Tensors[0])
		if err != nil {
			return nil, err
		}
		for _, p := range seen {
			weights, err := p.border(index[0], index[1], r.Shape[1], s.Mean)
			if err != nil {
				return nil, err
			}
			r.Argument = append(r.Argument, weights...)
		}
		r.Index = slices.Repeat([]int32{int32(index[0])}, sc.Batch())
		r.Words, r.Whole = fmt.Sprintf("border of class %s with class %s", r.numberAndLabel(index[0]),
			r.numberAndLabel(index[1])), true
		return []ResolvedTarget{r}, nil
	},
})

// border returns the weights of the scores, [classes, h, w]: at each pixel where the two predicted regions touch, 1 for
// the first class and -1 for the other. For a mean it divides them by the number of these pixels.
func (p segmentation) border(first, other, classes int, mean bool) ([]float32, error) {
	weights := make([]float32, classes*p.h*p.w)
	n := 0
	for k, c := range p.class {
		rival := first + other - c
		if c != first && c != other ||
			!slices.ContainsFunc(p.neighbours(k), func(n int) bool { return p.class[n] == rival }) {
			continue
		}
		weights[first*p.h*p.w+k], weights[other*p.h*p.w+k] = 1, -1
		n++
	}
	if n == 0 {
		return nil, fmt.Errorf("no pixel that is predicted as class %d touches one of class %d; the classes that are predicted are %v", first, other, p.classes())
	}
	if mean {
		for k := range weights {
			weights[k] /= float32(n)
		}
	}
	return weights, nil
}
