//go:build amd64 && goexperiment.simd

package machine

import "simd/archsimd"

// Vectors tells whether pure Go multiplies matrices with vector instructions. The program must be built with
// GOEXPERIMENT=simd, and the processor must have them.
func Vectors() bool { return archsimd.X86.AVX2() }
