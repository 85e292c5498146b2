package engine

import "github.com/gradcam-go/gradcam/gradcamnb/engine/target"

// This file has the order of a program's arguments and results. Each is a struct whose each visits
// its parts in that order, both when the graph is built, where the parts are nodes, and when it is
// called, where they are tensors.

// explained is what the program of a plan gives back.
type explained[T any] struct {
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

	gross T // [batch], the largest cell if nothing cancelled; zero where the map is no sum
}

// each visits what the program gives back, in order.
func (e *explained[T]) each(visit func(*T)) {
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

// pack lists what the program gives back.
func (e *explained[T]) pack() []T {
	var out []T
	e.each(func(v *T) { out = append(out, *v) })
	return out
}

// unpack is what a plan's program gave back, of the list that pack made. It has no room for
// activations and gradients.
func unpack[T any](p plan, first string, list []T) explained[T] {
	atLayer, atPicture := split(p.leaves())
	e := explained[T]{aims: make([]explainedAim[T], len(p.aims))}
	for i := range e.aims {
		a := &e.aims[i]
		if p.aims[i].hasHead(first) {
			a.head = make([]T, 1)
		}
		if len(atLayer) > 0 {
			a.layers = make([]explainedLayer[T], len(p.layers))
		}
		for k := range a.layers {
			a.layers[k].maps = make([]explainedMap[T], len(atLayer))
		}
		a.picture = make([]explainedMap[T], len(atPicture))
	}
	e.each(func(v *T) { *v, list = list[0], list[1:] })
	return e
}

// params are the program's arguments of one aim.
type params[T any] struct {
	index  T // class of each picture, [batch]
	beside T // what the score takes beside it; see [target.Kind]

	box, scores, mask T // of a detection: its box, class probabilities and, if they count, its mask
}

// each visits the arguments that the aim has, in order.
func (p *params[T]) each(a aim, visit func(*T)) {
	visit(&p.index)
	switch {
	case a.box != nil:
		visit(&p.box)
		visit(&p.scores)
		if a.box.masked {
			visit(&p.mask)
		}
	case takesBeside(a.scored):
		visit(&p.beside)
	}
}

func takesBeside(k target.Kind) bool { return k.Beside != nil }

// pack lists the arguments.
func (p *params[T]) pack(a aim) []T {
	var out []T
	p.each(a, func(v *T) { out = append(out, *v) })
	return out
}

// unpackParams takes an aim's arguments off the front of a list.
func unpackParams[T any](a aim, list []T) (p params[T], rest []T) {
	p.each(a, func(v *T) { *v, list = list[0], list[1:] })
	return p, list
}
