package kind

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Sides is the kind of target for the rank-th surest detection of each picture, counted from 1, and for each of its
// four sides, as ODAM explains a detection (Zhao and Chan 2023). Maps of one pass at a layer are followed by one map
// that joins all five; see [heatmap.Join].
var Sides = Register(Kind{
	Name: "sides", IsDetection: true, NamesSeveral: true, Call: "Sides",
	Forms: []Form{{"sides:RANK", "a detection and each of its four sides, a map each, and one of all five"}},
	Read:  readNumbers("sides"), WithIndex: setIndex,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		if s.Edge != "" {
			return nil, fmt.Errorf("it stands for all four sides: explain the %s side of the detection alone", s.Edge)
		}
		var out []ResolvedTarget
		for _, edge := range append([]string{""}, Edges...) {
			s.Edge = edge
			r, err := resolveDetection(sc, s, func(f *Findings, i int) (heatmap.Detection, error) { return f.findRanked(s, i) },
				func(d heatmap.Detection) string { return fmt.Sprintf("detection %d at %s", s.Index[0], corners(d.Box)) })
			if err != nil {
				return nil, err
			}
			r.Found, r.Joined = s.Index[0], true
			out = append(out, r)
		}
		return out, nil
	},
})
