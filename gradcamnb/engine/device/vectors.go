//go:build amd64 && !goexperiment.simd

package device

// slowly says what a program lacks whose pure Go multiplies matrices one number at a time: ResNet-50 takes four times
// as long.
const slowly = "; built with GOEXPERIMENT=simd, pure Go is up to four times faster, too"
