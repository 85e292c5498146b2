package heatmap

// Field is the receptive field of a layer's cells: cell (x, y) of the map depends on
// the pixels of the model's input between the edges
//
//	Lo + Step*(x, y)  and  Hi + Step*(x, y)
//
// in pixels, x right, y down; they may lie outside the picture, in the padding. It
// is the theoretical field, of every path through convolutions and pools (Araujo,
// Norris and Sim 2019, "Computing Receptive Fields of Convolutional Neural
// Networks", Distill); most of the weight lies at its middle.
type Field struct {
	Lo, Hi, Step [2]float64 // x, y

	// Gated tells that besides the field the whole picture reaches the cell as one
	// number a channel, as through a squeeze-and-excitation.
	Gated bool
}
