package completed

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/notimplemented"
)

// plainFunction is a function without any fused operator, also one that a later version of GoMLX adds: GoMLX writes out
// what a backend lacks.
type plainFunction struct {
	function
	compute.FusedOps
}

// lackingFused are the fused operators of a backend that has none.
var lackingFused = notimplemented.Function{ErrFn: func(compute.OpType) error { return compute.ErrNotImplemented }}
