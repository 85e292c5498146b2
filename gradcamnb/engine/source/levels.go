package source

import (
	"fmt"
	"slices"
)

// level is one resolution that a detector's heads read.
type level struct {
	grid [2]int // h, w
	last int    // the last map that everything of the resolution which the heads make is made from; -1 if there is none
}

// isMap tells whether a layer is a map of the picture, of its aspect ratio.
func isMap(l Layer, picture [2]int) bool {
	return len(l.Shape) == 4 && l.Grid[0]*l.Grid[1] > 1 && l.Channels > 1 && cellsOff(l.Grid[0], l.Grid[1], picture) <= 1
}

// ends returns the last maps on every way back from a layer: what a head flattens.
func (g *dag) ends(from int, picture [2]int) []int {
	var out []int
	seen := map[int]bool{}
	todo := []int{from}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		if isMap(g.layers[i], picture) {
			out = append(out, i)
			continue
		}
		for _, in := range g.layers[i].inputs {
			if k, ok := g.at[in]; ok {
				todo = append(todo, k)
			}
		}
	}
	slices.Sort(out)
	return out
}

// isOnEveryPath tells whether every way from the picture to all of the ends goes through a layer.
func (g *dag) isOnEveryPath(through int, ends []int) bool {
	seen := map[int]bool{through: true}
	todo := slices.Clone(g.roots)
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		if slices.Contains(ends, i) {
			return false
		}
		todo = append(todo, g.readers[i]...)
	}
	return true
}

// levels returns the resolutions that the named tensor is made of, the finest first, each with
// the last map before its heads part: all that the heads make of the resolution is made of
// it. One that becomes the answer itself without more being learned is none.
func levels(layers []Layer, output string, picture [2]int) []level {
	g := newDAG(layers)
	from, ok := g.at[output]
	if !ok {
		return nil
	}
	byGrid := map[[2]int][]int{}
	for _, i := range g.ends(from, picture) {
		grid := layers[i].Grid
		byGrid[grid] = append(byGrid[grid], i)
	}
	var out []level
	for grid, ends := range byGrid {
		l := level{grid, -1}
		for i := slices.Max(ends); i >= 0 && l.last < 0; i-- {
			c := layers[i]
			if isMap(c, picture) && c.Grid == grid && !c.answer && !averages[c.Op] && g.isOnEveryPath(i, ends) {
				l.last = i
			}
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b level) int { return b.grid[0]*b.grid[1] - a.grid[0]*a.grid[1] })
	return out
}

// suggestLevels marks the maps before a detector's heads, of a model whose answer is made of
// several resolutions, and suggests the coarsest. What the heads lay flat, candidate by
// candidate, is no map.
func suggestLevels(layers []Layer, output string, picture [2]int) bool {
	const list = 2 // axes of an answer that is no list of candidates, but of classes
	if slices.ContainsFunc(layers, func(l Layer) bool { return l.Name == output && len(l.Shape) <= list }) {
		return false
	}
	found := levels(layers, output, picture)
	if len(found) < 2 {
		return false
	}
	flat := map[int]bool{}
	candidates := 0
	for _, l := range found {
		n := l.grid[0] * l.grid[1]
		flat[n] = true
		candidates += n
	}
	flat[candidates] = true
	for i, l := range layers {
		if len(l.Shape) == 3 && flat[l.Shape[2]] || len(l.Shape) == 4 && flat[l.Shape[3]] && !isMap(l, picture) {
			layers[i].Grid, layers[i].Channels = [2]int{}, 0
		}
	}
	suggested := -1
	for _, l := range found {
		if l.last >= 0 {
			layers[l.last].Level, suggested = true, l.last
		}
	}
	if suggested < 0 {
		return false
	}
	layers[suggested].Suggested = true
	layers[suggested].Why = fmt.Sprintf(
		"last map before the detector's heads, of the coarsest of %d levels, %d x %d cells", len(found),
		layers[suggested].Grid[0], layers[suggested].Grid[1])
	return true
}

// LevelOf returns the layers before the heads of a detector that a candidate is made of, of
// so many that its first output lists: that of its own level, or of all levels where the
// graph does not join them candidate by candidate. There are none for other models.
func LevelOf(layers []Layer, output string, picture [2]int, candidate, of int) []Layer {
	found := levels(layers, output, picture)
	var all []Layer
	for _, l := range found {
		if l.last >= 0 {
			all = append(all, layers[l.last])
		}
	}
	if len(found) < 2 || candidate < 0 {
		return all
	}
	grid, ok := newDAG(layers).joinedAt(picture, candidate, of)
	if !ok {
		return all
	}
	for _, l := range found {
		if l.grid == grid && l.last >= 0 {
			return []Layer{layers[l.last]}
		}
	}
	return all
}

// joinedAt returns the resolution that a candidate comes from: the part that holds it of a Concat
// of as many candidates, each of whose operands is made of one resolution.
func (g *dag) joinedAt(picture [2]int, candidate, of int) (grid [2]int, ok bool) {
	for _, l := range g.layers {
		if l.Op != "Concat" || len(l.inputs) < 2 {
			continue
		}
		axis := slices.Index(l.Shape, of)
		at, found := 0, false
		for _, in := range l.inputs {
			k, known := g.at[in]
			if axis < 0 || !known || len(g.layers[k].Shape) != len(l.Shape) {
				found = false
				break
			}
			next := at + g.layers[k].Shape[axis]
			if candidate >= at && candidate < next {
				ends := g.ends(k, picture)
				found = len(ends) > 0
				for _, e := range ends {
					grid = g.layers[e].Grid
					found = found && grid == g.layers[ends[0]].Grid
				}
			}
			at = next
		}
		if found && at == of {
			return grid, true
		}
	}
	return grid, false
}
