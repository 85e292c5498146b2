package source

import (
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// lifted tells how a file's input of three axes is a batch of pictures: which axis of length 1 is missing, and where
// the input's own axes lie in the picture.
type lifted struct {
	at     int
	axes   []int
	layout imgio.Layout // the layout that the graph must show; empty if either will do
}

// liftings are the three cases: a signal [batch, channels, length], which is a picture of one row; a signal [batch,
// length, channels], or a grey picture [batch, height, width]; and one picture without a batch.
var liftings = []lifted{
	{at: 2, axes: []int{0, 1, 3}, layout: imgio.ChannelsFirst},
	{at: 1, axes: []int{0, 2, 3}},
	{at: 0, axes: []int{1, 2, 3}},
}

// lift gives a picture of three axes its fourth, if the graph says which; ok is false if it does not.
func (c *Card) lift(m *protos.ModelProto, in onnxnorm.Input) (ok bool) {
	for _, l := range liftings {
		found, ok := layoutFrom(m, in.Name, tracedAxes{axes: l.axes, dims: in.Dims, whole: true})
		if !ok || l.layout != "" && l.layout != found.layout || found.batch > 0 {
			continue
		}
		onnxnorm.Lift(m, in.Name, l.at)
		c.Input, c.Lacks, c.Layout = slices.Insert(slices.Clone(in.Dims), l.at, 1), l.at+1, found.layout
		return true
	}
	return false
}
