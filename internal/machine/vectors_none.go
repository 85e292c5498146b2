//go:build !amd64 || !goexperiment.simd

package machine

// Vectors tells whether pure Go multiplies matrices with vector instructions. The program must be built with
// GOEXPERIMENT=simd, and the processor must have them.
func Vectors() bool { return false }
