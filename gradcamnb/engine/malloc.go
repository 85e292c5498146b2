//go:build cgo && linux && !noxla

package engine

// void gradcam_trim_memory(void);
import "C"

func init() { trimMemory = func() { C.gradcam_trim_memory() } }
