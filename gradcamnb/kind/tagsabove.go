package kind

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// mostTags is the most tags above a threshold that are explained: each has a pass of its own.
const mostTags = 100

// tooManyTags returns the error of a threshold that more than [mostTags] tags exceed. If known is false, the model does
// not say how probable its tags are, and they may be classes of which one holds: half of them have a positive score.
func tooManyTags(found map[int]float32, threshold float32, known bool) error {
	probable := slices.Sorted(maps.Values(found))
	least := math.Ceil(1000*float64(probable[len(probable)-mostTags])) / 1000
	help := "name the tags that you mean"
	if least < float64(probable[len(probable)-1]) {
		help = fmt.Sprintf("raise the threshold to %g or more, or %s", least, help)
	}
	if !known {
		help += "; if only one class holds for a picture, explain the best ones instead of tags"
	}
	return fmt.Errorf("%d tags have a probability above %g. Each takes a pass and a map of its own, and at most %d are explained at once: %s",
		len(found), threshold, mostTags, help)
}

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
	Write: func(s Spec) string { return fmt.Sprintf("tags>%g", s.Threshold) },
	WithIndex: func(s Spec, index int) Spec {
		return Spec{Kind: "tag", Name: s.Name, Index: []int{index}}
	},
	Elements: outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		t, err := sc.Tensor(cmp.Or(s.Name, sc.Outputs()[0].Name), "class", Classes)
		if err != nil {
			return nil, err
		}
		dims, values, err := sc.Values(t.Name, nil)
		if err != nil {
			return nil, err
		}
		found := map[int]float32{} // the highest probabilities, by the number of the tag
		var best heatmap.Prediction
		for i := range dims[0] {
			r := heatmap.Result{Scores: values[i*dims[1] : (i+1)*dims[1]]}
			if t.Known != nil {
				r.Known = t.Known(r.Scores)
			}
			for _, p := range r.Tags(-1) { // all, the most probable first
				if p.Probability > s.Threshold {
					found[p.Index] = max(found[p.Index], p.Probability)
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
		if len(found) > mostTags {
			return nil, tooManyTags(found, s.Threshold, t.Known != nil)
		}
		var out []ResolvedTarget
		for i := range dims[1] {
			if _, ok := found[i]; !ok {
				continue
			}
			r, err := element(sc, Spec{Kind: "tag", Name: s.Name, Index: []int{i}}, "class", Classes)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, nil
	},
})
