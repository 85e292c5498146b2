package kind

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// Box is the kind of target for a box of a class, in pixels of the original picture. The detector need not have found
// it.
var Box = Register(Kind{
	Name: "box", IsDetection: true,
	Forms: []Form{{"box:X0,Y0,X1,Y1:CLASS[:SIDE]", "a box of a class that need not be found, in pixels of the picture"}},
	Read: func(rest string) (Spec, error) {
		parts := strings.Split(rest, ":")
		if len(parts) < 2 || len(parts) > 3 {
			return Spec{}, textErrorf("write box:X0,Y0,X1,Y1:CLASS")
		}
		s, err := readNamesOrNumbers("box")(parts[1])
		if err != nil {
			return Spec{}, err
		}
		edges := strings.Split(parts[0], ",")
		if len(edges) != len(s.Box) {
			return Spec{}, textErrorf("write box:X0,Y0,X1,Y1:CLASS")
		}
		for i, text := range edges {
			if s.Box[i], err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
				return Spec{}, textErrorf("%q is no number", text)
			}
		}
		if len(parts) == 3 {
			s.Edge = parts[2]
		}
		return s, nil
	},
	Write: func(s Spec) string {
		return fmt.Sprintf("box:%g,%g,%g,%g:%s%s", s.Box[0], s.Box[1], s.Box[2], s.Box[3], s.element(), edgeSuffix(s))
	},
	WithIndex: setIndex,
	Elements:  outputElements,
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		s, note, err := sc.Findings().numbered(sc, s)
		if err != nil {
			return nil, err
		}
		match := func(f *Findings, i int) (heatmap.Detection, error) { return f.matchDrawn(s, s.Box, i) }
		r, err := resolveDetection(sc, s, match, func(d heatmap.Detection) string { return "box at " + corners(d.Box) })
		r.Note = note
		return wrapOne(r, err)
	},
})

// matchDrawn returns a box that the user drew as a detection. It checks that the model can see the box.
func (f *Findings) matchDrawn(s Spec, b heatmap.Box, picture int) (heatmap.Detection, error) {
	frame, class := f.Frames[picture], s.Index[0]
	if !(b[0] < b[2] && b[1] < b[3]) {
		return heatmap.Detection{}, fmt.Errorf("the box %v has no area: give x0, y0, x1, y1 with x0 < x1 and y0 < y1", b)
	}
	b = cutRounding(b, frame)
	if b[0] < 0 || b[1] < 0 || b[2] > float64(frame.PictureW) || b[3] > float64(frame.PictureH) {
		return heatmap.Detection{}, fmt.Errorf("the box %v does not lie in the picture of %d x %d pixels", b, frame.PictureW,
			frame.PictureH)
	}
	seen := frame.Seen()
	if b.IoU(heatmap.Box{float64(seen.Min.X), float64(seen.Min.Y), float64(seen.Max.X), float64(seen.Max.Y)}) == 0 {
		return heatmap.Detection{}, fmt.Errorf("the box %v lies where the model does not see: it sees %v of the picture", b,
			seen)
	}
	if class < 0 || class >= f.Classes {
		return heatmap.Detection{}, noClassf("there is no class %d: the detector has %s", class, DescribeClasses(f.Classes))
	}
	scores := make([]float32, f.Classes)
	scores[class] = 1
	d := heatmap.Detection{Box: b, Class: class, Scores: scores, Objectness: 1}
	if class < len(f.Labels) {
		d.Label = f.Labels[class]
	}
	return d, nil
}

// cutRounding cuts a box off at the picture's edges if it reaches less than a pixel over them, as a box may that was
// rounded for printing. It returns any other box as it is.
func cutRounding(b heatmap.Box, f imgio.Frame) heatmap.Box {
	w, h := float64(f.PictureW), float64(f.PictureH)
	if b[0] > -1 && b[1] > -1 && b[2] < w+1 && b[3] < h+1 {
		return heatmap.Box{max(b[0], 0), max(b[1], 0), min(b[2], w), min(b[3], h)}
	}
	return b
}
