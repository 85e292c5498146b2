//go:build !unix

package memory

// fileLimit is how many files models may keep open; 0 means any number.
func fileLimit() int { return 0 }
