package source

import (
	"fmt"
	"slices"
)

// level is one resolution that a detector's heads read.
type level struct {
	grid [2]int // h, w
	last int    // the last map on which all that the heads make of this resolution depends; -1 if there is none
}

// isMap tells whether a layer is a map with the picture's aspect ratio.
func isMap(l Layer, picture [2]int) bool {
	return len(l.Shape) == 4 && l.Grid[0]*l.Grid[1] > 1 && l.Channels > 1 && cellsOff(l.Grid[0], l.Grid[1], picture) <= 1
}

// ends returns the last map on each way back from a layer: the maps that a head flattens.
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

// isOnEveryPath tells whether every way from the picture to any of the ends goes through a layer.
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

// levels returns the resolutions that the named tensor is made of, the finest first. Each has the last map before its
// heads part: all that the heads make of the resolution depends on that map. A map that becomes the answer without
// anything learned in between does not count.
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

// suggestLevels marks the maps before a detector's heads, if the model's answer is made of several resolutions, and
// suggests the coarsest. Tensors in which the heads have flattened the cells, one for each candidate, no longer count
// as maps.
func suggestLevels(layers []Layer, output string, picture [2]int) bool {
	const list = 2 // number of axes of an answer that lists classes and not candidates
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

// LevelOf returns the layers before the heads of a detector that one of its candidates depends on. of is the number of
// candidates in its first output. It returns the layer of the candidate's own level, or those of all levels if the
// graph does not join the levels candidate by candidate. It returns none for other models.
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
	grid, ok := newDAG(layers).findJoin(picture, candidate, of)
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

// findJoin returns the resolution that a candidate comes from. It looks for a Concat of as many candidates as there
// are, each of whose operands is made of one resolution, and takes the operand that holds the candidate.
func (g *dag) findJoin(picture [2]int, candidate, of int) (grid [2]int, ok bool) {
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
