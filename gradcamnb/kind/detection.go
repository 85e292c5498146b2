package kind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/nearest"
)

// Edges are the names of a box's sides, in the order of its coordinates.
var Edges = []string{"left", "top", "right", "bottom"}

// Detection is the kind of target for the rank-th surest detection of each picture, counted from 1.
var Detection = Register(Kind{
	Name: "detection", IsDetection: true, Call: "Detection",
	Forms: []Form{{"detection:RANK[:SIDE]", "a detection, 1 the surest; or its left, top, right or bottom side"}},
	Read: func(rest string) (Spec, error) {
		rank, edge, _ := strings.Cut(rest, ":")
		s, err := readNumbers("detection")(rank)
		s.Edge = edge
		return s, err
	},
	Write:     func(s Spec) string { return "detection:" + s.element() + edgeSuffix(s) },
	WithIndex: setIndex,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		r, err := resolveDetection(sc, s, func(f *Findings, i int) (heatmap.Detection, error) { return f.findRanked(s, i) },
			func(d heatmap.Detection) string {
				return fmt.Sprintf("detection %d at %s", s.Index[0], corners(d.Box))
			})
		if err != nil {
			return nil, err
		}
		r.Found = s.Index[0]
		return []ResolvedTarget{r}, nil
	},
})

func edgeSuffix(s Spec) string {
	if s.Edge == "" {
		return ""
	}
	return ":" + s.Edge
}

// resolveDetection looks up a target that is a detection. pick chooses the detection of each picture, and words names
// it.
func resolveDetection(sc Scene, s Spec, pick func(f *Findings, picture int) (heatmap.Detection, error),
	words func(heatmap.Detection) string) (ResolvedTarget, error) {
	if s.Edge != "" && !slices.Contains(Edges, s.Edge) {
		return ResolvedTarget{}, fault.Errorf(fault.ErrUnknownName, "a box has no side %q%s; it has %s", s.Edge,
			nearest.DidYouMean(s.Edge, Edges), strings.Join(Edges, ", "))
	}
	if len(s.Index) != 1 {
		return ResolvedTarget{}, fmt.Errorf("it names %d numbers and needs one", len(s.Index))
	}
	f := sc.Findings()
	r := ResolvedTarget{Edge: s.Edge, Labels: f.Labels}
	for i := range f.Detections {
		d, err := pick(f, i)
		if err != nil {
			return ResolvedTarget{}, err
		}
		r.Detections = append(r.Detections, d)
	}
	if len(r.Detections) > 0 {
		r.Words = words(r.Detections[0])
		if s.Edge != "" {
			r.Words = s.Edge + " side of " + r.Words
		}
	}
	return r, nil
}

// findRanked returns the detection of one picture that has the target's rank.
func (f *Findings) findRanked(s Spec, picture int) (heatmap.Detection, error) {
	rank, found := s.Index[0], f.Detections[picture]
	if rank < 1 {
		return heatmap.Detection{}, fmt.Errorf("detections are numbered from 1, the surest")
	}
	if len(found) == 0 {
		return heatmap.Detection{},
			fmt.Errorf("the model finds nothing in the picture: its best candidate has a confidence of %.3g and the threshold is %g; lower the threshold, or draw a box and give a class to see why nothing is found there",
				f.Best[picture], f.Threshold)
	}
	if rank > len(found) {
		return heatmap.Detection{}, fmt.Errorf("there is no detection %d: the model finds %d, the surest %s", rank,
			len(found), summarise(found[0]))
	}
	return found[rank-1], nil
}

func corners(b heatmap.Box) string {
	return fmt.Sprintf("(%.0f, %.0f)-(%.0f, %.0f)", b[0], b[1], b[2], b[3])
}

func summarise(d heatmap.Detection) string {
	return fmt.Sprintf("%s %.2f at %s", heatmap.ClassName(d.Label, d.Class), d.Score, corners(d.Box))
}
