package metrics

import "math"

// superpixels is a picture that is being divided into regions of similar colour.
type superpixels struct {
	height, width int
	apart         int         // distance of neighbouring centres at the start, in pixels
	spread        float64     // standard deviation of the picture's values
	pixels        [][]float64 // y, x and the colour of every pixel
	centres       [][]float64 // y, x and the colour of every region's centre
	region        []int       // number of every pixel's region
	near          []float64   // distance of every pixel from the centre of its region, squared
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
	s := superpixels{height: height, width: width, apart: max(1, int(math.Sqrt(float64(n)/100))),
		pixels: make([][]float64, n), region: make([]int, n), near: make([]float64, n),
		spread: deviation(channels*n, func(k int) float64 { return at(k%channels, k/channels) })}
	for i := range s.pixels {
		s.pixels[i] = []float64{float64(i / width), float64(i % width)}
		for c := range channels {
			s.pixels[i] = append(s.pixels[i], at(c, i))
		}
	}
	for y := s.apart / 2; y < height; y += s.apart {
		for x := s.apart / 2; x < width; x += s.apart {
			s.centres = append(s.centres, append([]float64(nil), s.pixels[y*width+x]...))
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

// claim gives region k the pixels around its centre that lie nearer to it than to the centres before.
func (s *superpixels) claim(k int) {
	centre, reach := s.centres[k], 2*s.apart
	cy, cx := int(centre[0]), int(centre[1])
	for y := max(0, cy-reach); y < min(s.height, cy+reach+1); y++ {
		for x := max(0, cx-reach); x < min(s.width, cx+reach+1); x++ {
			i := y*s.width + x
			var place, colour float64
			for c, v := range s.pixels[i] {
				d := (v - centre[c]) * (v - centre[c])
				if c < 2 {
					place += d
				} else {
					colour += d
				}
			}
			if d := colour/(s.spread*s.spread) + place/float64(s.apart*s.apart); d < s.near[i] {
				s.near[i], s.region[i] = d, k
			}
		}
	}
}

// recentre moves every centre to the mean of its pixels.
func (s *superpixels) recentre() {
	counts, sums := make([]float64, len(s.centres)), make([][]float64, len(s.centres))
	for i, k := range s.region {
		if sums[k] == nil {
			sums[k] = make([]float64, len(s.pixels[i]))
		}
		counts[k]++
		for c, v := range s.pixels[i] {
			sums[k][c] += v
		}
	}
	for k, n := range counts {
		for c := range sums[k] {
			s.centres[k][c] = sums[k][c] / n
		}
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

// deviation returns the standard deviation of n values, or 1 if they are all the same.
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
