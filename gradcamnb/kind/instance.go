package kind

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Instance is like [Detection], for models with instance masks: the overlap of masks counts, not of boxes.
var Instance = Register(Kind{
	Name: "instance", IsDetection: true, Call: "Instance",
	Forms:     []Form{{"instance:RANK", "a detection of a model with instance masks, by its mask"}},
	Read:      readNumbers("instance"),
	Write:     func(s Spec) string { return "instance:" + s.element() + edgeSuffix(s) },
	WithIndex: setIndex,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		if err := refuseSide(s); err != nil {
			return nil, err
		}
		r, err := resolveDetection(sc, s, func(f *Findings, i int) (heatmap.Detection, error) {
			d, err := f.findRanked(s, i)
			if err == nil && len(d.Mask.Values) == 0 {
				err = fmt.Errorf("the model has no instance masks (its decoder is %s): explain the detection", f.Decoder)
			}
			return d, err
		}, func(d heatmap.Detection) string { return fmt.Sprintf("instance %d at %s", s.Index[0], corners(d.Box)) })
		if err != nil {
			return nil, err
		}
		r.Masked, r.Found = true, s.Index[0]
		return []ResolvedTarget{r}, nil
	},
})

// refuseSide returns an error if the target asks for a side, since masks have none.
func refuseSide(s Spec) error {
	if s.Edge != "" {
		return fmt.Errorf("an instance's mask has no %s side: explain the side of the detection", s.Edge)
	}
	return nil
}
