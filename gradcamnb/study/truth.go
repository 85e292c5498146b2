package study

import (
	"fmt"
	"image"
	"path"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Truths holds, by the name of a picture, a function that returns the mask of its object: 1 for its pixels. The
// function gets the bounds of the picture.
type Truths map[string]func(image.Rectangle) (heatmap.Grid, error)

// Attach sets the Truth of every picture that has one under its name, or under its file's name with or without the
// extension. It returns the number of these pictures.
func (t Truths) Attach(pictures []Picture) int {
	byName := map[string]func(image.Rectangle) (heatmap.Grid, error){}
	for name, truth := range t {
		byName[name] = truth
		byName[stem(name)] = truth
	}
	n := 0
	for i, p := range pictures {
		for _, name := range []string{p.Name, path.Base(p.Name), stem(p.Name)} {
			if truth, ok := byName[name]; ok {
				pictures[i].Truth = truth
				n++
				break
			}
		}
	}
	return n
}

// stem returns a file's name without folders and extension.
func stem(name string) string {
	base := path.Base(name)
	return strings.TrimSuffix(base, path.Ext(base))
}

// Boxes returns a truth that covers one or more boxes, in pixels of the picture.
func Boxes(boxes ...heatmap.Box) func(image.Rectangle) (heatmap.Grid, error) {
	return func(r image.Rectangle) (heatmap.Grid, error) {
		g := heatmap.NewGrid(r.Dx(), r.Dy())
		for _, b := range boxes {
			for y := max(0, int(b[1]+0.5)); y < min(g.H, int(b[3]+0.5)); y++ {
				for x := max(0, int(b[0]+0.5)); x < min(g.W, int(b[2]+0.5)); x++ {
					g.Values[y*g.W+x] = 1
				}
			}
		}
		return g, nil
	}
}

// checkSize returns a mask, or an error if it has another size than the picture.
func checkSize(g heatmap.Grid, r image.Rectangle) (heatmap.Grid, error) {
	if g.W != r.Dx() || g.H != r.Dy() {
		return g, fmt.Errorf("the mask has %d x %d pixels, and the picture %d x %d", g.W, g.H, r.Dx(), r.Dy())
	}
	return g, nil
}
