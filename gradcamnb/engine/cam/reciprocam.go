package cam

import "slices"

// ReciproCAM shows the model's score if it gets one cell of the layer alone. It takes no
// gradient:
//
//	L_ij = S(A * M_ij) - min_ab S(A * M_ab)
//
// The mask M_ij is 1/4 at the cell, 1/8 at the cells beside, above and below it, 1/16 at its
// diagonal neighbours, and 0 elsewhere, for all channels. Byun and Lee 2022, "Recipro-CAM:
// Fast gradient-free visual explanations for convolutional neural networks", in its Gaussian
// form; the number of the equation could not be looked up here. The paper scales the map to
// [0, 1]. Here only its least value is subtracted, so that the map keeps the score's unit. At
// the tokens of a transformer the class token stays unchanged, as in ViT-ReciproCAM (Byun and
// Lee 2023, arXiv:2310.02588). Every pass starts at the layer. Shapes: [h, w, channels] ->
// [h, w].
var ReciproCAM = Register(Method{
	Name:    "Recipro-CAM",
	Plane:   true,
	Aliases: []string{"ViT-ReciproCAM"},
	Paper:   "Byun and Lee 2022, arXiv:2209.14074",
	Formula: "S(A * M_ij) - min S, M_ij = cell (i, j) alone, softened by a 3 x 3 Gaussian",
	Passes:  "1 forward from the layer on for every cell",
	Use:     "if there is no gradient and Score-CAM is too slow; it is quick at late layers, which have few cells",
	Peers:   "openvino_xai scales the map to 0..255",
	Procedure: Activations{Start: func(c Original) Run {
		scores := Grid{H: c.Act.H, W: c.Act.W, Flat: make([]float32, c.Act.H*c.Act.W)}
		taken := 0
		return Run{
			Inputs: len(scores.Flat),
			Input:  func(i int) []float32 { return c.Act.cell(i/c.Act.W, i%c.Act.W) },
			Take: func(i int, score float32, _ []float32) {
				scores.Flat[i] = score
				taken = i + 1
			},
			Map: func() Grid {
				out := Grid{H: scores.H, W: scores.W, Flat: make([]float32, len(scores.Flat))}
				if taken == 0 {
					return out
				}
				lowest := slices.Min(scores.Flat[:taken])
				for i, v := range scores.Flat[:taken] {
					out.Flat[i] = v - lowest
				}
				return out
			},
		}
	}},
})

// cell returns the values of one cell and, with smaller weights, of the cells around it; all
// others are zero.
func (v Values) cell(row, column int) []float32 {
	out := make([]float32, len(v.Flat))
	weight := [3]float32{0.25, 0.5, 0.25} // times itself: 1/16, 1/8, 1/4
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			y, x := row+dy, column+dx
			if y < 0 || y >= v.H || x < 0 || x >= v.W {
				continue
			}
			for k := range v.C {
				at := (y*v.W+x)*v.C + k
				out[at] = v.Flat[at] * weight[dy+1] * weight[dx+1]
			}
		}
	}
	return out
}
