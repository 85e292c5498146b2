package kind

import "fmt"

// Binary is what a model with a single logit says for its class 1, the logit, or for its class 0,
// the logit's negative. Its labels are those of the two classes, if there are two.
var Binary = Register(Kind{
	Name: "binary", Score: "weighted",
	Forms:    []Form{{"binary:1", "the logit of a model with a single one; binary:0 its negative"}},
	Read:     numbered("binary"),
	At:       at,
	Elements: named,
	Resolve: func(sc Scene, s Spec) ([]Resolved, error) {
		name := sc.Outputs()[0].Name
		t, err := sc.Tensor(name, "weighted")
		if err != nil {
			return nil, err
		}
		if t.Elements != 1 || len(t.Shape) != 2 {
			return nil, fmt.Errorf("the output has the shape %v, and this target is for models with a single logit, [batch, 1]; explain a class", t.Shape)
		}
		r := Resolved{Tensors: []string{t.Name}, Shape: t.Shape, Words: "class"}
		if labels := sc.Outputs().Labels(name); len(labels) == 2 {
			r.Labels = labels
		}
		if r.Index, err = perPicture(s.Index, sc.Batch()); err != nil {
			return nil, err
		}
		for _, i := range r.Index {
			if i != 0 && i != 1 {
				return nil, noClassf("there is no class %d: a model with a single logit has the classes 0 and 1", i)
			}
			r.Beside = append(r.Beside, float32(2*i-1))
		}
		return []Resolved{r}, nil
	},
})
