package onnxnorm

// Options of [Normalise]. The zero value is what one wants.
type Options struct {
	// Cuts names the tensors that must stay nodes of their own, with every
	// consumer reading that node, so that a gradient can be taken there.
	Cuts []string

	// KeepLayout leaves every value in the file's own axis order between
	// operators, instead of channels-last.
	KeepLayout bool

	// PureGo writes the graph for GoMLX's pure-Go backend, which runs one operator after
	// another: it copies every slice, walks a broadcast vector element by element, at several
	// times the cost (compute 0.1.6), and multiplies matrices several times as fast as it
	// convolves. So vectors are written out in full, and convolutions but the depthwise
	// become matrix products, batched ones of those in groups.
	PureGo bool

	// Vectors says that the pure-Go backend multiplies matrices with vector instructions, so that
	// products cost little beside copies and sums.
	Vectors bool

	// Winograd has 3x3 convolutions done with a quarter of their multiplications, where
	// that is quicker and no gradient goes through them.
	Winograd bool

	// Needs names the tensors that must be there. A node that they do not need and that cannot
	// be rewritten is left out, see [Graph]; nil means that everything must be there.
	Needs []string

	// Picture names the input that is the picture, where the shapes of the inputs do not
	// say it.
	Picture string

	// Given is what the inputs besides the picture get, by name.
	Given map[string]GivenInput

	// Own has the shapes of the tensors for the batch that the file was made for, OwnBatch,
	// where the graph is written for another. Numbers in the file that say the batch are
	// brought to the one at hand as far as they are known; whether all were the caller sees by
	// the tensors' shapes, each of which then differs from its own in one axis, by the ratio
	// of the batches.
	Own      map[string][]int
	OwnBatch int // pictures in a batch that the file was made for

	// Evaluate computes what is made of constants alone. Without it the operators that fold by
	// themselves make constants, and what the others make is computed in the program.
	Evaluate Evaluator

	// Bytes is the size of the file with its weights. What a file may compute of constants grows with it.
	Bytes int64

	// Stored has the values of initializers that the graph holds without them, by name.
	Stored map[string]StoredValues
}

// StoredValues is where the values of an initializer are, little-endian as in its raw_data.
type StoredValues struct {
	Size int                       // in bytes
	Read func(into []byte, at int) // from the byte at; panics where they cannot be read
}
