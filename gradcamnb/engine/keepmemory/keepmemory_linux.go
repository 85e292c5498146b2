//go:build cgo && linux && !noxla

package keepmemory

// void gradcam_trim_memory(void);
import "C"

import "github.com/gradcam-go/gradcam/internal/trim"

func init() { trim.Memory = func() { C.gradcam_trim_memory() } }
