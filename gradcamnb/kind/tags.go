package kind

import (
	"fmt"
	"strings"
)

// Tags is the kind of target for the sum of the logits of several tags.
var Tags = Register(Kind{
	Name: "tags", OfTags: true, Score: "weighted", NamesSeveral: true, Call: "Tags",
	Forms: []Form{{"tags:1,4", "the logits of several tags together; also by name, tags:beach,sea"}},
	Read:  readNamesOrNumbers("tags"),
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		return wrapOne(weigh(sc, s, func(r ResolvedTarget, index []int) (map[int]float32, string, error) {
			if len(index) == 0 {
				return nil, "", fmt.Errorf("it names no tags: name at least one")
			}
			weights := map[int]float32{}
			var names []string
			for _, i := range index {
				weights[i] = 1
				names = append(names, r.numberAndLabel(i))
			}
			return weights, "tags " + strings.Join(names, ", ") + " together", nil
		}))
	},
})
