package source

import (
	"fmt"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// layout returns what the graph says about the axes. If an axis was added, that was found out before.
func (m *onnxModel) layout() (layoutEvidence, bool) {
	if m.card.AddedAxis > 0 || m.card.Slices > 0 {
		return layoutEvidence{layout: m.card.Layout, by: "graph"}, true
	}
	return layoutOf(m.proto, m.options.Picture, m.card.Input)
}

// settle sets the card's layout and channels by what the graph, the sidecar and the declared shape say.
func (m *onnxModel) settle(said imgio.Layout) error {
	c := &m.card
	found, ok := m.layout()
	switch {
	case said != "" && said != imgio.ChannelsFirst && said != imgio.ChannelsLast:
		return fmt.Errorf("the layout %q is not known; there are %q and %q", said, imgio.ChannelsFirst, imgio.ChannelsLast)
	case ok && said != "" && said != found.layout:
		return fmt.Errorf("the layout %q of the sidecar is not the model's: its %s reads the picture as %s", said, found.by,
			found.layout)
	case ok:
		c.Layout = found.layout
	case said != "":
		c.Layout = said
	case c.Input[1] == 3 && c.Input[3] != 3:
		c.Layout = imgio.ChannelsFirst
	case c.Input[3] == 3 && c.Input[1] != 3:
		c.Layout = imgio.ChannelsLast
	}
	if at, _, _ := c.Layout.Axes(); c.Input[at] < 0 && found.channels > 0 {
		c.Input = slices.Clone(c.Input)
		c.Input[at] = found.channels
	}
	return nil
}

// CheckLayout returns an error if nothing tells the order of the picture's axes.
func (c Card) CheckLayout() error {
	if c.Layout != "" {
		return nil
	}
	return fmt.Errorf("nothing in the model %s tells which axis of its input, %v (-1: any), holds the channels of the picture: "+
		"say it in the sidecar, \"layout\": \"NCHW\" for [batch, channels, height, width] or \"NHWC\" for [batch, height, width, channels]", c.Name, c.Input)
}
