package study

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"math"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/nearest"
)

// Truths holds, by the name of a picture, a function that returns the mask of its object: 1 for its pixels. The
// function gets the bounds of the picture.
type Truths map[string]func(image.Rectangle) (heatmap.Grid, error)

// Attach sets the Truth of every picture that has one under its file's name, whatever the extensions. If several truths
// have the name, as in two folders, it takes the one that shares most of the folders before the name, and then the
// extension. If some pictures share folders with their truths, it leaves out the truths that share none with theirs. It
// is an error if a truth or a picture may belong to two, or if two pictures have one name. It returns the number of
// pictures with a truth.
func (t Truths) Attach(pictures []Picture) (int, error) {
	if err := checkNames(pictures); err != nil {
		return 0, err
	}
	byStem := map[string][]string{}
	for name := range t {
		byStem[stem(name)] = append(byStem[stem(name)], name)
	}
	chosen := map[string][]string{} // pictures by truth
	places := map[string]int{}
	alike := slices.ContainsFunc(pictures, func(p Picture) bool { // the folders of some are those of truths
		return slices.ContainsFunc(byStem[stem(p.Name)], func(name string) bool {
			return shareFolder(name, p.Name)
		})
	})
	for i, p := range pictures {
		names := byStem[stem(p.Name)]
		if alike {
			names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return areStrangers(name, p.Name) })
		}
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
	for _, name := range sortedKeys(chosen) {
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
		switch a, b := countShared(next, name), countShared(best, name); {
		case a > b:
			best, other = next, ""
		case a == b:
			other = next
		}
	}
	return best, other
}

// folders returns the folders that a name begins with.
func folders(name string) []string {
	if dir := path.Dir(plainName(name)); dir != "." {
		return strings.Split(dir, "/")
	}
	return nil
}

// shareFolder tells whether two names have a folder in common.
func shareFolder(a, b string) bool {
	return slices.ContainsFunc(folders(a), func(folder string) bool { return slices.Contains(folders(b), folder) })
}

// areStrangers tells whether two names both have folders and share none of them.
func areStrangers(a, b string) bool {
	return folders(a) != nil && folders(b) != nil && !shareFolder(a, b)
}

// countShared returns how much two names share that have the same stem: two for each folder before it, one for the
// extension.
func countShared(a, b string) int {
	n := 0
	a, b = plainName(a), plainName(b)
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
	base := path.Base(plainName(name))
	return strings.TrimSuffix(base, path.Ext(base))
}

// plainName returns a name as others may have written it: with slashes instead of the backslashes of Windows, and with
// composed letters instead of the letters and accents that macOS divides them into.
func plainName(name string) string { return norm.NFC.String(strings.ReplaceAll(name, `\`, "/")) }

// checkClass returns an error if a class is given that the objects of a file do not have.
func checkClass(path, class string, names []string) error {
	if class == "" || slices.Contains(names, class) {
		return nil
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return fmt.Errorf("%s has no object of the class %q%s Its classes are %s", path, class,
		cmp.Or(nearest.DidYouMean(class, names), "."), cmp.Or(listNames(names), "not said"))
}

// listNames returns names as an error lists them: the first 12, and how many there are besides.
func listNames(names []string) string {
	const most = 12
	out := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	return out
}

// Boxes returns a truth that covers one or more boxes, in pixels of the picture.
func Boxes(boxes ...heatmap.Box) func(image.Rectangle) (heatmap.Grid, error) {
	return func(r image.Rectangle) (heatmap.Grid, error) {
		g := heatmap.NewGrid(r.Dx(), r.Dy())
		left := newBudget(g)
		for _, b := range boxes {
			if err := addBox(g, b, left); err != nil {
				return g, err
			}
		}
		return g, nil
	}
}

// addBox adds a box to a mask, its corners rounded to borders between pixels.
func addBox(g heatmap.Grid, b heatmap.Box, left *budget) error {
	if err := checkBox(b); err != nil {
		return err
	}
	if err := checkPixels(b); err != nil {
		return err
	}
	if err := left.spend(b, g); err != nil {
		return err
	}
	from, to := clampBorder(b[0], g.W), clampBorder(b[2], g.W)
	for y := clampBorder(b[1], g.H); y < clampBorder(b[3], g.H); y++ {
		for x := from; x < to; x++ {
			g.Values[y*g.W+x] = 1
		}
	}
	return nil
}

// checkBox returns an error if a box has no corners left above and right below, or they are no finite numbers.
func checkBox(b heatmap.Box) error {
	if !(b[0] <= b[2] && b[1] <= b[3]) || slices.ContainsFunc(b[:], func(v float64) bool { return math.IsInf(v, 0) }) {
		return fmt.Errorf("%v is no box: give left, top, right and bottom, in this order", b)
	}
	return nil
}

// budget is how many pixels the objects of a picture may still cover, each counted by itself.
type budget int

// newBudget returns the budget of a picture: 1,000 times its pixels, which no data set's objects cover.
func newBudget(g heatmap.Grid) *budget {
	b := budget(1000 * g.W * g.H)
	return &b
}

// spend takes the pixels of a box from the budget, or returns an error if they are more than are left.
func (left *budget) spend(b heatmap.Box, g heatmap.Grid) error {
	area := (clampBorder(b[2], g.W) - clampBorder(b[0], g.W)) * (clampBorder(b[3], g.H) - clampBorder(b[1], g.H))
	if *left -= budget(max(area, 0)); *left < 0 {
		return errors.New("its objects cover the picture more than 1,000 times: the file of truths is damaged")
	}
	return nil
}

// checkPixels returns an error if a box lies within 0 to 1 and has fractions, as if its numbers were shares of the
// picture's sides.
func checkPixels(b heatmap.Box) error {
	outside := func(v float64) bool { return v < 0 || v > 1 }
	fraction := func(v float64) bool { return v != math.Trunc(v) }
	if slices.ContainsFunc(b[:], fraction) && !slices.ContainsFunc(b[:], outside) {
		return fmt.Errorf("the box %v lies within one pixel, as if its numbers were shares of the picture: give them in pixels", b)
	}
	return nil
}

// checkAnnotated returns an error if a truth is of a picture of another size than this one. A size of 0 is not known.
func checkAnnotated(w, h float64, r image.Rectangle) error {
	if w != 0 && w != float64(r.Dx()) || h != 0 && h != float64(r.Dy()) {
		return fmt.Errorf("its annotation is of a picture of %g x %g pixels, and the picture has %d x %d: "+
			"give the picture that was annotated", w, h, r.Dx(), r.Dy())
	}
	return nil
}

// clampBorder returns a coordinate rounded to a border between pixels, of n.
func clampBorder(v float64, n int) int { return int(min(max(v+0.5, 0), float64(n))) }
