package kind

import (
	"fmt"
	"strconv"
	"strings"
)

// Top is the kind of target for the logit of the rank-th best class of each picture, counted from 1.
var Top = Register(Kind{
	Name: "top", Score: "class", Measured: "softmax", Call: "Top",
	Prefix: "top",
	Forms:  []Form{{"top1, top2, ...", "the logit of the best class, the second best, ..."}},
	Read: func(rest string) (Spec, error) {
		n, err := strconv.Atoi(strings.TrimPrefix(rest, ":"))
		if err != nil || n < 1 {
			return Spec{}, textErrorf("a rank is a number from 1, as in top1")
		}
		return Spec{Kind: "top", Index: []int{n}}, nil
	},
	WithIndex: func(s Spec, index int) Spec { return Spec{Kind: "class", Name: s.Name, Index: []int{index}} },
	Elements:  outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		r, n, err := lookUp(sc, s, "class", Classes)
		if err != nil {
			return nil, err
		}
		if len(s.Index) != 1 {
			return nil, fmt.Errorf("it names %d ranks: name one, for all pictures", len(s.Index))
		}
		if r.Rank = s.Index[0]; r.Rank < 1 || r.Rank > n {
			return nil, noClassf("ranks go from 1 to the number of classes, %d", n)
		}
		r.Words = fmt.Sprintf("top %d", r.Rank)
		if r.Score == "binary" {
			return wrapOne(findPredictedOfTwo(sc, r))
		}
		return []ResolvedTarget{r}, nil
	},
})
