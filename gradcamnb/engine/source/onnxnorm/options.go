package onnxnorm

// Options are the options of [Normalise]. The zero value is a good default.
type Options struct {
	// Cuts names the tensors that must stay nodes of their own and are read by every consumer, so that a gradient can
	// be taken there.
	Cuts []string

	// KeepLayout leaves every value in the file's own axis order between
	// operators, instead of channels-last.
	KeepLayout bool

	// PureGo writes the graph for GoMLX's pure-Go backend, which runs one operator after another. It copies every
	// slice, walks through a broadcast vector element by element, which costs several times as much (compute 0.1.6),
	// and multiplies matrices several times as fast as it convolves. So vectors are written out in full, and all
	// convolutions except the depthwise ones become matrix products, those in groups batched ones.
	PureGo bool

	// Vectors tells that the pure-Go backend multiplies matrices with vector instructions, so that products cost little
	// compared with copies and sums.
	Vectors bool

	// Winograd lets 3x3 convolutions be done with a quarter of their multiplications, if that is quicker and no
	// gradient goes through them.
	Winograd bool

	// WholeConvolutions keeps every convolution one operator, so that its rule of relevance can be told from that of a
	// product. A convolution that cannot stay one is refused: with strides and dilations at once, over three axes, or with
	// a kernel that is computed.
	WholeConvolutions bool

	// Needs names the tensors that must be there. A node that they do not depend on is left out if it cannot be
	// rewritten, see [Graph]. nil means that everything must be there.
	Needs []string

	// Picture names the picture's input, if the shapes of the inputs do not tell it.
	Picture string

	// Slices is how many a volume has, if the file leaves it free; 0 if nothing says it.
	Slices int

	// Given holds the values of the inputs besides the picture, by name.
	Given map[string]GivenInput

	// Own has the shapes of the tensors for OwnBatch, the batch that the file was made for, if the graph is written for
	// another one. Numbers in the file that depend on the batch are changed to the one at hand, as far as they are
	// known. The caller must check by the tensors' shapes whether all were: each shape then differs from its own in one
	// axis, by the ratio of the batches.
	Own      map[string][]int
	OwnBatch int // number of pictures in the batch that the file was made for

	// Evaluate computes tensors that depend on constants only. Without it, only operators with a fold of their own make
	// constants, and the results of the others are computed in the program.
	Evaluate Evaluator

	// Bytes is the size of the file with its weights. A larger file may compute more from constants.
	Bytes int64

	// Stored holds, by name, the values of initializers that the graph itself does not hold.
	Stored map[string]StoredValues
}

// StoredValues tells where the values of an initializer are, little-endian as in its raw_data.
type StoredValues struct {
	Size int                       // in bytes
	Read func(into []byte, at int) // reads from byte at on; panics if they cannot be read
}
