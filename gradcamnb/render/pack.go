package render

import (
	"encoding/base64"
	"encoding/binary"
	"math"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// cardCells is the most cells of an embedded map. A larger map is averaged down.
const cardCells = 64 * 64

// averageCells returns the grid with at most cardCells cells. Each of them is the mean of a block of cells; the blocks
// are of the same size to within a cell.
func averageCells(g heatmap.Grid) heatmap.Grid {
	if g.Slices > 0 {
		return averageSlices(g)
	}
	if g.W*g.H <= cardCells {
		return g
	}
	shrink := math.Sqrt(float64(cardCells) / float64(g.W*g.H))
	return blocks(g, max(1, int(float64(g.W)*shrink)), max(1, int(float64(g.H)*shrink)))
}

// blocks returns a grid of w x h cells, each of which is the mean of a block of another grid's cells.
func blocks(g heatmap.Grid, w, h int) heatmap.Grid {
	out := heatmap.NewGrid(w, h)
	for y := range out.H {
		for x := range out.W {
			var sum, n float64
			for v := y * g.H / out.H; v < (y+1)*g.H/out.H; v++ {
				for u := x * g.W / out.W; u < (x+1)*g.W/out.W; u++ {
					sum += float64(g.At(u, v))
					n++
				}
			}
			out.Values[y*out.W+x] = float32(sum / n)
		}
	}
	return out
}

// averageSlices returns a volume's grid with each slice averaged by itself, and at most eight times cardCells cells.
func averageSlices(g heatmap.Grid) heatmap.Grid {
	rows := g.H / g.Slices
	shrink := min(1, math.Sqrt(8*float64(cardCells)/float64(g.W*g.H)))
	w, h := max(1, int(float64(g.W)*shrink)), max(1, int(float64(rows)*shrink))
	out := heatmap.Grid{W: w, H: h * g.Slices, Slices: g.Slices}
	for z := range g.Slices {
		one := heatmap.Grid{W: g.W, H: rows, Values: g.Values[z*rows*g.W : (z+1)*rows*g.W]}
		out.Values = append(out.Values, blocks(one, w, h).Values...)
	}
	return out
}

// bounds returns the lowest and the highest finite value.
func bounds(g heatmap.Grid) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range g.Values {
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			lo, hi = min(lo, f), max(hi, f)
		}
	}
	if lo > hi {
		return 0, 0
	}
	return lo, hi
}

// pack returns the values as round(65534*(v-lo)/(hi-lo)) in 16 bits each, in base64. NaN and infinite values are
// 65535.
func pack(g heatmap.Grid, lo, hi float64) string {
	out := make([]byte, 0, 2*len(g.Values))
	for _, v := range g.Values {
		q := uint16(math.MaxUint16)
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			q = 0
			if hi > lo {
				q = uint16(math.Round(65534 * (f - lo) / (hi - lo)))
			}
		}
		out = binary.LittleEndian.AppendUint16(out, q)
	}
	return base64.StdEncoding.EncodeToString(out)
}

// finite returns the value, or nil if it is NaN or infinite, for which JSON has no number.
func finite(v float32) *float64 {
	f := float64(v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

// finites returns the values with zero in place of NaN and infinite ones. It never returns nil.
func finites(values []float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		if finite(v) != nil {
			out[i] = v
		}
	}
	return out
}
