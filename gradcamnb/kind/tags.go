package kind

import "fmt"

// Tags is the kind of target for the sum of the logits of several tags.
var Tags = Register(Kind{
	Name: "tags", OfTags: true, Score: "weighted", NamesSeveral: true, Call: "Tags",
	Forms: []Form{{"tags:1,4", "the logits of several tags together"}},
	Read:  readNumbers("tags"),
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		if len(s.Index) == 0 {
			return nil, fmt.Errorf("it names no tags: name at least one")
		}
		weights := map[int]float32{}
		for _, i := range s.Index {
			weights[i] = 1
		}
		return wrapOne(weigh(sc, s, weights, fmt.Sprintf("tags %v together", s.Index)))
	},
})
