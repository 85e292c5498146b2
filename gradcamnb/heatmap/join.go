package heatmap

// Join returns one map that joins several maps of one picture. It divides the positive part of each map by its highest
// value, and takes the largest of these at every pixel:
//
//	L = max_i ReLU(L_i) / max ReLU(L_i)
//
// A map that is nowhere positive adds nothing. All maps must have one size. ODAM's authors scale and join the maps of a
// detection's score and of the four sides of its box in this way (github.com/Cyang-Zhao/ODAM at c2c2d5e,
// tools/demo_ODAM.ipynb).
func Join(maps ...*Map) Grid {
	out := maps[0].Zeros()
	for _, m := range maps {
		var top float32
		for _, v := range m.Values {
			top = max(top, v)
		}
		if top <= 0 {
			continue
		}
		for i, v := range m.Values {
			out.Values[i] = max(out.Values[i], v/top)
		}
	}
	return out
}
