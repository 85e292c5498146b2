//go:build unix

package memory

import "syscall"

// fileLimit returns the number of files that models may keep open: a quarter of the process's limit; 0 means any
// number.
func fileLimit() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	const most = 1 << 16
	return int(min(limit.Cur, most)) / 4
}
