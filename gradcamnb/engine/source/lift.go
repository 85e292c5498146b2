package source

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// liftedInput tells how a file's input of three axes is a batch of pictures: which axis of length 1 is missing, and
// where the input's own axes lie in the picture.
type liftedInput struct {
	at     int
	axes   []int
	layout imgio.Layout // the layout that the graph must show; empty if either will do
}

// liftings are the three cases: a signal [batch, channels, length], which is a picture of one row; a signal [batch,
// length, channels], or a grey picture [batch, height, width]; and one picture without a batch.
var liftings = []liftedInput{
	{at: 2, axes: []int{0, 1, 3}, layout: imgio.ChannelsFirst},
	{at: 1, axes: []int{0, 2, 3}},
	{at: 0, axes: []int{1, 2, 3}},
}

// lift gives a picture of three axes its fourth, if the graph says which; ok is false if it does not. A case in which
// the batch is known to be what the graph takes for it comes before one in which it only may be.
func (c *Card) lift(m *protos.ModelProto, in onnxnorm.Input) (ok bool) {
	for _, known := range []bool{true, false} {
		for _, l := range liftings {
			found, ok := layoutFrom(m, in.Name, tracedAxes{axes: l.axes, dims: in.Dims, whole: true})
			if !ok || l.layout != "" && l.layout != found.layout || found.batch > 0 || known && found.batch != l.batch() {
				continue
			}
			onnxnorm.Lift(m, in.Name, l.at)
			c.Input, c.AddedAxis, c.Layout = slices.Insert(slices.Clone(in.Dims), l.at, 1), l.at+1, found.layout
			return true
		}
	}
	return false
}

// batch returns the picture's axis that the input has for the batch; -1 if it has none.
func (l liftedInput) batch() int {
	if l.at == 0 {
		return -1
	}
	return 0
}

// stackings are a volume [batch, channels, slices, height, width], and one with the channels last: where its own axes
// lie in a picture whose rows are those of all slices.
var stackings = []liftedInput{
	{at: 2, axes: []int{0, 1, 2, 2, 3}, layout: imgio.ChannelsFirst},
	{at: 1, axes: []int{0, 1, 1, 2, 3}, layout: imgio.ChannelsLast},
}

// stack turns the card's input of five axes, a volume, into a picture of its slices, one below another. The number of
// slices is the declared one or, if that is free, said. An input of other axes is an error if said is not 0.
func (c *Card) stack(m *protos.ModelProto, in onnxnorm.Input, dims []int, said int) error {
	if len(dims) != volumeAxes {
		if said > 0 {
			return fmt.Errorf("the sidecar speaks of %d slices, but the model's input %s is no volume, which has 5 axes: "+
				"delete \"slices\" there", said, in)
		}
		return nil
	}
	for _, s := range stackings {
		found, ok := layoutFrom(m, in.Name, tracedAxes{axes: s.axes, dims: in.Dims, whole: true})
		if !ok || s.layout != found.layout || found.batch != 0 {
			continue
		}
		n, rows := in.Dims[s.at], in.Dims[s.at+1]
		if n < 0 {
			n = said
		}
		switch {
		case n < 1:
			return fmt.Errorf("the model's input %s takes volumes of any number of slices: say in its sidecar how many yours have, as \"slices\": 16", in)
		case said > 0 && n != said:
			return fmt.Errorf("the sidecar speaks of %d slices, and the model's input %s has %d", said, in, n)
		}
		if err := onnxnorm.Stack(m, in.Name, s.at, n); err != nil {
			return err
		}
		if rows > 0 {
			rows *= n
		}
		c.Input = slices.Replace(slices.Clone(in.Dims), s.at, s.at+2, rows)
		c.Slices, c.Layout = n, found.layout
		return nil
	}
	return fmt.Errorf("the model's input %s has 5 axes, and nothing in the model tells that they are those of a volume, [batch, channels, slices, height, width] or with the channels last. A video, [batch, frames, ...], is not explained: export the part of the network that sees one frame", in)
}
