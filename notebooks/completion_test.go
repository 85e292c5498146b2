package notebooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/eventually"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// If gopls is installed, names of the library complete without an import, and hovering shows their documentation.
func TestCompletionAndHover(t *testing.T) {
	k := startKernel(t)
	if !strings.Contains(k.run("!command -v gopls").text("stdout"), "gopls") {
		require.Missing(t, "gopls", "go run ./kernels/gonb-gradcam install --gopls")
	}
	k.shows("a cell before") // gopls needs a program that compiles
	var offered struct{ Matches []string }
	code := "%%\nmodel := gradcamnb.Op"
	eventually.True(t, "after gradcamnb.Op it offers Open", func() bool { // gopls reads the packages first
		k.ask(map[string]any{"complete": code, "at": len(code)}, &offered)
		return slices.Contains(offered.Matches, "Open")
	})
	code = "%%\nmodel := gradcamnb.MustOpen(\"net.onnx\")\nmodel.MustEx"
	eventually.True(t, "after model.MustEx it offers MustExplain", func() bool {
		k.ask(map[string]any{"complete": code, "at": len(code)}, &offered)
		return slices.Contains(offered.Matches, "MustExplain")
	})
	var shown struct{ Text string }
	eventually.True(t, "hovering over MustOpen shows its documentation", func() bool {
		k.ask(map[string]any{"inspect": code, "at": strings.Index(code, "Open") + 1}, &shown)
		return strings.Contains(shown.Text, "MustOpen is like Open, but panics with the error.")
	})
}

// placed is an error of ours in a cell, with the cell's line.
func placed(words string, line int) *regexp.Regexp {
	return regexp.MustCompile(
		fmt.Sprintf(`^error: %s\n  at .*\[\[ Cell \[\d+\] Line %d \]\].*main\.go:\d+\nexit status 1\n$`,
			regexp.QuoteMeta(words), line))
}
