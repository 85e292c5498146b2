package completed

import (
	"github.com/gomlx/compute"
)

// plain is a function without the fused operators that GoMLX writes out where it must.
type plain struct{ function }

// FusedSoftmax implements [compute.FusedOps].
func (plain) FusedSoftmax(compute.Value, int) (compute.Value, error) {
	return nil, compute.ErrNotImplemented
}

// FusedGelu implements [compute.FusedOps].
func (plain) FusedGelu(compute.Value, bool) (compute.Value, error) {
	return nil, compute.ErrNotImplemented
}

// FusedLayerNorm implements [compute.FusedOps].
func (plain) FusedLayerNorm(compute.Value, []int, float64, compute.Value, compute.Value) (compute.Value, error) {
	return nil, compute.ErrNotImplemented
}

// FusedDense implements [compute.FusedOps].
func (plain) FusedDense(_, _, _ compute.Value, _ compute.DenseConfig) (compute.Value, error) {
	return nil, compute.ErrNotImplemented
}

// FusedScaledDotProductAttention implements [compute.FusedOps].
func (plain) FusedScaledDotProductAttention(_, _, _ compute.Value, _ compute.AttentionAxesLayout,
	_ *compute.ScaledDotProductAttentionConfig) (compute.Value, []compute.Value, error) {
	return nil, nil, compute.ErrNotImplemented
}

// FusedAttentionQKVProjection implements [compute.FusedOps].
func (plain) FusedAttentionQKVProjection(_, _, _, _, _ compute.Value, _,
	_ int) (query, key, value compute.Value, err error) {
	return nil, nil, nil, compute.ErrNotImplemented
}
