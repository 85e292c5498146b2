// Package scenes draws pictures whose truth is known: coloured shapes on textured backgrounds, with the class, the
// attributes, the box, the instance mask and the class mask of every object. Networks are trained on them, and
// explanations are measured on them.
//
// A seed gives the same scene on every machine: all drawing is integer arithmetic.
package scenes

import (
	"image"
	"math/rand/v2"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Options are the options of a scene. The zero value of a field means its default.
type Options struct {
	Width, Height int    // 96 x 96 pixels
	Least, Most   int    // smallest and largest number of objects: 1 and 3
	Kinds         []Kind // draws exactly these, instead of a random choice
	Overlap       bool   // objects may hide up to a third of another
}

// Kind is what an object is. The class of a detector or segmentation is the shape.
type Kind struct {
	Shape Shape // square, circle or another
	Color Color // red, green or another
	Size  Size  // small or large
}

// String returns the kind in words, e.g. "large red circle".
func (k Kind) String() string {
	return k.Size.String() + " " + k.Color.String() + " " + k.Shape.String()
}

// Object is one object of a scene.
type Object struct {
	Kind
	Box  image.Rectangle // just around the part of it that is seen
	Mask heatmap.Grid    // 1 where it is seen, 0 elsewhere, by pixel of the picture
}

// Scene is a picture with its truth.
type Scene struct {
	Picture *image.NRGBA // as it is drawn
	Objects []Object     // from back to front
}

// Draw draws the scene of a seed. An object for which there is no room is left out.
func Draw(seed uint64, o Options) Scene {
	o = o.withDefaults()
	r := rand.New(rand.NewPCG(seed, 0x5ce7e5))
	s := Scene{Picture: image.NewNRGBA(image.Rect(0, 0, o.Width, o.Height))}
	background(s.Picture, r)
	kinds := o.Kinds
	if kinds == nil {
		for range o.Least + r.IntN(o.Most-o.Least+1) {
			kinds = append(kinds, Kind{Shape(r.IntN(len(Shapes))), Color(r.IntN(len(Colors))), Size(r.IntN(len(Sizes)))})
		}
	}
	for _, k := range kinds {
		if a, ok := s.place(k, o, r); ok {
			s.add(k, a, r)
		}
	}
	return s
}

func (o Options) withDefaults() Options {
	if o.Width == 0 {
		o.Width = 96
	}
	if o.Height == 0 {
		o.Height = 96
	}
	if o.Least == 0 {
		o.Least = 1
	}
	if o.Most == 0 {
		o.Most = max(3, o.Least)
	}
	return o
}

// tries is how often a place is looked for before an object is left out.
const tries = 200

// place returns where an object fits. It must lie within the picture, and two pixels clear of the others; with Overlap
// it may instead hide at most a third of each.
func (s Scene) place(k Kind, o Options, r *rand.Rand) (area, bool) {
	radius := k.Size.radius(min(o.Width, o.Height), r)
	span := func(side int) int { return max(1, side*sub-2*radius) }
	for range tries {
		a := area{k.Shape, radius + r.IntN(span(o.Width)), radius + r.IntN(span(o.Height)), radius}
		if s.clear(a, o.Overlap) {
			return a, true
		}
	}
	return area{}, false
}

func (s Scene) clear(a area, overlap bool) bool {
	box := a.box(s.Picture.Bounds())
	for _, other := range s.Objects {
		if !box.Inset(-2).Overlaps(other.Box) {
			continue
		}
		if !overlap {
			return false
		}
		seen, hidden := 0, 0
		for y := other.Box.Min.Y; y < other.Box.Max.Y; y++ {
			for x := other.Box.Min.X; x < other.Box.Max.X; x++ {
				if other.Mask.At(x, y) == 0 {
					continue
				}
				seen++
				if a.covers(x, y) {
					hidden++
				}
			}
		}
		if 3*hidden > seen {
			return false
		}
	}
	return true
}

// add draws an object on the scene, and removes what it hides from the masks of the others.
func (s *Scene) add(k Kind, a area, r *rand.Rand) {
	bounds := s.Picture.Bounds()
	mask := heatmap.NewGrid(bounds.Dx(), bounds.Dy())
	paint := k.Color.paint(r)
	box := a.box(bounds)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			share := a.share(x, y)
			if share == 0 {
				continue
			}
			s.Picture.SetNRGBA(x, y, mix(s.Picture.NRGBAAt(x, y), grain(paint, 8, r), share, samples))
			if a.covers(x, y) {
				mask.Values[y*mask.W+x] = 1
			}
		}
	}
	for i, other := range s.Objects {
		for j, v := range mask.Values {
			if v > 0 {
				other.Mask.Values[j] = 0
			}
		}
		s.Objects[i].Box = findBounds(other.Mask)
	}
	s.Objects = append(s.Objects, Object{Kind: k, Box: findBounds(mask), Mask: mask})
}

// findBounds returns the smallest box that holds every pixel of the mask.
func findBounds(mask heatmap.Grid) image.Rectangle {
	var box image.Rectangle
	for i, v := range mask.Values {
		if v > 0 {
			x, y := i%mask.W, i/mask.W
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box
}

// Mask returns a grid with 1 on every wanted object, and 0 elsewhere.
func (s Scene) Mask(wanted func(Object) bool) heatmap.Grid {
	return s.label(func(i int) float32 {
		if wanted(s.Objects[i]) {
			return 1
		}
		return 0
	})
}

// ClassMask returns what is seen at every pixel: 0 for the background, else 1 + the number of the shape.
func (s Scene) ClassMask() heatmap.Grid {
	return s.label(func(i int) float32 { return float32(1 + s.Objects[i].Shape) })
}

// InstanceMask returns which object is seen at every pixel: 0 for the background, else 1 + its place in Objects.
func (s Scene) InstanceMask() heatmap.Grid {
	return s.label(func(i int) float32 { return float32(1 + i) })
}

func (s Scene) label(value func(i int) float32) heatmap.Grid {
	g := heatmap.NewGrid(s.Picture.Bounds().Dx(), s.Picture.Bounds().Dy())
	for i, o := range s.Objects {
		v := value(i)
		for j, seen := range o.Mask.Values {
			if seen > 0 {
				g.Values[j] = v
			}
		}
	}
	return g
}
