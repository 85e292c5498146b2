//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A cell needs no "go get" for packages that the library itself is built with.
func TestSatisfied(t *testing.T) {
	for imports, want := range map[string]bool{
		"": true,
		`"fmt"; "net/http"; "github.com/gradcam-go/gradcam/gradcamnb"`:                            true,
		`. "github.com/gradcam-go/gradcam/gradcamnb/engine"; "github.com/janpfeifer/gonb/gonbui"`: true,
		`"github.com/gradcam-go/gradcamother"`:                                                    false,
		`"fmt"; "github.com/google/uuid"`:                                                         false,
		`"github.com/gomlx/gomlx/core/graph"`:                                                     false,
		`"fmt`:                                                                                    false,
		`"C"`:                                                                                     false,
	} {
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte("package main\nimport ("+imports+")\nfunc main() {}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := isSatisfied(file); got != want {
			t.Errorf("%s: %v", imports, got)
		}
	}
	if isSatisfied(filepath.Join(t.TempDir(), "main.go")) {
		t.Error("a program that is not there is satisfied")
	}
}

// The library's packages that a cell uses are imported, in an existing line. Names of the cell's own, other packages
// and programs with a mistake are left alone.
func TestImportOurs(t *testing.T) {
	src, err := checkout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	front := `"github.com/gradcam-go/gradcam/gradcamnb`
	for program, want := range map[string]string{
		"package main\n\nfunc main() { nb.MustShow(gradcamnb.MustOpen(`m`)); imgio.Open(`p`); nb.MustShow() }": "package main; import " + front + `/nb"; import ` + front + `"; import ` + front + `/imgio"` + "\n",
		"package main\n\nimport " + front +
			"/nb\"\n\nfunc main() { nb.MustShow(); fmt.Println() }": "package main\n",
		"package main\n\nimport nb \"other\"\n\nfunc main() { nb.MustShow() }":                         "package main\n",
		"package main\n\nvar nb struct{ X int }\n\nfunc main() { nb.X = 1; render := nb; render.X++ }": "package main\n",
		"package main\n\nfunc main() { nb.MustShow( }":                                                 "package main\n",
		"package main\n\nfunc main() { kernels.X(); internal.X() }":                                    "package main\n",
	} {
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := importOurs(file, src); err != nil {
			t.Errorf("%s: %v", program, err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if head, tail := want, program[len("package main\n"):]; string(got) != head+tail {
			t.Errorf("%s\nbecame\n%s", program, got)
		}
	}
}
