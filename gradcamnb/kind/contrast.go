package kind

import (
	"fmt"
	"slices"
)

// Contrast is the kind of target that explains why the model prefers one class to another: the difference of their
// logits.
var Contrast = Register(Kind{
	Name: "contrast", Score: "weighted", NamesSeveral: true, Call: "Contrast",
	Forms: []Form{{"contrast:285,282", "why class 285 rather than class 282"}},
	Read:  readNumbers("contrast"),
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		if err := checkTwo(s); err != nil {
			return nil, err
		}
		return wrapOne(weigh(sc, s, map[int]float32{s.Index[0]: 1, s.Index[1]: -1},
			fmt.Sprintf("class %d rather than class %d", s.Index[0], s.Index[1])))
	},
})

// checkTwo checks that a target compares two classes.
func checkTwo(s Spec) error {
	if len(s.Index) != 2 {
		return fmt.Errorf("it names %d classes: name two", len(s.Index))
	}
	if s.Index[0] == s.Index[1] {
		return fmt.Errorf("it compares class %d with itself, which is zero for every picture", s.Index[0])
	}
	return nil
}

// weigh looks up a target that is a weighted sum of an output's classes.
func weigh(sc Scene, s Spec, weights map[int]float32, words string) (ResolvedTarget, error) {
	r, n, err := lookUp(sc, s, "weighted", Classes)
	if err != nil {
		return r, err
	}
	if err := checkRange(s.Index, n, r.Tensors[0]); err != nil {
		return r, err
	}
	if len(r.Shape) != 2 {
		return r, fmt.Errorf("the output has the shape %v and is no list of classes, [batch, classes]; for a segmentation explain a region or a border", r.Shape)
	}
	row := make([]float32, r.Shape[1])
	for i, w := range weights {
		row[i] = w
	}
	r.Index = slices.Repeat([]int32{int32(s.Index[0])}, sc.Batch())
	r.Argument = slices.Repeat(row, sc.Batch())
	r.Words, r.Whole = words, true
	return r, nil
}
