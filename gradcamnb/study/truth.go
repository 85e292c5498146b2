package study

import (
	"fmt"
	"image"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Truths holds, by the name of a picture, a function that returns the mask of its object: 1 for its pixels. The
// function gets the bounds of the picture.
type Truths map[string]func(image.Rectangle) (heatmap.Grid, error)

// Attach sets the Truth of every picture that has one under its file's name, whatever the extensions. If several truths
// have the name, as in two folders, it takes the one that shares most of the folders before the name, and then the
// extension. It is an error if a truth or a picture may belong to two. It returns the number of pictures with a truth.
func (t Truths) Attach(pictures []Picture) (int, error) {
	byStem := map[string][]string{}
	for name := range t {
		byStem[stem(name)] = append(byStem[stem(name)], name)
	}
	chosen := map[string][]string{} // pictures by truth
	places := map[string]int{}
	for i, p := range pictures {
		names := byStem[stem(p.Name)]
		if len(names) == 0 {
			continue
		}
		name, other := nearestName(p.Name, names)
		if other != "" {
			return 0, fmt.Errorf("the truth of the picture %q may be %q or %q: give folders in which they are called as the picture is",
				p.Name, name, other)
		}
		chosen[name], places[p.Name] = append(chosen[name], p.Name), i
	}
	for _, name := range sorted(chosen) {
		picture, other := nearestName(name, chosen[name])
		if other != "" {
			return 0, fmt.Errorf("the truth %q may be that of the picture %q or %q: give folders in which they are called as the pictures are",
				name, picture, other)
		}
		pictures[places[picture]].Truth = t[name]
	}
	return len(chosen), nil
}

// nearestName returns the one of some names that shares most with a name, and another that shares as much; empty if
// there is none.
func nearestName(name string, names []string) (best, other string) {
	slices.Sort(names)
	best = names[0]
	for _, next := range names[1:] {
		switch a, b := shared(next, name), shared(best, name); {
		case a > b:
			best, other = next, ""
		case a == b:
			other = next
		}
	}
	return best, other
}

// shared returns how much two names share that have the same stem: two for each folder before it, one for the
// extension.
func shared(a, b string) int {
	n := 0
	if path.Ext(a) == path.Ext(b) {
		n++
	}
	x, y := strings.Split(path.Dir(a), "/"), strings.Split(path.Dir(b), "/")
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y, n = x[:len(x)-1], y[:len(y)-1], n+2
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
			if err := addBox(g, b); err != nil {
				return g, err
			}
		}
		return g, nil
	}
}

// addBox adds a box to a mask, its corners rounded to borders between pixels.
func addBox(g heatmap.Grid, b heatmap.Box) error {
	if !(b[0] <= b[2] && b[1] <= b[3]) || slices.ContainsFunc(b[:], func(v float64) bool { return math.IsInf(v, 0) }) {
		return fmt.Errorf("the box %v is none: its corners are left, top, right and bottom", b)
	}
	left, right := within(b[0], g.W), within(b[2], g.W)
	for y := within(b[1], g.H); y < within(b[3], g.H); y++ {
		for x := left; x < right; x++ {
			g.Values[y*g.W+x] = 1
		}
	}
	return nil
}

// within returns a coordinate rounded to a border between pixels, of n.
func within(v float64, n int) int { return int(min(max(v+0.5, 0), float64(n))) }

// checkSize returns a mask, or an error if it has another size than the picture.
func checkSize(g heatmap.Grid, r image.Rectangle) (heatmap.Grid, error) {
	if g.W != r.Dx() || g.H != r.Dy() {
		return g, fmt.Errorf("the mask has %d x %d pixels, and the picture %d x %d", g.W, g.H, r.Dx(), r.Dy())
	}
	return g, nil
}
