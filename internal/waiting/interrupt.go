package waiting

import (
	"os"
	"os/signal"

	"github.com/gradcam-go/gradcam/internal/notebook"
)

// onInterrupt returns a channel that tells of an interrupt of a notebook's cell, whose line would stay in the page, and
// a function that ends the listening. Elsewhere nothing comes.
func onInterrupt() (interrupted chan os.Signal, end func()) {
	if !notebook.Cell() {
		return nil, func() {}
	}
	interrupted = make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	return interrupted, func() { signal.Stop(interrupted) }
}

// raiseInterrupt interrupts this process once more. It ends as it would have done without [onInterrupt], unless the
// program listens to interrupts itself.
func raiseInterrupt() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(os.Interrupt)
	}
	if err != nil { // some systems cannot
		os.Exit(1)
	}
}
