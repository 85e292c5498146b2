package scenes

import (
	"image"
	"math/rand/v2"
)

// Shape is the class of an object.
type Shape int

// The shapes.
const (
	Circle Shape = iota
	Square
	Triangle
	Cross
)

// Shapes are the names of the shapes, by number.
var Shapes = []string{"circle", "square", "triangle", "cross"}

func (s Shape) String() string { return Shapes[s] }

// Size is how large an object is within its picture.
type Size int

// The sizes.
const (
	Small  Size = iota // about a sixth of the picture's shorter side across
	Medium             // a quarter
	Large              // two fifths
)

// Sizes are the names of the sizes, by number.
var Sizes = []string{"small", "medium", "large"}

func (s Size) String() string { return Sizes[s] }

// radius returns half the extent of an object, in parts of a pixel. side is the shorter side of the picture.
func (s Size) radius(side int, r *rand.Rand) int {
	percent := []int{8, 12, 19}[s] + r.IntN(3)
	return side * sub * percent / 100
}

// sub is the number of parts that a pixel's side is divided into.
const sub = 8

// samples is how many points of a pixel are looked at: 4 x 4.
const samples = 16

// area is a shape in its place. Lengths are in parts of a pixel.
type area struct {
	shape   Shape
	x, y, r int // middle, and half the extent
}

// holds tells whether the area contains a point, given relative to its middle.
func (a area) holds(dx, dy int) bool {
	wide, high := max(dx, -dx), max(dy, -dy)
	switch a.shape {
	case Circle:
		return dx*dx+dy*dy <= a.r*a.r
	case Square:
		return 8*max(wide, high) <= 7*a.r
	case Triangle: // apex (0, -r), base from (-r, 3/4 r) to (r, 3/4 r)
		return 4*dy <= 3*a.r && 7*wide <= 4*(dy+a.r)
	case Cross:
		return max(wide, high) <= a.r && 3*min(wide, high) <= a.r
	}
	return false
}

// share returns how many of a pixel's samples the area contains.
func (a area) share(x, y int) int {
	n := 0
	for i := range samples {
		if a.holds(x*sub+1+2*(i%4)-a.x, y*sub+1+2*(i/4)-a.y) {
			n++
		}
	}
	return n
}

// covers tells whether the area contains at least half of a pixel.
func (a area) covers(x, y int) bool { return 2*a.share(x, y) >= samples }

// box returns the box of the pixels that the area touches.
func (a area) box(within image.Rectangle) image.Rectangle {
	return image.Rect((a.x-a.r)/sub-1, (a.y-a.r)/sub-1, (a.x+a.r)/sub+2, (a.y+a.r)/sub+2).Intersect(within)
}
