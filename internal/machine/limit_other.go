//go:build !linux

package machine

// addressSpace returns 0: only Linux is asked for a limit.
func addressSpace() (uint64, error) { return 0, nil }
