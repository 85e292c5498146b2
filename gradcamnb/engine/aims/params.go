package aims

import (
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
)

// params holds the program's arguments for one aim.
type params[T any] struct {
	index    T // class of each picture, [batch]
	argument T // of the score, besides the index; see [target.Kind]

	// of a detection: its box, of turned boxes their corners, class probabilities and, if they count, its mask
	box, corners, scores, mask T
}

// each calls visit for the arguments that the aim has, in order.
func (p *params[T]) each(a Aim, visit func(*T)) {
	visit(&p.index)
	switch {
	case a.box != nil:
		visit(&p.box)
		if a.box.turned {
			visit(&p.corners)
		}
		visit(&p.scores)
		if a.box.masked {
			visit(&p.mask)
		}
	case takesArgument(a.scored):
		visit(&p.argument)
	}
}

func takesArgument(k target.Kind) bool { return k.ArgumentShape != nil }

// pack returns the arguments as a list.
func (p *params[T]) pack(a Aim) []T {
	var out []T
	p.each(a, func(v *T) { out = append(out, *v) })
	return out
}

// unpackParams returns the arguments of an aim from the front of a list, and the rest of the list.
func unpackParams[T any](a Aim, list []T) (p params[T], rest []T) {
	p.each(a, func(v *T) { *v, list = list[0], list[1:] })
	return p, list
}
