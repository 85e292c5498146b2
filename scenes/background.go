package scenes

import (
	"image"
	"image/color"
	"math/rand/v2"
)

// background fills the picture with a texture of two muted colours.
func background(img *image.NRGBA, r *rand.Rand) {
	from, to := mutedColor(r), mutedColor(r)
	texture := textures[r.IntN(len(textures))](img.Bounds().Size(), r)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			img.SetNRGBA(x, y, grain(mix(from, to, texture(x, y), full), 10, r))
		}
	}
}

// mutedColor returns a greyish colour.
func mutedColor(r *rand.Rand) color.NRGBA {
	grey := 70 + r.IntN(120)
	tint := func() uint8 { return uint8(grey + r.IntN(31) - 15) }
	return color.NRGBA{R: tint(), G: tint(), B: tint(), A: 255}
}

// full is a texture's highest value, at which only its second colour is seen.
const full = 256

// textures are functions that return a field of values from 0 to full, by pixel.
var textures = []func(size image.Point, r *rand.Rand) func(x, y int) int{clouds, stripes, checks, slope}

// clouds returns random values on a coarse lattice, bilinear between its points.
func clouds(size image.Point, r *rand.Rand) func(x, y int) int {
	cell := 6 + r.IntN(12)
	w, h := size.X/cell+2, size.Y/cell+2
	lattice := make([]int, w*h)
	for i := range lattice {
		lattice[i] = r.IntN(full + 1)
	}
	return func(x, y int) int {
		i, fx := y/cell*w+x/cell, x%cell
		fy := y % cell
		top := lattice[i]*(cell-fx) + lattice[i+1]*fx
		bottom := lattice[i+w]*(cell-fx) + lattice[i+w+1]*fx
		return (top*(cell-fy) + bottom*fy) / (cell * cell)
	}
}

// stripes returns stripes with soft edges, in one of several directions.
func stripes(_ image.Point, r *rand.Rand) func(x, y int) int {
	period := 6 + r.IntN(12)
	dx, dy := r.IntN(3), r.IntN(3)
	if dx+dy == 0 {
		dx = 1
	}
	return func(x, y int) int {
		at := (dx*x + dy*y) % (2 * period)
		return full * min(at, 2*period-at) / period
	}
}

// checks returns squares of the two colours in turn.
func checks(_ image.Point, r *rand.Rand) func(x, y int) int {
	cell := 5 + r.IntN(10)
	return func(x, y int) int { return (x/cell + y/cell) % 2 * full }
}

// slope goes from one colour to the other, from corner to corner.
func slope(size image.Point, r *rand.Rand) func(x, y int) int {
	flip := r.IntN(2) == 1
	return func(x, y int) int {
		if flip {
			x = size.X - 1 - x
		}
		return full * (x + y) / (size.X + size.Y)
	}
}
