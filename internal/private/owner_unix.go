//go:build unix

package private

import (
	"os"
	"syscall"
)

const noFollow = syscall.O_NOFOLLOW

// isOwned tells whether a file is the user's or root's.
func isOwned(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == os.Geteuid())
}

// writable tells whether others, or a group, may write to a file.
func writable(info os.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }
