package places

import (
	"math"
	"slices"
)

// pickBetter returns the one of two readings of an axis that says more about places. If both say as much, but their
// cells are not those of the same places, they have moved.
func pickBetter(a, b Axis) Axis {
	switch p, q := rank(a), rank(b); {
	case q > p:
		return b
	case q == p && apart(a, b):
		return moved(a)
	}
	return a
}

// rank tells how much an axis says about places; more is better.
func rank(a Axis) int {
	parts := a.core()
	has := func(is func(p Part) bool) bool { return slices.ContainsFunc(parts, is) }
	switch {
	case len(parts) == 0:
		return 0
	case has(func(p Part) bool { return p.Kind == Unknown }):
		return 1
	case !has(func(p Part) bool { return p.Kind != Other }):
		return 2
	case !has(func(p Part) bool { return p.Kind != Other && p.Kind != Batch }):
		return 3
	case has(func(p Part) bool { return p.Moved }):
		return 4
	case has(func(p Part) bool { return p.Piece }):
		return 5
	}
	return 6
}

// core returns the parts of an axis, those of the cells if it counts tokens.
func (a Axis) core() Axis {
	if len(a) == 1 && a[0].Kind == Tokens {
		return a[0].Core
	}
	return a
}

// moved returns an axis whose cells do not lie where they lay.
func moved(a Axis) Axis {
	out := slices.Clone(a)
	for i, p := range a {
		out[i].Moved = p.Moved || p.Kind.isPlace()
		out[i].Core = moved(p.Core)
	}
	return out
}

// apart tells whether the cells of two axes, or those between the tokens of both, are not those of the same places of
// the picture. Axes of different parts, such as cells and windows of cells, count as the same.
func apart(a, b Axis) bool {
	if x, y := countBefore(a), countBefore(b); x != y {
		return true
	}
	a, b = a.core(), b.core()
	p, ok1 := a.place()
	q, ok2 := b.place()
	if ok1 && ok2 {
		return differ(p, q)
	}
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if differ(a[i], b[i]) {
			return true
		}
	}
	return false
}

// countBefore returns how many tokens stand before the cells of an axis.
func countBefore(a Axis) int {
	if len(a) == 1 {
		return a[0].Before
	}
	return 0
}

// differ tells whether two parts of axes count cells of different places.
func differ(p, q Part) bool {
	if p.Kind != q.Kind {
		return p.Kind.isPlace() || q.Kind.isPlace()
	}
	if !p.Kind.isPlace() {
		return false
	}
	if p.Mirrored != q.Mirrored || p.isWhole() != q.isWhole() {
		return true
	}
	if !p.isWhole() {
		return p.Stride != q.Stride
	}
	x, y := p.Beyond(), q.Beyond()
	return max(math.Abs(x[0]-y[0]), math.Abs(x[1]-y[1])) > max(p.cell(), q.cell())
}
