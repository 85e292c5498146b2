package cam

// AugSmooth averages a method's maps of six variants of the picture: the picture and its
// mirror image, each times 0.9, 1 and 1.1. Maps of mirror images are mirrored back. It is
// pytorch-grad-cam's aug_smooth (base_cam.py), and in no paper. It is made of Grad-CAM, or of
// another method of one pass: AugSmooth(LayerCAM). The factors multiply the model's input
// after its preprocessing.
var AugSmooth = Register(Method{
	Name:    "AugSmooth",
	Aliases: []string{"Augmentation smoothing"},
	Spreads: true,
	Paper:   "pytorch-grad-cam 1.5.7 (base_cam.py)",
	Formula: "mean of the method's maps of f x and f mirrored x, f = 0.9, 1, 1.1",
	Passes:  "6 times the method that it is made of",
	Use:     "to centre a map better on the object",
	Peers:   "pytorch-grad-cam averages maps that are scaled to [0, 1]; here they keep their unit; both agree if all variants' maps have the same range",
	Procedure: Wrapper{Usual: "Grad-CAM", Make: func(base Method) (Procedure, error) {
		see, err := onePass(base)
		return Pictures{See: see, Start: func(c Original) Run {
			factors := []float32{0.9, 1, 1.1}
			size := c.emptyGrid(see)
			sum := newMean(size)
			return Run{
				Inputs: 2 * len(factors),
				Input: func(i int) []float32 {
					x := c.Picture.Flat
					if i >= len(factors) {
						x = c.mirror()
					}
					out := make([]float32, len(x))
					for k, v := range x {
						out[k] = v * factors[i%len(factors)]
					}
					return out
				},
				Take: func(i int, score float32, seen []float32) {
					if i >= len(factors) {
						seen = mirror(seen, size.H, size.W, 1)
					}
					sum.take(i, score, seen)
				},
				Map: sum.grid,
			}
		}}, err
	}},
})

// mirror returns the picture's mirror image, left to right.
func (c Original) mirror() []float32 {
	p := c.Picture
	if c.ChannelsLast {
		return mirror(p.Flat, p.H, p.W, p.C)
	}
	return mirror(p.Flat, p.C*p.H, p.W, 1)
}

// mirror returns rows of w vectors of n numbers, each row in reverse order.
func mirror(x []float32, rows, w, n int) []float32 {
	out := make([]float32, len(x))
	for y := range rows {
		for i := range w {
			copy(out[(y*w+i)*n:], x[(y*w+w-1-i)*n:(y*w+w-i)*n])
		}
	}
	return out
}
