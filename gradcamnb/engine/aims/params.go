package aims

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
)

// params are the program's arguments of one aim.
type params[T any] struct {
	index    T // class of each picture, [batch]
	argument T // what the score takes besides the index; see [target.Kind]

	box, scores, mask T // of a detection: its box, class probabilities and, if they count, its mask
}

// each visits the arguments that the aim has, in order.
func (p *params[T]) each(a Aim, visit func(*T)) {
	visit(&p.index)
	switch {
	case a.box != nil:
		visit(&p.box)
		visit(&p.scores)
		if a.box.masked {
			visit(&p.mask)
		}
	case takesArgument(a.scored):
		visit(&p.argument)
	}
}

func takesArgument(k target.Kind) bool { return k.ArgumentShape != nil }

// pack lists the arguments.
func (p *params[T]) pack(a Aim) []T {
	var out []T
	p.each(a, func(v *T) { out = append(out, *v) })
	return out
}

// unpackParams takes an aim's arguments off the front of a list.
func unpackParams[T any](a Aim, list []T) (p params[T], rest []T) {
	p.each(a, func(v *T) { *v, list = list[0], list[1:] })
	return p, list
}
