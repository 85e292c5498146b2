package completed

import (
	"github.com/gomlx/compute"
)

// plainFunction is a function without the fused operators that GoMLX writes out where it must.
type plainFunction struct{ function }

// FusedSoftmax implements [compute.FusedOps].
func (plainFunction) FusedSoftmax(compute.Value, int) (compute.Value, error) {
	return nil, compute.ErrNotImplemented
}

// FusedGelu implements [compute.FusedOps].
func (plainFunction) FusedGelu(compute.Value, bool) (compute.Value, error) {
	return nil, compute.ErrNotImplemented
}

// FusedLayerNorm implements [compute.FusedOps].
func (plainFunction) FusedLayerNorm(compute.Value, []int, float64, compute.Value, compute.Value) (
	compute.Value, error) {
	return nil, compute.ErrNotImplemented
}

// FusedDense implements [compute.FusedOps].
func (plainFunction) FusedDense(_, _, _ compute.Value, _ compute.DenseConfig) (compute.Value, error) {
	return nil, compute.ErrNotImplemented
}

// FusedScaledDotProductAttention implements [compute.FusedOps].
func (plainFunction) FusedScaledDotProductAttention(_, _, _ compute.Value, _ compute.AttentionAxesLayout,
	_ *compute.ScaledDotProductAttentionConfig) (compute.Value, []compute.Value, error) {
	return nil, nil, compute.ErrNotImplemented
}

// FusedAttentionQKVProjection implements [compute.FusedOps].
func (plainFunction) FusedAttentionQKVProjection(_, _, _, _, _ compute.Value, _,
	_ int) (query, key, value compute.Value, err error) {
	return nil, nil, nil, compute.ErrNotImplemented
}
