package source

import "slices"

// markReduced marks as attention the maps that only become keys and values of queries with more cells, if both are made
// of one map, as in SegFormer and PVT. If the picture's sides are no multiples of 32, such a map has fewer cells than
// the last one, but no feature goes through it to the answer.
func (f *flow) markReduced() {
	for i, l := range f.layers {
		if !products[l.Op] || !f.isComputed(l, 0) || !f.isComputed(l, 1) {
			continue
		}
		query, key := f.projected(f.at[l.inputs[0]]), f.projected(f.at[l.inputs[1]])
		if f.cells(query) < f.cells(key) {
			query, key = key, query
		}
		if !l.Feeds || key == i || f.cells(key) == 0 || f.cells(query) == f.cells(key) {
			continue
		}
		for _, made := range f.madeOnlyFor(key, query) {
			f.project[made] = true
		}
	}
}

// projected returns the layer that a part of attention is a projection of.
func (f *flow) projected(i int) int {
	for f.project[i] {
		at := slices.IndexFunc(f.layers[i].inputs, func(name string) bool { _, ok := f.at[name]; return ok })
		if at < 0 {
			break
		}
		i = f.at[f.layers[i].inputs[at]]
	}
	return i
}

// madeOnlyFor returns the key's layer, and those between it and the query's that nothing else reads. It returns nil if
// they are made of more than the query's layer.
func (f *flow) madeOnlyFor(key, query int) []int {
	var made []int
	for i := key; i > query; i-- {
		only := !slices.ContainsFunc(f.readers[i], func(r int) bool {
			return f.layers[r].Feeds && !slices.Contains(made, r) && (i != key || !f.project[r])
		})
		if only && (i == key || slices.ContainsFunc(f.readers[i], func(r int) bool { return slices.Contains(made, r) })) {
			made = append(made, i)
		}
	}
	for _, i := range made {
		for _, name := range f.layers[i].inputs {
			if in, ok := f.at[name]; ok && in != query && !slices.Contains(made, in) {
				return nil
			}
		}
	}
	return made
}
