package source

import (
	"fmt"
	"math"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// refuseMisread panics if the first convolution or pooling takes rows or columns of the picture for its channels: the
// card has another layout than the function.
func (m *gomlxModel) refuseMisread(w *walk.Walk) {
	n, rows, ok := w.Misread()
	if !ok {
		return
	}
	side := "width"
	if rows {
		side = "height"
	}
	c := m.card
	m.wrongAtf(n, "graph function%s takes the %s of the picture for its channels, since the card says Layout: %s, Input: %v; %s",
		m.by.locate(n), side, layoutWords[c.Layout], c.Input, describeFittingCard(c, rows))
}

// layoutWords are the layouts as a card names them.
var layoutWords = map[imgio.Layout]string{
	imgio.ChannelsLast: "imgio.ChannelsLast", imgio.ChannelsFirst: "imgio.ChannelsFirst",
}

// describeFittingCard returns what to write in a card whose height, or else its width, is the axis that the function
// takes for the channels. There are fewer channels than rows or columns, so the shorter axis is that of the channels.
func describeFittingCard(c Card, rows bool) string {
	other := imgio.ChannelsFirst
	if c.Layout == imgio.ChannelsFirst {
		other = imgio.ChannelsLast
	}
	at, h, w := c.Layout.Axes()
	taken := w
	if rows {
		taken = h
	}
	if to, _, _ := other.Axes(); to != taken {
		return "transpose the picture in the function to the order of axes that it takes"
	}
	if lengthOf(c.Input[taken]) < lengthOf(c.Input[at]) {
		return fmt.Sprintf("write Layout: %s in the card", layoutWords[other])
	}
	input := slices.Insert(slices.Delete(slices.Clone(c.Input), at, at+1), taken, c.Input[at])
	return fmt.Sprintf("write Layout: %s, Input: %v in the card, or transpose the picture in the function", layoutWords[other], input)
}

// lengthOf returns the length of an axis, which is without bound if it is free, -1.
func lengthOf(length int) int {
	if length < 0 {
		return math.MaxInt
	}
	return length
}
