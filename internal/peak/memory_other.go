//go:build !unix

package peak

import "os"

// Memory returns false: the figure is not known on this system.
func Memory(*os.ProcessState) (float64, bool) { return 0, false }
