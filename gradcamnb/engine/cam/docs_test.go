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
	b.WriteString(`# Methods

Made of the registry in ` + "`gradcamnb/engine/cam`" + ` by its test (` + "`go test ./gradcamnb/engine/cam -regen`" + `).
S is the explained score, A_k a channel of the layer, G = dS/dA, x the model's input. Names are taken as in
the papers or as pytorch-grad-cam's classes; case, dashes and spaces do not matter. A method that is made of
another takes it in parentheses, ` + "`SESS(LayerCAM)`, `FinerCAM(HiResCAM)`, `RefineCAM(LayerCAM)`" + `; without, it takes
the one named below. RISE and occlusion stand beside these ([perturb](../gradcamnb/engine/perturb)). How to
add one: [extending.md](extending.md).

| method | passes of the model | when to take it |
|---|---|---|
`)
	for _, m := range All() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", m.Name, anchor(m.Name), m.Passes, m.Use)
	}
	for _, m := range All() {
		fmt.Fprintf(&b, "\n<a id=\"%s\"></a>\n\n## %s\n\n", anchor(m.Name), m.Name)
		if picture := filepath.Join("methods", anchor(m.Name)+".png"); exists(docs(picture)) {
			fmt.Fprintf(&b, "![%s of a cat](%s)\n\n", m.Name, filepath.ToSlash(picture))
		}
		fmt.Fprintf(&b, "    %s\n\n%s. ", m.Formula, m.Paper)
		if of, ok := m.How.(Of); ok {
			fmt.Fprintf(&b, "Made of %s where no other is named. ", of.Usual)
		}
		unit := m.Unit
		if unit == "" {
			unit = "the score's own"
		}
		fmt.Fprintf(&b, "Unit: %s. Passes: %s.\n\nTake it %s.\n", unit, m.Passes, m.Use)
		if m.Peers != "" {
			fmt.Fprintf(&b, "\nElsewhere: %s.\n", m.Peers)
		}
	}
	path := docs("methods.md")
	if *regen {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != b.String() {
		t.Errorf("docs/methods.md is not what the registry says (%v); run the test with -regen", err)
	}
}

// anchor is the address of a method's section and the name of its picture.
func anchor(name string) string {
	return strings.NewReplacer(" ", "-", "++", "-plus-plus").Replace(strings.ToLower(name))
}

func docs(file string) string { return filepath.Join("..", "..", "..", "docs", file) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
