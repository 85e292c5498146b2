package completed

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/notimplemented"
)

// plainFunction is a function without any fused operator, also without those that a later version of GoMLX may add.
// GoMLX writes out the operators that a backend lacks.
type plainFunction struct {
	function
	compute.FusedOps
}

// lackingFused is a backend's function without fused operators.
var lackingFused = notimplemented.Function{ErrFn: func(compute.OpType) error { return compute.ErrNotImplemented }}
