package driver

import (
	"image"
	"math"
	"testing"
)

// Pictures that contradict themselves are refused before room is made for them, whoever has sent them. Each of Go's own
// is taken, also a part of a larger one.
func TestCheckSent(t *testing.T) {
	size, part := image.Rect(-3, 2, 34, 23), image.Rect(5, 3, 30, 20)
	for _, p := range []image.Image{image.NewNRGBA(size), image.NewRGBA(size), image.NewNRGBA64(size),
		image.NewRGBA64(size), image.NewGray(size), image.NewGray16(size), image.NewCMYK(size),
		image.NewYCbCr(size, image.YCbCrSubsampleRatio420), image.NewYCbCr(size, image.YCbCrSubsampleRatio411),
		image.NewYCbCr(image.Rect(5, 3, 11, 4), image.YCbCrSubsampleRatio420), image.NewGray(image.Rectangle{})} {
		cut := p.(interface {
			SubImage(image.Rectangle) image.Image
		}).SubImage(part)
		for _, p := range []image.Image{p, cut} {
			if err := checkSent([]sentPicture{hollow(p)}, 1<<20); err != nil {
				t.Error(err)
			}
		}
		short := hollow(p)
		if last := len(short.Lengths) - 1; short.Lengths[last] > 0 {
			short.Lengths[last]--
			if checkSent([]sentPicture{short}, 0) == nil {
				t.Errorf("a %T that lacks a byte is taken", p)
			}
		}
	}
	gray := func(stride int, r image.Rectangle) image.Image { return &image.Gray{Stride: stride, Rect: r} }
	far := image.Rect(-math.MaxInt, 0, math.MaxInt, 4)
	for name, s := range map[string]sentPicture{
		"no planes":         {gray(4, part), nil},
		"a plane too many":  {gray(25, part), []int{425, 1}},
		"rows that overlap": {gray(1, part), []int{1 << 20}},
		"rows backwards":    {gray(-25, part), []int{1 << 20}},
		"endless rows":      {gray(math.MaxInt, part), []int{1 << 20}},
		"endless columns":   {gray(1, far), []int{1 << 20}},
		"less than nothing": {gray(0, image.Rectangle{}), []int{-1}},
		"another type":      {&image.Paletted{}, []int{0}},
		"too many bytes":    {gray(25, part), []int{1<<20 + 1}},
	} {
		if checkSent([]sentPicture{s}, 1<<20) == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}
