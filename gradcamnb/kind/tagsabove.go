package kind

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// TagsAbove is the kind of target for every tag whose probability is above a threshold in any of the pictures. Each tag
// becomes one target.
var TagsAbove = Register(Kind{
	Name: "tags above", OfTags: true, Score: "class", Measured: "sigmoid",
	Prefix: "tags>",
	Forms:  []Form{{"tags>0.5", "every tag whose probability is above 0.5, one map for each tag"}},
	Read: func(rest string) (Spec, error) {
		threshold, err := strconv.ParseFloat(rest, 32)
		if err != nil || math.IsNaN(threshold) {
			return Spec{}, textErrorf("%q is no number", rest)
		}
		return Spec{Kind: "tags above", Threshold: float32(threshold)}, nil
	},
	Write:     func(s Spec) string { return fmt.Sprintf("tags>%g", s.Threshold) },
	WithIndex: func(_ Spec, index int) Spec { return Spec{Kind: "tag", Index: []int{index}} },
	Elements:  outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		t, err := sc.Tensor(sc.Outputs()[0].Name, "class", Classes)
		if err != nil {
			return nil, err
		}
		dims, values, err := sc.Values(t.Name, nil)
		if err != nil {
			return nil, err
		}
		found := map[int]bool{}
		var best heatmap.Prediction
		for i := range dims[0] {
			r := heatmap.Result{Scores: values[i*dims[1] : (i+1)*dims[1]]}
			if t.Known != nil {
				r.Known = t.Known(r.Scores)
			}
			for _, p := range r.Tags(-1) { // all, the most probable first
				if p.Probability > s.Threshold {
					found[p.Index] = true
				}
				if p.Probability > best.Probability {
					best = p
				}
			}
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no tag is above %g: the most probable one is tag %d with %.3g; lower the threshold",
				s.Threshold, best.Index, best.Probability)
		}
		var out []ResolvedTarget
		for i := range dims[1] {
			if !found[i] {
				continue
			}
			r, err := element(sc, Spec{Kind: "tag", Index: []int{i}}, "class", Classes)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, nil
	},
})
