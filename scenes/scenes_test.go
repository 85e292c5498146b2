package scenes

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"math"
	"testing"
)

// A seed gives the same pixels and the same truth on every machine. Trained weights and measured figures depend on
// these scenes; a change of the sum changes all of them.
func TestSameEverywhere(t *testing.T) {
	h := sha256.New()
	for seed := range uint64(50) {
		s := Draw(seed, Options{Overlap: seed%2 == 1, Most: 6})
		h.Write(s.Picture.Pix)
		for _, o := range s.Objects {
			fmt.Fprint(h, o.Kind, o.Box, o.Mask.Values)
		}
	}
	if got, want := hex.EncodeToString(h.Sum(nil)[:8]), "1b5dee5c6bb86d74"; got != want {
		t.Errorf("50 scenes have the sum %s, want %s", got, want)
	}
}

// Pixels covered by each shape of radius r = 24, against its area: pi r^2; (7/4 r)^2;
// half of base 2 r times height 7/4 r; two bars 2 r x 2/3 r less the middle they share.
func TestAreasByHand(t *testing.T) {
	const r = 24.0
	for shape, want := range map[Shape]float64{
		Circle: math.Pi * r * r, Square: 49.0 / 16 * r * r, Triangle: 7.0 / 4 * r * r, Cross: (8.0/3 - 4.0/9) * r * r,
	} {
		n := 0
		for i := range 60 * 60 {
			if (area{shape, 30 * sub, 30 * sub, r * sub}).covers(i%60, i/60) {
				n++
			}
		}
		if d := math.Abs(float64(n)-want) / want; d > 0.02 {
			t.Errorf("a %s covers %d pixels, want %.0f", shape, n, want)
		}
	}
}

// The truth is what the picture shows: inside a mask the colours are nearest to the
// object's own, boxes are tight, masks do not meet, and the masks of classes and
// instances say the same as the objects.
func TestTruthIsInThePicture(t *testing.T) {
	for seed := range uint64(100) {
		s := Draw(seed, Options{Most: 5, Overlap: seed%2 == 1})
		if len(s.Objects) == 0 {
			t.Fatalf("scene %d is empty", seed)
		}
		classes, instances := s.ClassMask(), s.InstanceMask()
		owner := make([]int, len(classes.Values))
		for i, o := range s.Objects {
			var box image.Rectangle
			right, all := 0, 0
			for j, v := range o.Mask.Values {
				if v == 0 {
					continue
				}
				x, y := j%o.Mask.W, j/o.Mask.W
				box = box.Union(image.Rect(x, y, x+1, y+1))
				all++
				if s.nearest(x, y) == o.Color {
					right++
				}
				if owner[j] != 0 {
					t.Fatalf("scene %d: two objects are seen at (%d, %d)", seed, x, y)
				}
				owner[j] = i + 1
				if classes.Values[j] != float32(1+o.Shape) || instances.Values[j] != float32(1+i) {
					t.Fatalf("scene %d: (%d, %d) is of class %v and instance %v, want %d and %d", seed, x, y, classes.Values[j],
						instances.Values[j], 1+o.Shape, 1+i)
				}
			}
			if box != o.Box {
				t.Errorf("scene %d: the box of the %s is %v, want %v", seed, o.Kind, o.Box, box)
			}
			if all < 20 || float64(right) < 0.8*float64(all) {
				t.Errorf("scene %d: %d of the %d pixels of the %s have its colour", seed, right, all, o.Kind)
			}
		}
		for j, i := range owner {
			if i == 0 && (classes.Values[j] != 0 || instances.Values[j] != 0) {
				t.Fatalf("scene %d: the background has a class or an instance", seed)
			}
		}
	}
}

// nearest returns the colour whose pure form is nearest to a pixel.
func (s Scene) nearest(x, y int) Color {
	best, least := Color(0), math.MaxInt
	p := s.Picture.NRGBAAt(x, y)
	for c, q := range paints {
		dr, dg, db := int(p.R)-int(q.R), int(p.G)-int(q.G), int(p.B)-int(q.B)
		if d := dr*dr + dg*dg + db*db; d < least {
			best, least = Color(c), d
		}
	}
	return best
}

func TestOptions(t *testing.T) {
	kinds := []Kind{{Circle, Red, Large}, {Cross, Blue, Small}}
	for seed := range uint64(20) {
		s := Draw(seed, Options{Width: 128, Height: 80, Kinds: kinds})
		if len(s.Objects) != 2 || s.Objects[0].Kind != kinds[0] || s.Objects[1].Kind != kinds[1] ||
			s.Picture.Bounds() != image.Rect(0, 0, 128, 80) {
			t.Fatalf("scene %d holds %d objects in %v", seed, len(s.Objects), s.Picture.Bounds())
		}
		reds := s.Mask(func(o Object) bool { return o.Color == Red })
		for j, v := range reds.Values {
			if v != s.Objects[0].Mask.Values[j] {
				t.Fatalf("scene %d: the mask of what is red is not the red circle's", seed)
			}
		}
		if n := len(Draw(seed, Options{Least: 2, Most: 2}).Objects); n != 2 {
			t.Errorf("scene %d holds %d objects, want 2", seed, n)
		}
		if a, b := s.Objects[0].Box, s.Objects[1].Box; a.Inset(-2).Overlaps(b) {
			t.Errorf("scene %d: objects at %v and %v", seed, a, b)
		}
	}
	if got, want := kinds[0].String(), "large red circle"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
