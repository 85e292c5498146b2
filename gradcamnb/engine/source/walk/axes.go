package walk

import (
	"slices"
)

// kind says what an axis, or a part of one, stands for.
type kind int

const (
	other        kind = iota // not known, or none of these: repeats, heads of a sequence
	batch                    // pictures
	height                   // rows of cells
	heightWithin             // rows within a cell, as patches have them
	width                    // columns of cells
	widthWithin
	channels
	tokens // of a sequence
)

// within is what a part that is split off behind an axis of the kind stands for.
var within = map[kind]kind{height: heightWithin, width: widthWithin}

// part is a factor of an axis: tokens are rows times columns.
type part struct {
	kind kind
	size int
	of   *sequence // of a sequence
}

// sequence is tokens, not all of which are cells of the picture: a class token stands before
// them. It has no factors.
type sequence struct {
	cells         axis
	before, after int
}

// axis is the parts of an axis, the slowest first.
type axis []part

// axes are those of a node's value, in its order; nil if nothing is known.
type axes []axis

func plainAxis(k kind, size int) axis { return axis{{kind: k, size: size}} }

// inSequence are cells with others beside them.
func inSequence(cells axis, before, after int) axis {
	if before+after == 0 {
		return cells
	}
	return axis{{kind: tokens, size: cells.size() + before + after, of: &sequence{cells, before, after}}}
}

// sequence returns what the axis has beside its cells, and those.
func (a axis) sequence() sequence {
	for _, p := range a {
		if p.of != nil {
			return *p.of
		}
	}
	return sequence{cells: a}
}

func unknown(dims []int) axes {
	var out axes
	for _, d := range dims {
		out = append(out, plainAxis(other, d))
	}
	return out
}

// size returns the length of the axis.
func (a axis) size() int {
	n := 1
	for _, p := range a {
		n *= p.size
	}
	return n
}

// isKnown tells whether something is known about the axis.
func (a axis) isKnown() bool {
	return slices.ContainsFunc(a, func(p part) bool { return p.kind != other })
}

// kinds returns what the axis stands for, without parts of one cell and repeats.
func (a axis) kinds() []kind {
	var out []kind
	for _, p := range a {
		if p.size == 1 && a.size() > 1 || p.kind == other {
			continue
		}
		if !slices.Contains(out, p.kind) {
			out = append(out, p.kind)
		}
	}
	return out
}

// soleKind returns the axis's kind where it has one: rows and the rows within them are rows.
func (a axis) soleKind() kind {
	all := a.kinds()
	if len(all) == 2 && within[all[0]] == all[1] {
		return all[0]
	}
	if len(all) > 0 && !slices.ContainsFunc(all, func(k kind) bool {
		return k != channels && k != heightWithin && k != widthWithin
	}) {
		return channels
	}
	if len(all) == 1 {
		return all[0]
	}
	return other
}

// grid returns the rows and columns of an axis of tokens, zero if it is none.
func (a axis) grid() (rows, columns int) {
	rows, columns = 1, 1
	seen := []kind{}
	for _, p := range a.sequence().cells {
		switch p.kind {
		case height, heightWithin:
			rows *= p.size
			seen = append(seen, height)
		case width, widthWithin:
			columns *= p.size
			seen = append(seen, width)
		default:
			if p.size != 1 {
				return 0, 0
			}
		}
	}
	if seen = slices.Compact(seen); !slices.Equal(seen, []kind{height, width}) {
		return 0, 0
	}
	return rows, columns
}

// resized returns the axis at another length, which its parts cannot say any more.
func (a axis) resized(size int) axis {
	if size == a.size() {
		return a
	}
	return plainAxis(a.soleKind(), size)
}

// regrouped returns the axes after a reshape. A length that cuts through a part splits it.
func (a axes) regrouped(dims []int) axes {
	var todo []part
	for _, x := range a {
		todo = append(todo, x...)
	}
	var out axes
	for _, d := range dims {
		var mine axis
		if mine, todo = taken(todo, d); mine == nil {
			return unknown(dims)
		}
		out = append(out, mine)
	}
	return out
}

// taken takes parts that make an axis of a length off the front of a list; nil if they make none.
func taken(todo []part, d int) (mine axis, rest []part) {
	size := 1
	for len(todo) > 0 && (size < d || d == 1 && len(mine) == 0 && todo[0].size == 1) {
		p := todo[0]
		switch {
		case d%(size*p.size) == 0:
			todo = todo[1:]
		case p.of == nil && d%size == 0 && p.size%(d/size) == 0:
			p, todo[0] = p.split(d / size)
		default:
			return nil, todo
		}
		size *= p.size
		mine = join(mine, p)
	}
	switch {
	case size != d:
		return nil, todo
	case len(mine) == 0:
		return plainAxis(other, 1), todo
	}
	return mine, todo
}

// split cuts a part into the first so many steps and those within each of them.
func (p part) split(size int) (first, rest part) {
	first, rest = part{kind: p.kind, size: size}, part{kind: p.kind, size: p.size / size}
	if inner, ok := within[p.kind]; ok {
		rest.kind = inner
	}
	return first, rest
}

// join puts a part behind others; rows and the rows within them are rows again.
func join(parts axis, p part) axis {
	if n := len(parts); n > 0 {
		last := &parts[n-1]
		if p.of == nil && last.kind == p.kind || within[last.kind] == p.kind && p.kind != other {
			last.size *= p.size
			return parts
		}
	}
	return append(parts, p)
}
