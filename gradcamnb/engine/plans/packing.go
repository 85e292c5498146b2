package plans

// This file has the order of a program's arguments and results. Each is a struct whose each visits
// its parts in that order, both when the graph is built, where the parts are nodes, and when it is
// called, where they are tensors.

// programResults is what the program of a plan gives back.
type programResults[T any] struct {
	output T // the model's first output
	aims   []explainedAim[T]
}

type explainedAim[T any] struct {
	score, index T   // [batch]
	head         []T // the output that the aim reads, [batch, n], if it is another one than the first; else nothing
	layers       []explainedLayer[T]
	picture      []explainedMap[T] // of the methods that have no layer
}

type explainedLayer[T any] struct {
	act, grad T // [batch, h, w, channels], of the graph alone: the program does not give them back
	maps      []explainedMap[T]
}

type explainedMap[T any] struct {
	raw  T // [batch, h, w], signed, at the layer's resolution
	full T // [batch, H, W] of the model's input, positive part

	gross T // [batch], the largest cell if nothing cancelled; zero if the map is no sum
}

// each visits what the program gives back, in order.
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

// List lists what the program gives back, in order.
func (e *programResults[T]) List() []T {
	var out []T
	e.each(func(v *T) { out = append(out, *v) })
	return out
}

// unpack is what a plan's program gave back, of the list that List made. It has no room for
// activations and gradients.
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

// Intermediates lists the activations and the gradient, [b, h, w, c], at every layer of the first aim, which its maps
// are made of. Who compares them with those of another implementation has a program give them back, too.
func (e *programResults[T]) Intermediates() []T {
	var out []T
	for _, l := range e.aims[0].layers {
		out = append(out, l.act, l.grad)
	}
	return out
}
