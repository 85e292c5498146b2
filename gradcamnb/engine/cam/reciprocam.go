package cam

import "slices"

// ReciproCAM asks what the model says when it gets one cell of the layer alone, with no
// gradient:
//
//	L_ij = S(A * M_ij) - min_ab S(A * M_ab)
//
// with M_ij the mask that is 1/4 at the cell, 1/8 beside and 1/16 across it and 0
// elsewhere, for all channels. Byun and Lee 2022, "Recipro-CAM: Fast gradient-free visual
// explanations for convolutional neural networks", in its Gaussian form; the number of its
// equation could not be looked up here. The paper scales the map to [0, 1] by its least and
// greatest value; here only the least is taken off, so that the map keeps the score's unit. At the tokens of a
// transformer the class token is left as it is, as ViT-ReciproCAM has it (Byun and Lee 2023, arXiv:2310.02588). Every
// pass starts at the layer. Shapes: [h, w, channels] -> [h, w].
var ReciproCAM = register(Method{
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
		heard := 0
		return Run{
			Inputs: len(scores.Flat),
			Input:  func(i int) []float32 { return c.Act.cell(i/c.Act.W, i%c.Act.W) },
			Take: func(i int, score float32, _ []float32) {
				scores.Flat[i] = score
				heard = i + 1
			},
			Map: func() Grid {
				out := Grid{H: scores.H, W: scores.W, Flat: make([]float32, len(scores.Flat))}
				if heard == 0 {
					return out
				}
				lowest := slices.Min(scores.Flat[:heard])
				for i, v := range scores.Flat[:heard] {
					out.Flat[i] = v - lowest
				}
				return out
			},
		}
	}},
})

// cell is the values of one cell and, fainter, of those around it; zero elsewhere.
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
