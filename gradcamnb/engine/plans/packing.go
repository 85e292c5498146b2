package plans

// This file defines the order of a program's results. They are a struct whose method each visits its parts in that
// order. The parts are nodes when the graph is built, and tensors when the program is called.

// programResults holds what the program of a plan returns.
type programResults[T any] struct {
	output T // the model's first output
	aims   []explainedAim[T]
}

type explainedAim[T any] struct {
	score, index T   // [batch]
	head         []T // the output that the aim reads, [batch, n], if that is not the first output; else empty
	layers       []explainedLayer[T]
	picture      []explainedMap[T] // of the methods without a layer
}

type explainedLayer[T any] struct {
	act, grad T // [batch, h, w, channels]; only nodes of the graph, which the program does not return
	maps      []explainedMap[T]
}

type explainedMap[T any] struct {
	raw  T // [batch, h, w], signed, at the layer's resolution
	full T // [batch, H, W] of the model's input, positive part

	gross T // [batch], see [heatmap.Map]
}

// each calls visit for everything that the program returns, in order.
func (e *programResults[T]) each(visit func(*T)) {
	visit(&e.output)
	for i := range e.aims {
		a := &e.aims[i]
		visit(&a.score)
		visit(&a.index)
		for k := range a.head {
			visit(&a.head[k])
		}
		for k := range a.layers {
			eachMap(a.layers[k].maps, visit)
		}
		eachMap(a.picture, visit)
	}
}

func eachMap[T any](maps []explainedMap[T], visit func(*T)) {
	for i := range maps {
		visit(&maps[i].raw)
		visit(&maps[i].full)
		visit(&maps[i].gross)
	}
}

// List returns everything that the program returns, in order.
func (e *programResults[T]) List() []T {
	var out []T
	e.each(func(v *T) { out = append(out, *v) })
	return out
}

// unpack returns the results of a plan's program from a list in the order of List. It leaves activations and gradients
// empty.
func unpack[T any](p Plan, first string, list []T) programResults[T] {
	atLayer, atPicture := split(p.leaves())
	e := programResults[T]{aims: make([]explainedAim[T], len(p.Aims))}
	for i := range e.aims {
		a := &e.aims[i]
		if p.Aims[i].HasHead(first) {
			a.head = make([]T, 1)
		}
		if len(atLayer) > 0 {
			a.layers = make([]explainedLayer[T], len(p.Layers))
		}
		for k := range a.layers {
			a.layers[k].maps = make([]explainedMap[T], len(atLayer))
		}
		a.picture = make([]explainedMap[T], len(atPicture))
	}
	e.each(func(v *T) { *v, list = list[0], list[1:] })
	return e
}

// Intermediates returns the activations and the gradient, [b, h, w, c], at every layer of the first aim, from which its
// maps are made. A program can return them, too, so that they can be compared with those of another implementation.
func (e *programResults[T]) Intermediates() []T {
	var out []T
	for _, l := range e.aims[0].layers {
		out = append(out, l.act, l.grad)
	}
	return out
}
