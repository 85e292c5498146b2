package perturb

import (
	"context"
	"fmt"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Occlusion hides one square window of the picture at a time. With S the target's
// score of the whole picture and S_k with window k hidden,
//
//	L_xy = mean over the windows k that hold (x, y) of S - S_k
//
// Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks",
// section 4.2, which has no equation (its figure 7 draws S_k itself). The windows are one cell of the grid wide
// and overlap by half, so a grid of 7 makes 13 x 13 windows.
var Occlusion = register(Method{
	Name:    "Occlusion",
	Aliases: []string{"occlusion sensitivity"},
	Paper:   "Zeiler and Fergus 2014, arXiv:1311.2901",
	Formula: "L_xy = mean over windows k holding (x, y) of S - S_k",
	Passes:  "(2 grid - 1)^2 + 1 forward: 170 for the usual grid of 7",
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
	if err := checkGrid(grid, height, width); err != nil {
		return nil, err
	}
	rows, columns := windows(height, grid), windows(width, grid)
	draw := func(i int, mask []float32) {
		for p := range mask {
			mask[p] = 1
		}
		if i == 0 {
			return // the whole picture
		}
		r, c := rows[(i-1)/len(columns)], columns[(i-1)%len(columns)]
		for y := r[0]; y < r[1]; y++ {
			for x := c[0]; x < c[1]; x++ {
				mask[y*width+x] = 0
			}
		}
	}
	scores, err := s.Masked(ctx, len(rows)*len(columns)+1, draw,
		func(done, total int) error { return report(done, total, nil) })
	if err != nil {
		return nil, err
	}
	var maps []*heatmap.Map
	for a := range s.Aims {
		raw, covers := heatmap.NewGrid(width, height), make([]float32, height*width)
		for i, row := range scores[1:] {
			r, c := rows[i/len(columns)], columns[i%len(columns)]
			for y := r[0]; y < r[1]; y++ {
				for x := c[0]; x < c[1]; x++ {
					raw.Values[y*width+x] += scores[0][a] - row[a]
					covers[y*width+x]++
				}
			}
		}
		for i := range raw.Values {
			raw.Values[i] /= covers[i]
		}
		maps = append(maps, &heatmap.Map{Place: heatmap.AtMasks, Grid: positiveAbove(raw, 0), Raw: raw})
	}
	return maps, nil
}

// windows cuts n pixels into overlapping windows [from, to).
func windows(n, grid int) [][2]int {
	if n == 1 { // the row of a signal
		return [][2]int{{0, 1}}
	}
	var out [][2]int
	for k := range 2*grid - 1 {
		out = append(out, [2]int{k * n / (2 * grid), (k + 2) * n / (2 * grid)})
	}
	return out
}

func checkGrid(grid, height, width int) error {
	if grid < 1 {
		return fmt.Errorf("a grid of %d cells makes no mask: give at least 1", grid)
	}
	shorter := min(height, width)
	if height == 1 { // a signal, which is covered along its length
		shorter = width
	}
	if grid > shorter {
		return fmt.Errorf("a grid of %d x %d cells is finer than the model's input of %d x %d pixels: give a smaller one",
			grid, grid, width, height)
	}
	return nil
}

// positiveAbove is the positive part of a grid less a level.
func positiveAbove(g heatmap.Grid, level float32) heatmap.Grid {
	out := heatmap.NewGrid(g.W, g.H)
	for i, v := range g.Values {
		out.Values[i] = max(v-level, 0)
	}
	return out
}
