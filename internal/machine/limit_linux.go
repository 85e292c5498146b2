package machine

import "syscall"

// addressSpace returns the limit that `ulimit -v` sets.
func addressSpace() (uint64, error) {
	var l syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_AS, &l)
	return l.Cur, err
}
