package metrics

import "math"

// segmentation divides a picture of channels x height x width values into regions of like colour, about 100 of them, by
// SLIC (Achanta et al. 2012, "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods"): k-means of colour and
// place, which looks for a pixel's centre only nearby. With the standard deviation s of the picture's values and the
// centres S apart, the distance of a pixel from a centre is
//
//	D^2 = |colour - colour'|^2 / s^2 + |place - place'|^2 / S^2
//
// Value c of pixel i is at(c, i). Regions may be in several pieces.
func segmentation(channels, height, width int, at func(c, i int) float64) []set {
	apart := max(1, int(math.Sqrt(float64(height*width)/100)))
	var centres [][]float64 // y, x and the colour
	colour := func(y, x int) []float64 {
		p := []float64{float64(y), float64(x)}
		for c := range channels {
			p = append(p, at(c, y*width+x))
		}
		return p
	}
	for y := apart / 2; y < height; y += apart {
		for x := apart / 2; x < width; x += apart {
			centres = append(centres, colour(y, x))
		}
	}
	spread := deviation(channels*height*width, func(k int) float64 { return at(k%channels, k/channels) })
	in, near := make([]int, height*width), make([]float64, height*width)
	for range 10 {
		for i := range near {
			near[i] = math.Inf(1)
		}
		for k, centre := range centres {
			claim(centre, k, height, width, apart, spread, colour, in, near)
		}
		recentre(centres, in, width, colour)
	}
	out := make([]set, len(centres))
	for i, k := range in {
		out[k] = append(out[k], int32(i))
	}
	kept := out[:0]
	for _, s := range out {
		if len(s) > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}

// claim gives a centre those pixels around it that lie nearer to it than to any before.
func claim(centre []float64, k, height, width, apart int, spread float64, colour func(y, x int) []float64, in []int,
	near []float64) {
	cy, cx := int(centre[0]), int(centre[1])
	for y := max(0, cy-2*apart); y < min(height, cy+2*apart+1); y++ {
		for x := max(0, cx-2*apart); x < min(width, cx+2*apart+1); x++ {
			var place, value float64
			for c, v := range colour(y, x) {
				d := (v - centre[c]) * (v - centre[c])
				if c < 2 {
					place += d
				} else {
					value += d
				}
			}
			d := value/(spread*spread) + place/float64(apart*apart)
			if d < near[y*width+x] {
				near[y*width+x], in[y*width+x] = d, k
			}
		}
	}
}

// recentre brings every centre to the mean of its pixels.
func recentre(centres [][]float64, in []int, width int, colour func(y, x int) []float64) {
	counts := make([]float64, len(centres))
	sums := make([][]float64, len(centres))
	for i, k := range in {
		p := colour(i/width, i%width)
		if sums[k] == nil {
			sums[k] = make([]float64, len(p))
		}
		counts[k]++
		for c, v := range p {
			sums[k][c] += v
		}
	}
	for k, n := range counts {
		if n > 0 {
			for c := range sums[k] {
				centres[k][c] = sums[k][c] / n
			}
		}
	}
}

// deviation is the standard deviation of n values; 1 if they are all the same.
func deviation(n int, value func(k int) float64) float64 {
	var sum, square float64
	for k := range n {
		sum += value(k)
	}
	for k := range n {
		square += (value(k) - sum/float64(n)) * (value(k) - sum/float64(n))
	}
	if square == 0 {
		return 1
	}
	return math.Sqrt(square / float64(n))
}
