package source

// dag is the graph of a model's layers, which are numbered by their place in the list.
type dag struct {
	layers  []Layer
	at      map[string]int // by name
	readers [][]int        // for each layer, the layers that read it
	roots   []int          // layers that read no other
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
