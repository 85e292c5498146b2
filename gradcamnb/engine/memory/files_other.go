//go:build !unix

package memory

// fileLimit returns the number of files that models may keep open; 0 means any number.
func fileLimit() int { return 0 }
