// Package place chooses the words for a remedy in an error: those of a Go program or notebook, or those of the command
// line.
package place

import "sync/atomic"

var onCommandLine atomic.Bool

// CommandLine makes the errors of this process name flags, and no Go names. Commands that print their errors themselves
// call it.
func CommandLine() { onCommandLine.Store(true) }

// Program makes the errors of this process name Go names, and no flags, which is the default. A command that computes
// for other programs calls it.
func Program() { onCommandLine.Store(false) }

// Words returns flag if the errors of this process name flags, and else call.
func Words(call, flag string) string {
	if onCommandLine.Load() {
		return flag
	}
	return call
}
