package metrics

import (
	"math"
	"slices"
)

// superpixels is a picture that is being divided into regions of similar colour.
type superpixels struct {
	height, width int
	channels      int
	apart         int       // distance of neighbouring centres at the start, in pixels
	spread        float64   // standard deviation of the picture's values
	colours       []float64 // of every pixel, its channels next to each other
	centres       []centre  // of every region
	region        []int32   // number of every pixel's region
	near          []float64 // distance of every pixel from the centre of its region, squared
	across        []float64 // room for the distances of columns
}

// centre is the middle of a region.
type centre struct {
	y, x   float64
	colour []float64
}

// segmentation divides a picture of channels x height x width values into about 100 regions of similar colour, by SLIC
// (Achanta et al. 2012, "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods"). This is k-means of colour
// and place that looks for a pixel's centre only nearby. Let s be the standard deviation of the picture's values and S
// the distance of neighbouring centres. The distance of a pixel from a centre is
//
//	D^2 = |colour - colour'|^2 / s^2 + |place - place'|^2 / S^2
//
// Value c of pixel i is at(c, i). Regions may be in several pieces.
func segmentation(channels, height, width int, at func(c, i int) float64) []set {
	n := height * width
	s := superpixels{height: height, width: width, channels: channels, apart: max(1, int(math.Sqrt(float64(n)/100))),
		colours: make([]float64, 0, n*channels), region: make([]int32, n), near: make([]float64, n),
		across: make([]float64, width)}
	for i := range n {
		for c := range channels {
			s.colours = append(s.colours, at(c, i))
		}
	}
	s.spread = deviation(s.colours)
	for y := s.apart / 2; y < height; y += s.apart {
		for x := s.apart / 2; x < width; x += s.apart {
			s.centres = append(s.centres, centre{float64(y), float64(x), slices.Clone(s.colour(y*width + x))})
		}
	}
	for range 10 {
		for i := range s.near {
			s.near[i] = math.Inf(1)
		}
		for k := range s.centres {
			s.claim(k)
		}
		s.recentre()
	}
	return s.collect()
}

// colour returns the channels of a pixel.
func (s *superpixels) colour(i int) []float64 { return s.colours[i*s.channels:][:s.channels] }

// claim gives region k the pixels around its centre that lie nearer to it than to the centres before.
func (s *superpixels) claim(k int) {
	centre, reach := s.centres[k], 2*s.apart
	cy, cx := int(centre.y), int(centre.x)
	left, right := max(0, cx-reach), min(s.width, cx+reach+1)
	for x := left; x < right; x++ {
		s.across[x] = (float64(x) - centre.x) * (float64(x) - centre.x)
	}
	ofPlace, ofColour := float64(s.apart*s.apart), s.spread*s.spread
	for y := max(0, cy-reach); y < min(s.height, cy+reach+1); y++ {
		down := (float64(y) - centre.y) * (float64(y) - centre.y)
		for x := left; x < right; x++ {
			i := y*s.width + x
			place := (down + s.across[x]) / ofPlace
			if place >= s.near[i] { // whatever its colour
				continue
			}
			var colour float64
			for c, v := range s.colour(i) {
				colour += (v - centre.colour[c]) * (v - centre.colour[c])
			}
			if d := colour/ofColour + place; d < s.near[i] {
				s.near[i], s.region[i] = d, int32(k)
			}
		}
	}
}

// recentre moves every centre to the mean of its pixels.
func (s *superpixels) recentre() {
	counts, sums := make([]float64, len(s.centres)), make([]centre, len(s.centres))
	for k := range sums {
		sums[k].colour = make([]float64, s.channels)
	}
	for i, k := range s.region {
		sum := &sums[k]
		counts[k]++
		sum.y += float64(i / s.width)
		sum.x += float64(i % s.width)
		for c, v := range s.colour(i) {
			sum.colour[c] += v
		}
	}
	for k, n := range counts {
		if n == 0 {
			continue
		}
		for c := range sums[k].colour {
			sums[k].colour[c] /= n
		}
		s.centres[k] = centre{sums[k].y / n, sums[k].x / n, sums[k].colour}
	}
}

// collect returns the regions that have pixels.
func (s *superpixels) collect() []set {
	all := make([]set, len(s.centres))
	for i, k := range s.region {
		all[k] = append(all[k], int32(i))
	}
	var out []set
	for _, one := range all {
		if len(one) > 0 {
			out = append(out, one)
		}
	}
	return out
}

// deviation returns the standard deviation of values, or 1 if they are all the same.
func deviation(values []float64) float64 {
	var sum, square float64
	for _, v := range values {
		sum += v
	}
	mean := sum / float64(len(values))
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	if square == 0 {
		return 1
	}
	return math.Sqrt(square / float64(len(values)))
}
