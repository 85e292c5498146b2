package coco

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// RLE is a mask as COCO writes it: the lengths of runs of equal pixels, column by column. The first run is of pixels
// that are not the object.
type RLE struct {
	Size   [2]int `json:"size"`   // height, width
	Counts Counts `json:"counts"` // their sum is height x width
}

// Counts are run lengths. In JSON they may be a list of numbers or COCO's text. They are written as COCO's text.
type Counts []int

// mostPixels is the most pixels that a mask may have.
const mostPixels = 1 << 28

// NewRLE returns the run lengths of a mask. Values above 0 are the object.
func NewRLE(g heatmap.Grid) RLE {
	r := RLE{Size: [2]int{g.H, g.W}}
	run, object := 0, false
	for x := range g.W {
		for y := range g.H {
			if now := g.At(x, y) > 0; now != object {
				r.Counts = append(r.Counts, run)
				run, object = 0, now
			}
			run++
		}
	}
	r.Counts = append(r.Counts, run)
	return r
}

// Grid returns the mask as a grid, 1 for the object's pixels and 0 for others. It returns an error if the runs are
// longer than the mask. Pixels after the last run do not belong to the object.
func (r RLE) Grid() (heatmap.Grid, error) {
	h, w := r.Size[0], r.Size[1]
	if h < 1 || w < 1 || h > mostPixels/w {
		return heatmap.Grid{}, fmt.Errorf("its run lengths are of a mask of %d x %d pixels", w, h)
	}
	g := heatmap.NewGrid(w, h)
	return g, r.AddTo(g)
}

// AddTo adds the object's pixels to a mask of the same size.
func (r RLE) AddTo(mask heatmap.Grid) error {
	h, w := mask.H, mask.W
	if r.Size != [2]int{h, w} {
		return fmt.Errorf("the mask has %d x %d pixels, and the picture %d x %d", r.Size[1], r.Size[0], w, h)
	}
	at := 0
	for i, n := range r.Counts {
		if n < 0 || n > h*w-at {
			return fmt.Errorf("its run lengths are longer than its %d x %d pixels", w, h)
		}
		for k := at; i%2 == 1 && k < at+n; k++ {
			mask.Values[k%h*w+k/h] = 1
		}
		at += n
	}
	return nil
}

// MarshalJSON writes COCO's text of run lengths. Each number is written in groups of 5 bits, the lowest group first,
// each group as a character from '0'. A group's sixth bit says that more follow. The highest of the last group's 5 bits
// is the sign. From the fourth number on, the difference to the number two before is written.
func (c Counts) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	for i, n := range c {
		if i > 2 {
			n -= c[i-2]
		}
		for more := true; more; {
			group := n & 0x1f
			n >>= 5
			rest := 0
			if group&0x10 != 0 { // the last group's highest bit is the sign
				rest = -1
			}
			if more = n != rest; more {
				group |= 0x20
			}
			b.WriteByte(byte('0' + group))
		}
	}
	return []byte(`"` + strings.ReplaceAll(b.String(), `\`, `\\`) + `"`), nil
}

// UnmarshalJSON reads a list of numbers or COCO's text.
func (c *Counts) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, (*[]int)(c)) == nil {
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errors.New("its run lengths are neither numbers nor text")
	}
	*c = nil
	for at := 0; at < len(text); {
		value, shift := 0, 0
		for more := true; more; shift += 5 {
			if at == len(text) || shift > 30 || text[at] < '0' || text[at] > '0'+63 {
				return errors.New("its run lengths are damaged")
			}
			group := int(text[at] - '0')
			value |= group & 0x1f << shift
			more = group&0x20 != 0
			if at++; !more && group&0x10 != 0 {
				value |= -1 << (shift + 5)
			}
		}
		if n := len(*c); n > 2 {
			value += (*c)[n-2]
		}
		*c = append(*c, value)
	}
	return nil
}
