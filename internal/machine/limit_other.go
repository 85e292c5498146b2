//go:build !unix

package machine

// addressSpace is known on Unix only.
func addressSpace() (uint64, error) { return 0, nil }
