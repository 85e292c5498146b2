package study

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// side is the number of parts along each side of a look.
const side = 12

// newLook returns a map's look, which is small enough to keep many: the mean of the map's positive part in each of
// side x side equal parts, scaled so that the largest is 255. It returns nil if the map has no positive part.
func newLook(values []float32, w, h int) []uint8 {
	if w < 1 || h < 1 || w > len(values) || h > len(values) || len(values) != w*h { // a product may have run over
		return nil
	}
	columns, rows := divideCells(w), divideCells(h)
	var means [side * side]float64
	for y, row := range rows {
		for x, column := range columns {
			for _, r := range row {
				for _, c := range column {
					if v := values[r.at*w+c.at]; v > 0 {
						means[y*side+x] += r.share * c.share * float64(v)
					}
				}
			}
		}
	}
	most := slices.Max(means[:])
	if !(most > 0) || most > 1e300 {
		return nil
	}
	out := make([]uint8, side*side)
	for i, v := range means {
		out[i] = uint8(v/most*255 + 0.5)
	}
	return out
}

// cellShare is a cell that a part of a look covers, and the share of the part that lies in it.
type cellShare struct {
	at    int
	share float64
}

// divideCells divides n cells into side equal parts and returns the cells that each part covers.
func divideCells(n int) [side][]cellShare {
	var out [side][]cellShare
	for k := range out {
		from, to := float64(k)*float64(n)/side, float64(k+1)*float64(n)/side
		for at := int(from); at < n && float64(at) < to; at++ {
			share := min(to, float64(at+1)) - max(from, float64(at))
			if share > 1e-12 {
				out[k] = append(out[k], cellShare{at, share / (to - from)})
			}
		}
	}
	return out
}

// normalise returns the parts of a look as shares of their sum.
func normalise(look []uint8) []float64 {
	sum := 0.0
	for _, v := range look {
		sum += float64(v)
	}
	out := make([]float64, len(look))
	for i, v := range look {
		out[i] = float64(v) / sum
	}
	return out
}

// describePlace returns a phrase that names the ninth of the picture with the largest share, and that share.
func describePlace(shares []float64) string {
	names := [3][3]string{{"upper left", "top", "upper right"}, {"left", "middle", "right"},
		{"lower left", "bottom", "lower right"}}
	var ninths [9]float64
	for i, v := range shares {
		ninths[i/side/(side/3)*3+i%side/(side/3)] += v
	}
	best := 0
	for i, v := range ninths {
		if v > ninths[best] {
			best = i
		}
	}
	return fmt.Sprintf("%s, %.0f %%", names[best/3][best%3], 100*ninths[best])
}

// className returns the name of the class that a row explains.
func className(r Row) string {
	if r.ClassIndex >= 0 {
		return heatmap.ClassName(r.Class, r.ClassIndex)
	}
	return cmp.Or(r.Class, r.Target)
}
