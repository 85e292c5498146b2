package gradcamnb

import "github.com/gradcam-go/gradcam/internal/fault"

// Errors that a program can act on, for errors.Is. The error itself says more, in a sentence: what
// was wrong, where, and what to do. A call that was given up is context.Canceled or
// context.DeadlineExceeded, and a picture of many that cannot be read is a [PictureError].
var (
	ErrUnknownLayer    = fault.ErrUnknownLayer    // the model has no such layer; the error names the nearest
	ErrUnknownMethod   = fault.ErrUnknownMethod   // there is no such method
	ErrUnknownName     = fault.ErrUnknownName     // there is no such method, metric, design, decoder, ...
	ErrNoClass         = fault.ErrNoClass         // the model has no such class, tag or value
	ErrNoPreprocessing = fault.ErrNoPreprocessing // nothing says how to prepare a picture; see Prepared
	ErrUnsupported     = fault.ErrUnsupported     // an operator of the file; see OperatorError
	ErrNoBackend       = fault.ErrNoBackend       // the backend is not there or did not start
	ErrNoEngine        = fault.ErrNoEngine        // no engine is linked in, and none of a notebook's kernel is there
	ErrClosed          = fault.ErrClosed          // the engine was closed
)

// OperatorError is that an operator of a model's file cannot be computed, or has no gradient; it is
// an [ErrUnsupported]. Get it with errors.As.
type OperatorError = fault.OperatorError

// FunctionError is that the graph function of a GoMLX model fails, or builds what cannot be explained, such as an
// output without an axis of pictures, or weights that nobody has trained. Get it with errors.As.
type FunctionError = fault.FunctionError
