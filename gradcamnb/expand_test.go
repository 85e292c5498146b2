package gradcamnb

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// listedSession is a session that knows its layers and nothing else.
type listedSession struct {
	driver.Session
	layers []Layer
	asked  Request
}

func (l *listedSession) Info() Info { return Info{Outputs: []string{"logits"}} }

func (l *listedSession) Layers(context.Context, Request) ([]Layer, error) { return l.layers, nil }

func (l *listedSession) Explain(_ context.Context, r Request) ([]*heatmap.Result, error) {
	l.asked = r
	return nil, errors.New("no model")
}

func layer(name string, h, w, channels int) Layer {
	return Layer{Name: name, Grid: [2]int{h, w}, Channels: channels, Feeds: true}
}

// A network that goes down and up again, with layers that are left out of "all": one that feeds nothing, one of one
// cell, one of one channel, and the output itself.
func TestLayerNames(t *testing.T) {
	s := &listedSession{layers: []Layer{
		layer("a1", 8, 8, 4), layer("a2", 8, 8, 4), layer("b1", 4, 4, 8), layer("gate", 1, 1, 8), layer("b2", 4, 4, 8),
		{Name: "aside", Grid: [2]int{4, 4}, Channels: 8}, layer("c1", 2, 2, 8), layer("c2", 2, 2, 8),
		layer("spread", 2, 2, 1),
		layer("up1", 4, 4, 8), layer("up2", 8, 8, 4), layer("up3", 8, 8, 4), layer("logits", 16, 16, 3),
	}}
	m := NewModel(s)
	for name, want := range map[string]string{
		"stages": "a2 b2 c2 up1 up3",
		"all":    "a1 a2 b1 b2 c1 c2 up1 up2 up3",
		"b1":     "b1",
	} {
		if _, err := m.Run(t.Context(), Request{Layers: []string{name}}); err == nil {
			t.Fatal("no error")
		}
		if got := s.asked.Layers; !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
