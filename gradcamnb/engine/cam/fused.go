package cam

import "math"

// MeanFusion makes one map of several layers. It scales a method's map of every layer to
// [0, 1], resizes it to the picture, takes the mean over the layers, and scales that to
// [0, 1]. pytorch-grad-cam 1.5.7 joins its target_layers this way; it is in no paper. It is
// made of Grad-CAM, or of another method: Mean(LayerCAM).
var MeanFusion = Register(Method{
	Name:    "Mean",
	Paper:   "pytorch-grad-cam 1.5.7 (base_cam.py)",
	Formula: "mean over the layers of the method's scaled maps, scaled",
	Unit:    "relative",
	Passes:  "as the method that it is made of, for all layers together",
	Use:     "to join several layers in one map",
	Procedure: wrapLayers("Grad-CAM", func(maps []Grid) Grid {
		sum := combine(maps, func(a, b float32) float32 { return a + b })
		for i := range sum.Flat {
			sum.Flat[i] /= float32(len(maps))
		}
		return scaleMinMax(sum)
	}),
})

// MaxFusion is [MeanFusion] with the largest value in place of the mean: it shows what any
// layer sees. LayerCAM's authors join layers this way (Jiang et al. 2021, section III-D),
// after the tanh of their eq. 9.
var MaxFusion = Register(Method{
	Name:    "Max",
	Paper:   "after Jiang et al. 2021, IEEE TIP 30",
	Formula: "largest over the layers of the method's scaled maps, scaled",
	Unit:    "relative",
	Passes:  "as the method that it is made of, for all layers together",
	Use:     "to see what any of several layers sees",
	Peers:   "torch-cam takes tanh(2 L) of LayerCAM's maps first",
	Procedure: wrapLayers("LayerCAM", func(maps []Grid) Grid {
		return scaleMinMax(combine(maps, func(a, b float32) float32 { return max(a, b) }))
	}),
})

// RefineCAM multiplies a method's maps of several layers, so that late layers suppress the
// noise of early ones:
//
//	L = PROD_l L_l,  every L_l scaled to [0, 1] at the size of the picture
//
// Domeniconi, Stramiglio, Lombardi and Salti 2026, "How to Evaluate and Refine your CAM".
// The formula is that of the authors' program (github.com/liuktc/RefineCAM at 40c2603,
// MultiplierMix in utils/mix_attributions.py, called by run_experiments.py). That program
// upsamples every map, scales it to [0, 1], multiplies the maps from the deepest layer up,
// and scales the product. pytorch-grad-cam 1.5.7 (refine_cam.py) does the same. The number of
// the paper's equation could not be looked up here.
//
// As in pytorch-grad-cam, only the positive part of a map is used, and it is scaled before it
// is resized as well as after. The layers are those that are named; the authors take the last
// layer of every stage down to the one that is refined. The other fusions of the authors'
// program (n-th root, exponential means) are not here.
//
// It is made of Grad-CAM++, or of another method: RefineCAM(LayerCAM). Shape: [batch, H, W],
// of the picture.
var RefineCAM = Register(Method{
	Name:    "RefineCAM",
	Aliases: []string{"Product"},
	Paper:   "Domeniconi et al. 2026, arXiv:2605.14641, as in the authors' program",
	Formula: "PROD_l of the method's scaled maps, scaled",
	Unit:    "relative",
	Passes:  "as the method that it is made of, for all layers together",
	Use:     "for the detail of early layers without their noise: name two or more layers",
	Procedure: wrapLayers("Grad-CAM++", func(maps []Grid) Grid {
		for i := range maps {
			maps[i] = scaleMinMax(maps[i])
		}
		return scaleMinMax(combine(maps, func(a, b float32) float32 { return a * b }))
	}),
})

func wrapLayers(usual string, join func([]Grid) Grid) Wrapper {
	return Wrapper{Usual: usual, Make: func(base Method) (Procedure, error) {
		if _, ok := base.Procedure.(Retargeting); !ok {
			if _, err := onePassAtLayer(base); err != nil {
				return nil, err
			}
		}
		return LayerFusion{Method: base, Join: join}, nil
	}}
}

// combine returns the map that with makes of maps of one size, value by value.
func combine(maps []Grid, with func(a, b float32) float32) Grid {
	out := Grid{H: maps[0].H, W: maps[0].W, Flat: append([]float32(nil), maps[0].Flat...)}
	for _, m := range maps[1:] {
		for i, v := range m.Flat {
			out.Flat[i] = with(out.Flat[i], v)
		}
	}
	return out
}

// scaleMinMax returns (g - min g) / (1e-7 + max(g - min g)).
func scaleMinMax(g Grid) Grid {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range g.Flat {
		lo, hi = min(lo, v), max(hi, v)
	}
	out := Grid{H: g.H, W: g.W, Flat: make([]float32, len(g.Flat))}
	for i, v := range g.Flat {
		out.Flat[i] = (v - lo) / (1e-7 + (hi - lo))
	}
	return out
}
