package imgio

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"testing"
)

// Pixels as the inputs of models of one to four channels. The grey values are those of
// PIL 13.0.0's Image.convert("L"): (200, 100, 50) -> 124, (10, 20, 30) -> 18.
func TestChannels(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	img.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 128})
	img.SetNRGBA(1, 0, color.NRGBA{10, 20, 30, 255})
	base := Prep{Width: 2, Height: 1, Fit: Stretch, Order: "RGB", Mean: [3]float32{10, 10, 10}, Scale: [3]float32{2, 2, 2}}
	bgr := base
	bgr.Order = "BGR"
	alone := base
	alone.AlphaMean, alone.AlphaScale, alone.Mean = 0, 255, [3]float32{10, 20, 30}
	for _, c := range []struct {
		prep     Prep
		channels int
		layout   Layout
		want     []float32
	}{
		{base, 1, ChannelsFirst, []float32{57, 4}},
		{base, 1, ChannelsLast, []float32{57, 4}},
		{base, 2, ChannelsFirst, []float32{57, 4, 59, 122.5}},
		{base, 3, ChannelsLast, []float32{95, 45, 20, 0, 5, 10}},
		{base, 0, ChannelsLast, []float32{95, 45, 20, 0, 5, 10}},
		{base, 4, ChannelsLast, []float32{95, 45, 20, 59, 0, 5, 10, 122.5}},
		{bgr, 4, ChannelsFirst, []float32{20, 10, 45, 5, 95, 0, 59, 122.5}},
		{alone, 4, ChannelsLast, []float32{95, 40, 10, 128. / 255, 0, 0, 0, 1}},
	} {
		p, err := c.prep.ForChannels(c.channels)
		if err != nil {
			t.Errorf("%d channels: %v", c.channels, err)
			continue
		}
		got, _, err := p.Tensor(img, c.layout)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%d channels, %s: %v, %v; want %v", c.channels, c.layout, got, err, c.want)
		}
	}
}

// A grey picture of 8 bits is its own values.
func TestGreyIsItself(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 3, 1))
	copy(img.Pix, []byte{0, 127, 255})
	p := Prep{Width: 3, Height: 1, Fit: Stretch, Order: "L", Scale: [3]float32{1}}
	if got, _, err := p.Tensor(img, ChannelsFirst); err != nil || !slices.Equal(got, []float32{0, 127, 255}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestChannelsRefused(t *testing.T) {
	p := Prep{Width: 2, Height: 1, Fit: Stretch, Order: "RGB", Mean: [3]float32{1, 2, 3}, Scale: [3]float32{1, 1, 1}}
	grey := p
	grey.Order = "L"
	for _, c := range []struct {
		prep     Prep
		channels int
		want     string
	}{
		{p, 11, "takes 11 channels, and a picture has"},
		{p, 1, "give one number for either"},
		{p, 4, "say alpha_mean and alpha_scale"},
		{grey, 3, `the preprocessing's order "L" has 1`},
		{grey, 4, `the preprocessing's order "L" has 1`},
	} {
		if _, err := c.prep.ForChannels(c.channels); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("order %s for %d channels: error %v, want %q", c.prep.Order, c.channels, err, c.want)
		}
	}
}
