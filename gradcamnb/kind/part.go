package kind

import (
	"fmt"
	"image"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Part is like [Region], over one connected part of the region where the class is the prediction: the part that holds a
// given pixel of the segmentation.
var Part = Register(Kind{
	Name: "part", Score: "region", Plane: true,
	Forms: []Form{{"part:CLASS:X,Y[:mean]", "the connected part of a predicted region that holds a pixel"}},
	Read: func(rest string) (Spec, error) {
		rest, mean := strings.CutSuffix(rest, ":mean")
		class, point, _ := strings.Cut(rest, ":")
		s, err := readNamesOrNumbers("part")(class)
		if err != nil {
			return Spec{}, err
		}
		xy, err := readIndices(point)
		if err != nil || len(xy) != 2 {
			return Spec{}, textErrorf("write part:CLASS:X,Y")
		}
		s.Mean, s.Point = mean, image.Pt(xy[0], xy[1])
		return s, nil
	},
	Write: func(s Spec) string {
		return fmt.Sprintf("part:%s:%d,%d%s", s.element(), s.Point.X, s.Point.Y, meanSuffix(s))
	},
	Resolve: func(sc Scene, s Spec) ([]ResolvedTarget, error) {
		return wrapOne(resolveMasks(sc, s, func(p segmentation, class int) (heatmap.Grid, error) {
			return p.part(class, s.Point)
		}))
	},
})

// part returns the mask of the pixels that are predicted as a class and connected with a pixel, side by side.
func (p segmentation) part(class int, from image.Point) (heatmap.Grid, error) {
	m := heatmap.NewGrid(p.w, p.h)
	if !from.In(image.Rect(0, 0, p.w, p.h)) {
		return m, fmt.Errorf("the pixel (%d, %d) is outside the segmentation of %d x %d pixels", from.X, from.Y, p.w, p.h)
	}
	if got := p.class[from.Y*p.w+from.X]; got != class {
		return m, fmt.Errorf("the pixel (%d, %d) is predicted as class %d and not as class %d, so no part of the latter holds it", from.X, from.Y, got, class)
	}
	for todo := []int{from.Y*p.w + from.X}; len(todo) > 0; {
		k := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if m.Values[k] != 0 {
			continue
		}
		m.Values[k] = 1
		for _, n := range p.neighbours(k) {
			if p.class[n] == class {
				todo = append(todo, n)
			}
		}
	}
	return m, nil
}
