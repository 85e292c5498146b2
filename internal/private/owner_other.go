//go:build !unix

package private

import "os"

const noFollow = 0

// isOwned always returns true: without the owners and modes of Unix, the folders of a user are the user's.
func isOwned(os.FileInfo) bool  { return true }
func writable(os.FileInfo) bool { return false }
