package walk

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// findFirst notes whether a node that depends on the picture is the first convolution or pooling of it.
func (w *Walk) findFirst(n *Node) {
	slides := n.Type() == NodeTypeConvGeneral || n.Type() == NodeTypeReduceWindow
	if slides && w.first == nil && w.raw[n.Inputs()[0]] {
		w.first = n
	}
	w.raw[n] = !slides && !w.mixes(n) &&
		!slices.ContainsFunc(n.Inputs(), func(in *Node) bool { return w.sees[in] && !w.raw[in] })
}

// mixes tells whether a node is a convolution or a product of the picture with weights or with itself. A resizing is a
// product, too, with shares that are computed from the sizes alone.
func (w *Walk) mixes(n *Node) bool {
	if !learned[n.Type()] {
		return false
	}
	seen := 0
	for _, in := range n.Inputs() {
		switch {
		case w.sees[in]:
			seen++
		case len(w.weights[in]) > 0 || skipNeutral(in).Type() == NodeTypeConstant:
			return true
		}
	}
	return seen > 1
}

// Misread returns the first convolution or pooling of the picture if it takes the picture's axes for others than they
// are: a convolution whose channels are rows or columns of the picture and that slides over the channels, or a pooling
// whose windows span channels and either rows or columns. rows tells whether it takes rows of the picture for the
// channels, and not columns. ok is false if it reads the picture as it is.
func (w *Walk) Misread() (n *Node, rows, ok bool) {
	n = w.first
	if n == nil || n.Rank() != 4 {
		return nil, false, false
	}
	from := w.trace.of[n.Inputs()[0]]
	if len(from) != 4 {
		return nil, false, false
	}
	read := readPooling
	if n.Type() == NodeTypeConvGeneral {
		read = readConvolution
	}
	axis, ok := read(n, from)
	rows = from[axis].soleKind() == height
	return n, rows, ok && (rows || from[axis].soleKind() == width)
}

// readConvolution returns the axis that a convolution takes for the channels. ok tells whether it slides over the
// picture's channels. A kernel of 1 x 1 slides over both axes if these are longer than 1.
func readConvolution(n *Node, from axes) (axis int, ok bool) {
	c, kernel := ConvolutionOf(n).Axes, n.Inputs()[1].Shape()
	single := kernel.Dim(c.KernelSpatial[0]) == 1 && kernel.Dim(c.KernelSpatial[1]) == 1
	for i, a := range c.InputSpatial {
		ok = ok || from[a].soleKind() == channels && (kernel.Dim(c.KernelSpatial[i]) > 1 || single && from[a].size() > 1)
	}
	return c.InputChannels, ok
}

// readPooling returns the axis besides that of the pictures that the windows of a pooling do not span. ok is false if
// there is more than one, or if the windows do not span the channels.
func readPooling(n *Node, from axes) (axis int, ok bool) {
	spanned, left := false, 0
	for i, length := range WindowOf(n).Size {
		switch k := from[i].soleKind(); {
		case length > 1:
			spanned = spanned || k == channels
		case k != batch:
			axis, left = i, left+1
		}
	}
	return axis, spanned && left == 1
}
