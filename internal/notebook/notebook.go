// Package notebook tells whether a program is a notebook's cell, and says things there in the right place.
package notebook

import (
	"fmt"
	"os"

	"github.com/gradcam-go/gradcam/internal/printable"
)

// Cell tells whether this program is a cell of GoNB.
func Cell() bool { return os.Getenv("GONB_PIPE") != "" }

// Say tells the user something: on standard error, or in a cell, where that looks like an error, on standard output.
func Say(text string) {
	text = printable.Text(text)
	if Cell() {
		fmt.Print(text)
		return
	}
	fmt.Fprint(os.Stderr, text)
}
