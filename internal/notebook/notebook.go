// Package notebook tells whether a program is a cell of a notebook, and prints messages where they belong.
package notebook

import (
	"fmt"
	"os"

	"github.com/gradcam-go/gradcam/internal/printable"
)

// Cell tells whether this program is a cell of GoNB.
func Cell() bool { return os.Getenv("GONB_PIPE") != "" }

// Say prints a message on standard error. In a cell, where that looks like an error, it prints on standard output.
func Say(text string) {
	text = printable.Text(text)
	if Cell() {
		fmt.Print(text)
		return
	}
	fmt.Fprint(os.Stderr, text)
}
