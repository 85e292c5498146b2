//go:build !amd64 || goexperiment.simd

package device

// slowly is nothing: the program has the vector instructions that there are.
const slowly = ""
