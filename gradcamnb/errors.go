package gradcamnb

import "github.com/gradcam-go/gradcam/internal/fault"

// These are the errors that a program can act on, with errors.Is. The text of an error says what was wrong, where, and
// what to do. If the context ended, the error is context.Canceled or context.DeadlineExceeded. If one of many pictures
// cannot be read, it is a [PictureError].
var (
	ErrUnknownLayer    = fault.ErrUnknownLayer    // the model has no such layer; the error names the nearest
	ErrUnknownMethod   = fault.ErrUnknownMethod   // there is no such method
	ErrUnknownName     = fault.ErrUnknownName     // there is no such method, metric, baseline, design, decoder, side, ...
	ErrNoClass         = fault.ErrNoClass         // the model has no such class, tag or value
	ErrNoPreprocessing = fault.ErrNoPreprocessing // nothing says how to prepare a picture; see Prepared
	ErrUnsupported     = fault.ErrUnsupported     // an operator; see OperatorError, and FunctionError of a GoMLX model
	ErrNoBackend       = fault.ErrNoBackend       // the backend is not there or did not start
	ErrNoEngine        = fault.ErrNoEngine        // no engine is linked in, and none of a notebook's kernel is there
	ErrClosed          = fault.ErrClosed          // the engine was closed
)

// OperatorError says which operator of a model's file cannot be computed, or has no gradient. It is an
// [ErrUnsupported]. Get it with errors.As.
type OperatorError = fault.OperatorError

// FunctionError says why the graph function of a GoMLX model fails, or why what it builds cannot be explained: an
// output has no axis of pictures, for example, or nobody has trained the weights. Get it with errors.As.
type FunctionError = fault.FunctionError
