package kind

import (
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// byBoxes is the Value of a target of the kind [Detections] that compares boxes even if the model has instance masks.
const byBoxes = "boxes"

// Detections is the kind of target for every detection of one picture, or for the surest few. Each becomes one target,
// the surest first. If the model has instance masks, the overlap of masks counts, unless the target asks for boxes.
var Detections = Register(Kind{
	Name: "detections", IsDetection: true, NamesSeveral: true,
	Prefix: "detections",
	Forms: []Form{{"detections[:MOST][:boxes]",
		"every detection of a picture, or the surest few, one map each; by their masks if there are any, else by boxes"}},
	Read: func(rest string) (Spec, error) {
		s := Spec{Kind: "detections"}
		most, boxes := strings.CutSuffix(rest, ":"+byBoxes)
		if boxes {
			s.Value = byBoxes
		}
		if most == "" {
			return s, nil
		}
		number, ok := strings.CutPrefix(most, ":")
		if !ok {
			return s, textErrorf("write detections, detections:8 or detections:boxes")
		}
		index, err := readIndices(number)
		if err == nil && (len(index) != 1 || index[0] < 1) {
			err = textErrorf("give the most detections to explain as one number from 1, as in detections:8")
		}
		s.Index = index
		return s, err
	},
	Write: func(s Spec) string {
		text := "detections"
		if len(s.Index) == 1 {
			text += fmt.Sprintf(":%d", s.Index[0])
		}
		if s.Value == byBoxes {
			text += ":" + byBoxes
		}
		return text
	},
	WithIndex: func(_ Spec, rank int) Spec { return Spec{Kind: "detection", Index: []int{rank}} },
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		f := sc.Findings()
		if n := len(f.Detections); n != 1 {
			return nil, fmt.Errorf("there are %d pictures, each with its own detections: explain the detections of one picture at a time", n)
		}
		if s.Edge != "" {
			return nil, fmt.Errorf("the %s side of which detection? Explain that side of one, by its rank", s.Edge)
		}
		if len(s.Index) > 1 || len(s.Index) == 1 && s.Index[0] < 1 {
			return nil, fmt.Errorf("the most detections to explain are %v: give one number from 1, or none for all", s.Index)
		}
		n := max(1, len(f.Detections[0])) // if there is none, looking up the first says why
		if len(s.Index) == 1 {
			n = min(n, s.Index[0])
		}
		var out []ResolvedTarget
		for rank := 1; rank <= n; rank++ {
			one := Spec{Kind: "detection", Index: []int{rank}}
			masked := false
			r, err := resolveDetection(sc, one, func(f *Findings, i int) (heatmap.Detection, error) {
				d, err := f.findRanked(one, i)
				masked = len(d.Mask.Values) > 0 && s.Value != byBoxes
				return d, err
			}, func(d heatmap.Detection) string { return fmt.Sprintf("detection %d at %s", rank, corners(d.Box)) })
			if err != nil {
				return nil, err
			}
			r.Found, r.Masked = rank, masked
			out = append(out, r)
		}
		return out, nil
	},
})
