package walk

import (
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
)

// kind is what an axis, or a part of one, stands for.
type kind int

const (
	other        kind = iota // unknown, or none of these: repeats, heads of a sequence
	batch                    // pictures
	depth                    // slices of a volume, or frames of a video
	depthWithin              // slices within a cell
	height                   // rows of cells
	heightWithin             // rows within a cell, such as those of a patch
	width                    // columns of cells
	widthWithin
	samples // of a signal, which is a picture of one row
	channels
	tokens // elements of a sequence
)

// withinKind maps a kind to the kind of the part that is split off behind it.
var withinKind = map[kind]kind{depth: depthWithin, height: heightWithin, width: widthWithin}

// part is a factor of an axis: tokens are rows times columns.
type part struct {
	kind kind
	size int
	of   *sequence // the sequence, if the kind is tokens

	margins places.Part // of rows or columns: where they begin and end in the picture
	moved   bool        // the rows or columns do not lie where they lay in the picture
	from    *piece      // what it was cut from; nil if nothing was cut off since the last windows
}

// sequence is an axis of tokens of which some are no cells of the picture, such as a class token. It has no factors.
type sequence struct {
	cells         axis
	before, after int
}

// axis is the list of an axis's parts, the slowest first.
type axis []part

// axes are the axes of a node's value, in order; nil if nothing is known.
type axes []axis

func plainAxis(k kind, size int) axis { return axis{{kind: k, size: size}} }

// sequenceAxis returns the axis of cells that have before tokens in front of them and after tokens behind them.
func sequenceAxis(cells axis, before, after int) axis {
	if before+after == 0 {
		return cells
	}
	return axis{{kind: tokens, size: cells.size() + before + after, of: &sequence{cells, before, after}}}
}

// sequence returns the cells of the axis, and the tokens before and after them.
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

// kinds returns what the axis stands for, without parts of length 1 and repeats.
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

// soleKind returns the axis's kind if it has only one. Rows and the rows within them are rows.
func (a axis) soleKind() kind {
	all := a.kinds()
	if len(all) == 2 && withinKind[all[0]] == all[1] {
		return all[0]
	}
	if len(all) > 0 && !slices.ContainsFunc(all, func(k kind) bool {
		return k != channels && k != depthWithin && k != heightWithin && k != widthWithin
	}) {
		return channels
	}
	if len(all) == 1 {
		return all[0]
	}
	return other
}

// role returns the kind that the axis has in a map. Pictures times their slices count as pictures, slices times rows as
// rows, and the samples of a signal as columns.
func (a axis) role() kind {
	switch k := a.soleKind(); {
	case k == samples:
		return width
	case a.isBatch():
		return batch
	case slices.Equal(a.kinds(), []kind{depth, height}):
		return height
	default:
		return k
	}
}

// isBatch tells whether the axis counts pictures, or the slices of each of them.
func (a axis) isBatch() bool {
	return len(a) > 0 && a[0].kind == batch && !slices.ContainsFunc(a[1:], func(p part) bool {
		return p.size > 1 && p.kind != depth && p.kind != depthWithin
	})
}

// grid returns the rows and columns of an axis of tokens; 0 if it is not one. The rows are those of all slices.
func (a axis) grid() (rows, columns int) {
	rows, columns = 1, 1
	seen := []kind{}
	for _, p := range a.sequence().cells {
		switch p.kind {
		case depth, depthWithin:
			rows *= p.size
			seen = append(seen, depth)
		case height, heightWithin:
			rows *= p.size
			seen = append(seen, height)
		case width, widthWithin:
			columns *= p.size
			seen = append(seen, width)
		case samples:
			columns *= p.size
			seen = append(seen, height, width)
		default:
			if p.size != 1 {
				return 0, 0
			}
		}
	}
	if seen = slices.Compact(seen); len(seen) > 0 && seen[0] == depth {
		seen = seen[1:]
	}
	if !slices.Equal(seen, []kind{height, width}) {
		return 0, 0
	}
	return rows, columns
}

// slices returns the number of slices that the axis goes through; 0 if it goes through none.
func (a axis) slices() int {
	n := 0
	for _, p := range a.sequence().cells {
		if p.kind == depth || p.kind == depthWithin {
			n = max(1, n) * p.size
		}
	}
	return n
}

// resize returns the axis with another length. Its parts are lost, since they no longer fit.
func (a axis) resize(size int) axis {
	if size == a.size() {
		return a
	}
	cells := a.cells()
	cells.Size = size
	return a.with(cells)
}

// regroup returns the axes after a reshape. A length that cuts through a part splits the part.
func (a axes) regroup(dims []int) axes {
	var todo []part
	for _, x := range a {
		todo = append(todo, x...)
	}
	var out axes
	for _, d := range dims {
		var mine axis
		if mine, todo = takeParts(todo, d); mine == nil {
			return unknown(dims)
		}
		out = append(out, mine)
	}
	return out
}

// takeParts takes the parts of an axis of length d off the front of a list; nil if no parts make up that length.
func takeParts(todo []part, d int) (mine axis, rest []part) {
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

// split cuts a part into its first size steps and the elements within each of them.
func (p part) split(size int) (first, rest part) {
	first, rest = p, part{kind: p.kind, size: p.size / size}
	first.size = size
	if inner, ok := withinKind[p.kind]; ok {
		rest.kind = inner
	}
	return first, rest
}

// join appends a part. Rows and the rows within them become rows again.
func join(parts axis, p part) axis {
	if n := len(parts); n > 0 {
		last := &parts[n-1]
		if p.of == nil && last.kind == p.kind || withinKind[last.kind] == p.kind && p.kind != other {
			last.size *= p.size
			return parts
		}
	}
	return append(parts, p)
}
