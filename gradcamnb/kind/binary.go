package kind

import (
	"cmp"
	"fmt"

	"github.com/gradcam-go/gradcam/internal/place"
)

// Binary is the kind of target for models with a single logit: the logit for class 1, its negative for class 0. If the
// model has two labels, they are those of the two classes.
var Binary = Register(Kind{
	Name: "binary", Score: "binary", Measured: "binary probability", Call: "Binary",
	Forms:     []Form{{"binary:1", "the logit of a model that has only one; binary:0 its negative"}},
	Read:      readNumbers("binary"),
	WithIndex: setIndex,
	Elements:  outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		name := cmp.Or(s.Name, sc.Outputs()[0].Name)
		t, err := sc.Tensor(name, "binary", Classes)
		if err != nil {
			return nil, err
		}
		if t.Elements != 1 {
			return nil, fmt.Errorf("the output has the shape %v, and this target is for models with a single logit, [batch, 1]; explain a class", t.Shape)
		}
		if !t.Logits {
			return nil, fmt.Errorf("the output %q is no logit, since an operator has squashed it: explain it as it is, with %s",
				t.Name, place.Words(fmt.Sprintf("gradcamnb.Output(%q, 0)", t.Name), "--target output:"+t.Name+":0"))
		}
		r := ResolvedTarget{Tensors: []string{t.Name}, Shape: t.Shape, As: Classes, Unit: "logits", Words: "class"}
		if labels := sc.Outputs().Labels(name); len(labels) == 2 {
			r.Labels = labels
		}
		if r.Index, err = perPicture(s, sc.Batch()); err != nil {
			return nil, err
		}
		for _, i := range r.Index {
			if i != 0 && i != 1 {
				return nil, noClassf("there is no class %d: a model with a single logit has the classes 0 and 1", i)
			}
		}
		r.Argument = signs(r.Index)
		return []ResolvedTarget{r}, nil
	},
})

// signs returns the factor of the logit for each class: -1 for class 0, 1 for class 1.
func signs(classes []int32) []float32 {
	var out []float32
	for _, i := range classes {
		out = append(out, float32(2*i-1))
	}
	return out
}

// findPredictedOfTwo looks up the class that a binary classifier predicts for each picture, or the other one for rank
// 2.
func findPredictedOfTwo(sc Scene, r ResolvedTarget) (ResolvedTarget, error) {
	_, values, err := sc.Values(r.Tensors[0], nil)
	if err != nil {
		return r, err
	}
	for _, v := range values {
		class := int32(0)
		if v > 0 {
			class = 1
		}
		if r.Rank == 2 {
			class = 1 - class
		}
		r.Index = append(r.Index, class)
	}
	r.Rank, r.Words, r.Argument = 0, "class", signs(r.Index)
	return r, nil
}
