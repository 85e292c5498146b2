package kind

import (
	"errors"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Similar is the kind of target for how alike the model finds the picture and a second one: the cosine of the angle
// between their embeddings, which are the model's first output or a named tensor.
var Similar = Register(Kind{
	Name: "similar", Score: "similar",
	Forms: []Form{{"similar:PICTURE[:TENSOR]", "likeness to a second picture, by the first output or a tensor"}},
	Read: func(rest string) (Spec, error) {
		file, tensor, _ := strings.Cut(rest, ":")
		img, err := imgio.Open(file)
		return Spec{Kind: "similar", Picture: img, Name: tensor}, err
	},
	Write: func(s Spec) string { return strings.TrimSuffix("similar:"+s.Name, ":") },
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		name := s.Name
		if name == "" {
			name = sc.Outputs()[0].Name
		}
		t, err := sc.Tensor(name, "similar", AsItIs)
		if err != nil {
			return nil, err
		}
		if s.Picture == nil {
			return nil, errors.New("it names no second picture")
		}
		_, embedding, err := sc.Values(t.Name, s.Picture)
		if err != nil {
			return nil, err
		}
		return []ResolvedTarget{{
			Tensors: []string{t.Name}, Shape: t.Shape, Index: make([]int32, sc.Batch()),
			Argument: slices.Repeat(embedding, sc.Batch()), Words: "likeness to the second picture", Whole: true,
		}}, nil
	},
})
