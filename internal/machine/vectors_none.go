//go:build !amd64 || !goexperiment.simd

package machine

import "runtime"

// Vectors tells whether pure Go multiplies matrices with vector instructions: the program is built with
// GOEXPERIMENT=simd, and the processor has them.
func Vectors() bool { return false }

// CouldHaveVectors tells whether the same program would have them if it were built with GOEXPERIMENT=simd.
const CouldHaveVectors = runtime.GOARCH == "amd64"
