//go:build unix

package peak

import (
	"os"
	"runtime"
	"syscall"
)

// Memory returns the largest resident memory of a process that has ended, in MiB.
func Memory(p *os.ProcessState) (float64, bool) {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, false
	}
	if runtime.GOOS == "darwin" { // darwin counts bytes, other systems KiB
		return float64(usage.Maxrss) / (1 << 20), true
	}
	return float64(usage.Maxrss) / (1 << 10), true
}
