//go:build !amd64 || !goexperiment.simd

package machine

import "runtime"

// Vectors tells whether pure Go multiplies matrices with vector instructions. The program must be built with
// GOEXPERIMENT=simd, and the processor must have them.
func Vectors() bool { return false }

// CouldHaveVectors tells whether the same program would use them if it were built with GOEXPERIMENT=simd.
const CouldHaveVectors = runtime.GOARCH == "amd64"
