package source

// dag is the layers of a model as a graph, by their places in the list.
type dag struct {
	layers  []Layer
	at      map[string]int // by name
	readers [][]int        // layers that are made of each
	roots   []int          // layers that are made of no other
}

func newDAG(layers []Layer) *dag {
	g := &dag{layers: layers, at: map[string]int{}, readers: make([][]int, len(layers))}
	for i, l := range layers {
		g.at[l.Name] = i
	}
	for i, l := range layers {
		from := 0
		for _, in := range l.inputs {
			if k, ok := g.at[in]; ok {
				g.readers[k] = append(g.readers[k], i)
				from++
			}
		}
		if from == 0 && !l.WithoutPicture {
			g.roots = append(g.roots, i)
		}
	}
	return g
}
