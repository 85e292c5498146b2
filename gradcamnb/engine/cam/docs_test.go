package cam

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var regen = flag.Bool("regen", false, "write docs/methods.md anew")

// docs/methods.md is made of the registry.
func TestMethodsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Methods\n\nMade of the registry in `gradcamnb/engine/cam` by its test (`go test ./gradcamnb/engine/cam -regen`).\n" +
		"S is the explained score, A_k a channel of the layer, G = dS/dA. Names are taken as in the papers or as\n" +
		"pytorch-grad-cam's classes; case, dashes and spaces do not matter.\n\n| method | formula | source |\n|---|---|---|\n")
	for _, m := range All() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.Name, strings.ReplaceAll(m.Formula, "|", `\|`), m.Paper)
	}
	path := filepath.Join("..", "..", "..", "docs", "methods.md")
	if *regen {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != b.String() {
		t.Errorf("docs/methods.md is not what the registry says (%v); run the test with -regen", err)
	}
}
