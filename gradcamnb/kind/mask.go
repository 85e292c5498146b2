package kind

import (
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Mask is like [Box], for models with instance masks: an instance of a class, drawn as a mask of the original picture's
// size. The detector need not have found it. On the command line, gradcam drise --mask gives the mask.
var Mask = Register(Kind{
	Name: "mask", IsDetection: true,
	Write:     func(s Spec) string { return "mask:" + s.element() + edgeSuffix(s) },
	WithIndex: setIndex,
	Elements:  outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		if err := refuseSide(s); err != nil {
			return nil, err
		}
		s, note, err := sc.Findings().numbered(sc, s)
		if err != nil {
			return nil, err
		}
		match := func(f *Findings, i int) (heatmap.Detection, error) { return f.matchDrawnMask(s, i) }
		r, err := resolveDetection(sc, s, match, func(d heatmap.Detection) string {
			return "mask at " + corners(d.Box)
		})
		r.Masked, r.Drawn, r.Note = true, true, note
		return wrapOne(r, err)
	},
})

// matchDrawnMask returns an instance that the user drew, as a detection with a mask of the picture.
func (f *Findings) matchDrawnMask(s Spec, picture int) (heatmap.Detection, error) {
	frame := f.Frames[picture]
	if len(s.Masks) != 1 && len(s.Masks) != len(f.Frames) {
		return heatmap.Detection{}, fmt.Errorf("it has %d masks for %d pictures; give one, or one for each picture", len(s.Masks),
			len(f.Frames))
	}
	if !f.Masks {
		return heatmap.Detection{},
			fmt.Errorf("the model has no instance masks (its decoder is %s) to compare with the one drawn: draw a box",
				f.Decoder)
	}
	m := s.Masks[picture%len(s.Masks)]
	if m.W != frame.PictureW || m.H != frame.PictureH {
		return heatmap.Detection{},
			fmt.Errorf("the mask is %d x %d pixels and the picture %d x %d (width x height): draw it over the picture", m.W, m.H,
				frame.PictureW, frame.PictureH)
	}
	around := m.BoundingBox()
	if around.Area() == 0 {
		return heatmap.Detection{},
			fmt.Errorf("the mask is empty: mark the instance's pixels with 1 (white), the others with 0 (black)")
	}
	d, err := f.matchDrawn(s, around, picture)
	d.Mask = m
	return d, err
}
