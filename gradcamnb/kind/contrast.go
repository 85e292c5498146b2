package kind

import (
	"fmt"
	"slices"
)

// Contrast is the kind of target that explains why the model prefers one class to another: the difference of their
// logits.
var Contrast = Register(Kind{
	Name: "contrast", Score: "weighted", NamesSeveral: true, Call: "Contrast", CallByName: "ContrastLabels",
	Forms: []Form{{"contrast:285,282", "why class 285 rather than class 282; also by name, contrast:tabby,tiger cat"}},
	Read:  readNamesOrNumbers("contrast"),
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		return wrapOne(weigh(sc, s, func(r ResolvedTarget, index []int) (map[int]float32, string, error) {
			err := checkTwo(index)
			if err != nil {
				return nil, "", err
			}
			return map[int]float32{index[0]: 1, index[1]: -1},
				fmt.Sprintf("class %s rather than class %s", r.numberAndLabel(index[0]), r.numberAndLabel(index[1])), nil
		}))
	},
})

// checkTwo checks that a target compares two classes.
func checkTwo(index []int) error {
	if len(index) != 2 {
		return fmt.Errorf("it compares two classes, and names %d: name two, with a comma between them", len(index))
	}
	if index[0] == index[1] {
		return fmt.Errorf("it compares class %d with itself, which is zero for every picture", index[0])
	}
	return nil
}

// weigh looks up a target that is a weighted sum of an output's classes. sum returns the weights of the named classes,
// and words for the sum.
func weigh(sc Scene, s Spec, sum func(r ResolvedTarget, index []int) (map[int]float32, string, error)) (
	ResolvedTarget, error) {
	r, n, err := lookUp(sc, s, "weighted", Classes)
	if err != nil {
		return r, err
	}
	index, err := r.several(sc, s)
	if err != nil {
		return r, err
	}
	weights, words, err := sum(r, index)
	if err != nil {
		return r, err
	}
	if err := checkRange(index, n, r.Tensors[0]); err != nil {
		return r, err
	}
	if len(r.Shape) != 2 {
		return r, fmt.Errorf("the output has the shape %v and is no list of classes, [batch, classes]; for a segmentation explain a region or a border", r.Shape)
	}
	row := make([]float32, r.Shape[1])
	for i, w := range weights {
		row[i] = w
	}
	r.Index = slices.Repeat([]int32{int32(index[0])}, sc.Batch())
	r.Argument = slices.Repeat(row, sc.Batch())
	r.Words, r.Whole = words, true
	return r, nil
}
