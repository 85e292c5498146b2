//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A cell needs no "go get" for what the library is built with.
func TestSatisfied(t *testing.T) {
	for imports, want := range map[string]bool{
		"": true,
		`"fmt"; "net/http"; "github.com/gradcam-go/gradcam/gradcamnb"`:                            true,
		`. "github.com/gradcam-go/gradcam/gradcamnb/engine"; "github.com/janpfeifer/gonb/gonbui"`: true,
		`"github.com/gradcam-go/gradcamother"`:                                                    false,
		`"fmt"; "github.com/google/uuid"`:                                                         false,
		`"github.com/gomlx/gomlx/core/graph"`:                                                     false,
		`"fmt`:                                                                                    false,
	} {
		file := filepath.Join(t.TempDir(), "main.go")
		if err := os.WriteFile(file, []byte("package main\nimport ("+imports+")\nfunc main() {}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := satisfied(file); got != want {
			t.Errorf("%s: %v", imports, got)
		}
	}
	if satisfied(filepath.Join(t.TempDir(), "main.go")) {
		t.Error("a program that is not there is satisfied")
	}
}
