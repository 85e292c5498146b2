package heatmap

// Region returns the largest connected part of a grid whose values are at least the given share of the highest one: 1
// for its cells, 0 for others. Cells are connected at their sides and corners (Zhou et al. 2016, section 3.2). If no
// value is above 0, all cells are 0. If two parts are equally large, Region takes the one that comes first, row by row.
// [Grid.BoundingBox] returns the box around it, and [Grid.OnPicture] brings it to the resolution of the picture.
func (g Grid) Region(share float64) Grid {
	out := NewGrid(g.W, g.H)
	least, err := cutHighest(g, share)
	if err != nil {
		return out
	}
	inside := func(i int) bool { return float64(g.Values[i]) >= least }
	seen := make([]bool, len(g.Values))
	var largest []int
	for i := range g.Values {
		if seen[i] || !inside(i) {
			continue
		}
		seen[i] = true
		part := []int{i}
		for at := 0; at < len(part); at++ {
			for _, n := range g.neighbours(part[at]) {
				if !seen[n] && inside(n) {
					seen[n] = true
					part = append(part, n)
				}
			}
		}
		if len(part) > len(largest) {
			largest = part
		}
	}
	for _, i := range largest {
		out.Values[i] = 1
	}
	return out
}

// neighbours returns the up to eight cells around a cell, as indices of Values.
func (g Grid) neighbours(i int) []int {
	out := make([]int, 0, 8)
	x, y := i%g.W, i/g.W
	for v := max(0, y-1); v <= min(g.H-1, y+1); v++ {
		for u := max(0, x-1); u <= min(g.W-1, x+1); u++ {
			if u != x || v != y {
				out = append(out, v*g.W+u)
			}
		}
	}
	return out
}
