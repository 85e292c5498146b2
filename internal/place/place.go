// Package place chooses the words in which an error names a remedy: those of a Go program or a notebook, or those of
// the command line.
package place

import "sync/atomic"

var onCommandLine atomic.Bool

// CommandLine has errors of this process name flags, and no Go names. Commands call it that print their errors
// themselves.
func CommandLine() { onCommandLine.Store(true) }

// Program has errors of this process name Go's names, and no flags, which is so from the start. A command calls it that
// computes for other programs.
func Program() { onCommandLine.Store(false) }

// Words returns call, or flag if this process is a command.
func Words(call, flag string) string {
	if onCommandLine.Load() {
		return flag
	}
	return call
}
