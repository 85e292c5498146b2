package walk

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// HasBias tells whether a layer is a convolution with a bias, or a batch norm. It may be no map.
func (w *Walk) HasBias(p *Place) bool {
	return (len(p.reads) > 0 || p.form == module) && p.enter != nil && (p.Node.Rank() > 2 || p.Layout.Map()) &&
		(p.Op == "Conv" && p.ops[NodeTypeAdd] || p.Op == "BatchNormalization")
}

// Bias returns what a layer adds to every channel, [channels]: its output for a picture of zeros. n is the last node of
// the layer. It returns nil for a layer without a bias.
func (w *Walk) Bias(n *Node) *Node {
	for _, p := range w.Places {
		if p.Node != n || !w.HasBias(p) {
			continue
		}
		layout := w.Layout(n)
		if !layout.Map() {
			return nil
		}
		ofZeros := Rebuild([]*Node{n}, map[*Node]*Node{p.enter: ZerosLike(p.enter)}, nil)[0]
		cell := Slice(layout.Grid(ofZeros), AxisElem(0), AxisElem(0), AxisElem(0), AxisRange())
		return ConvertDType(Reshape(cell, layout.Channels), dtypes.Float32)
	}
	return nil
}
