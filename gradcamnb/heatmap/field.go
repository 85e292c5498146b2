package heatmap

// Field is the receptive field of a layer's cells. Cell (x, y) of the map depends on the pixels of the model's input
// between the edges
//
//	Lo + Step*(x, y)  and  Hi + Step*(x, y)
//
// in pixels, x right, y down. The edges may lie outside the picture, in the padding. This is the theoretical field of
// all paths through convolutions and pools (Araujo, Norris and Sim 2019, "Computing Receptive Fields of Convolutional
// Neural Networks", Distill). Most of the weight lies at its middle.
type Field struct {
	Lo, Hi, Step [2]float64 // x, y

	// Gated is true if the whole picture reaches the cell, too, as one number for each channel, such as through a
	// squeeze-and-excitation.
	Gated bool
}
