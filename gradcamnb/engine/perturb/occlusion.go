package perturb

import (
	"context"
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Occlusion hides one square window of the picture, or one cubic window of a volume, at a time. With S the target's
// score of the whole picture and S_k with window k hidden,
//
//	L_xy = mean over the windows k that hold (x, y) of S - S_k
//
// Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks",
// section 4.2, which has no equation (its figure 7 draws S_k itself). The windows are one cell
// of the grid wide and overlap by half, so a grid of 7 makes 13 x 13 windows. A volume of 7 or
// more slices has 13 x 13 x 13 windows; with fewer slices the grid has one cell for each slice.
var Occlusion = register(Method{
	Name:    "Occlusion",
	Aliases: []string{"occlusion sensitivity"},
	Paper:   "Zeiler and Fergus 2014, arXiv:1311.2901",
	Formula: "L_xy = mean over windows k holding (x, y) of S - S_k",
	Passes:  "(2 grid - 1)^2 + 1 forward: 170 for the usual grid of 7; of a volume (2 grid - 1)^3 + 1",
	Use:     "if the model is a black box and you want few passes: it shows what the score loses without a part",
	Peers:   "captum takes the same mean, with the window's size and stride from the caller; the paper draws S_k itself",
	Explain: occlude,
})

func occlude(ctx context.Context, s *Subject, report Listener) ([]*heatmap.Map, error) {
	grid := s.Sampling.Grid
	if grid == 0 {
		grid = 7
	}
	height, width := s.Size()
	f := newField(s, grid)
	if err := checkGrid(f); err != nil {
		return nil, err
	}
	hidden := f.windows()
	draw := func(i int, mask []float32) {
		for p := range mask {
			mask[p] = 1
		}
		if i > 0 { // else the whole picture
			f.each(hidden[i-1], func(p int) { mask[p] = 0 })
		}
	}
	scores, err := s.ScoreMasked(ctx, len(hidden)+1, draw,
		func(done, total int) error { return report(done, total, nil) })
	if err != nil {
		return nil, err
	}
	var maps []*heatmap.Map
	for a := range s.Aims {
		raw, covers := heatmap.NewGrid(width, height), make([]float32, height*width)
		raw.Slices = s.Slices()
		for i, row := range scores[1:] {
			f.each(hidden[i], func(p int) {
				raw.Values[p] += scores[0][a] - row[a]
				covers[p]++
			})
		}
		for i := range raw.Values {
			raw.Values[i] /= covers[i]
		}
		maps = append(maps, &heatmap.Map{Place: heatmap.AtMasks, Grid: positiveAbove(raw, 0), Raw: raw})
	}
	return maps, nil
}

// span is a range [from, to) along an axis.
type span [2]int

// box is a window of a picture or volume: slices, rows within a slice, columns.
type box [3]span

// windows returns the windows of a field, column after column, then row after row, then slice after slice.
func (f field) windows() []box {
	var out []box
	for _, d := range windows(f.slices, f.layers()) {
		for _, r := range windows(f.rows(), f.grid) {
			for _, c := range windows(f.width, f.grid) {
				out = append(out, box{d, r, c})
			}
		}
	}
	return out
}

// each calls visit with the number in the field of every place of a window.
func (f field) each(w box, visit func(p int)) {
	rows := f.rows()
	for z := w[0][0]; z < w[0][1]; z++ {
		for y := w[1][0]; y < w[1][1]; y++ {
			for x := w[2][0]; x < w[2][1]; x++ {
				visit((z*rows+y)*f.width + x)
			}
		}
	}
}

// windows cuts n places along an axis into overlapping windows.
func windows(n, grid int) []span {
	if n == 1 { // the row of a signal, the one slice of a picture
		return []span{{0, 1}}
	}
	var out []span
	for k := range 2*grid - 1 {
		out = append(out, span{k * n / (2 * grid), (k + 2) * n / (2 * grid)})
	}
	return out
}

func checkGrid(f field) error {
	if f.grid < 1 {
		return fmt.Errorf("a grid of %d cells makes no mask: give at least 1", f.grid)
	}
	height := f.rows()
	shorter := min(height, f.width)
	if height == 1 { // a signal, which is covered along its length
		shorter = f.width
	}
	if f.grid > shorter {
		return fmt.Errorf("a grid of %d x %d cells is finer than the model's input of %d x %d pixels: give a smaller one",
			f.grid, f.grid, f.width, height)
	}
	return nil
}

// positiveAbove returns the positive part of a grid less a level.
func positiveAbove(g heatmap.Grid, level float32) heatmap.Grid {
	out := g.Zeros()
	for i, v := range g.Values {
		out.Values[i] = max(v-level, 0)
	}
	return out
}
