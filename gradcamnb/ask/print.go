package ask

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/internal/printable"
)

// String returns the model in one line: name, input, outputs, and the number of labels. Characters of names that would
// steer a terminal are escaped, and so they are of layers.
func (i Info) String() string {
	shape := make([]string, len(i.Input))
	for k, d := range i.Input {
		if shape[k] = strconv.Itoa(d); d < 0 {
			shape[k] = "any"
		}
	}
	s := fmt.Sprintf("%s: input [%s], outputs %s", i.Name, strings.Join(shape, " "), strings.Join(i.Outputs, ", "))
	if n := len(i.Labels); n > 0 {
		s += fmt.Sprintf(", %d labels", n)
	}
	if i.Detects {
		s += ", a detector"
	}
	return printable.Line(s)
}

// String returns the layer in one line: name, module, operator, and the size of a map there.
func (l Layer) String() string {
	s := l.Name
	if l.Path != "" && l.Path != l.Name {
		s = l.Path + " (" + l.Name + ")"
	}
	if l.Op != "" {
		s += ", " + l.Op
	}
	if l.Grid[0] > 0 {
		cells := slices.Clone(l.Cells())
		slices.Reverse(cells)
		s += fmt.Sprintf(", %s cells, %d channels", strings.ReplaceAll(strings.Trim(fmt.Sprint(cells), "[]"), " ", " x "),
			l.Channels)
	}
	if l.Suggested {
		s += ", suggested: " + l.Why
	}
	return printable.Line(s)
}

// String returns the tensor's shape and the number of its values, since printing thousands of values helps nobody.
func (t Tensor) String() string { return fmt.Sprintf("tensor %v of %d values", t.Dims, len(t.Values)) }
