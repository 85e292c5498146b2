package driver

import (
	"fmt"
	"image"
)

// checkSent returns an error if pictures on their way contradict themselves, or have more bytes than this process may
// use; memory is 0 if that is not known.
func checkSent(sent []sentPicture, memory int64) error {
	rest := memory
	for _, s := range sent {
		if s.Hollow == nil {
			continue // the engine says that there is no picture
		}
		needs := planeSizes(s.Hollow)
		if len(needs) == 0 || len(needs) != len(s.Lengths) {
			return fmt.Errorf("a picture of the type %T cannot have %d planes of values", s.Hollow, len(s.Lengths))
		}
		for i, length := range s.Lengths {
			if needs[i] < 0 || length < needs[i] {
				return fmt.Errorf("a picture of the type %T cannot show %v with a plane of %d bytes", s.Hollow,
					s.Hollow.Bounds(), length)
			}
			if rest -= int64(length); memory > 0 && rest < 0 {
				return fmt.Errorf("the pictures have more bytes than the %d that the engine may use", memory)
			}
		}
	}
	return nil
}

// planeSizes returns how many bytes each plane of a picture of one of Go's types has at least: -1 if no plane can be so
// large, and none for other pictures.
func planeSizes(p image.Image) []int {
	switch p := p.(type) {
	case *image.NRGBA:
		return []int{planeSize(p.Rect, p.Stride, 4)}
	case *image.RGBA:
		return []int{planeSize(p.Rect, p.Stride, 4)}
	case *image.NRGBA64:
		return []int{planeSize(p.Rect, p.Stride, 8)}
	case *image.RGBA64:
		return []int{planeSize(p.Rect, p.Stride, 8)}
	case *image.Gray:
		return []int{planeSize(p.Rect, p.Stride, 1)}
	case *image.Gray16:
		return []int{planeSize(p.Rect, p.Stride, 2)}
	case *image.CMYK:
		return []int{planeSize(p.Rect, p.Stride, 4)}
	case *image.YCbCr:
		colour := planeSize(p.Rect, p.CStride, 0)
		if colour >= 0 && !p.Rect.Empty() {
			colour = p.COffset(p.Rect.Max.X-1, p.Rect.Max.Y-1) + 1
		}
		return []int{planeSize(p.Rect, p.YStride, 1), colour, colour}
	}
	return nil
}

// planeSize returns how many bytes the rows of a picture take: -1 if they overlap, or cannot be so many.
func planeSize(r image.Rectangle, stride, pixel int) int {
	const most = 1 << 30 // rows, columns, and bytes of a row
	w, h := r.Dx(), r.Dy()
	switch {
	case r.Empty():
		return 0
	case w < 0 || w > most || h < 0 || h > most || stride < 0 || stride > most || w*pixel > stride && h > 1:
		return -1
	}
	return (h-1)*stride + w*pixel
}
