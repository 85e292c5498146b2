//go:build unix

package memory

import "syscall"

// fileLimit is how many files models may keep open: a quarter of what the process may.
func fileLimit() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	const most = 1 << 16
	return int(min(limit.Cur, most)) / 4
}
