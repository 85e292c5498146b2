package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// methodSection is what the page says of a method.
type methodSection struct {
	name, paper, formula, unit, passes, use, peers string

	usual string // what it is made of if no other is named
}

// everyDocumented is every method of both registries, by name.
func everyDocumented() (all []methodSection) {
	for _, m := range cam.All() {
		d := methodSection{name: m.Name, paper: m.Paper, formula: m.Formula, unit: m.Unit, passes: m.Passes, use: m.Use,
			peers: m.Peers}
		if of, ok := m.Procedure.(cam.Wrapper); ok {
			d.usual = of.Usual
		}
		all = append(all, d)
	}
	for _, m := range perturb.All() {
		all = append(all, methodSection{name: m.Name, paper: m.Paper, formula: m.Formula, passes: m.Passes, use: m.Use,
			peers: m.Peers})
	}
	slices.SortFunc(all, func(a, b methodSection) int { return strings.Compare(a.name, b.name) })
	return all
}

// docs/methods.md is made of the registries, and says everything of every method: paper,
// formula, picture, passes, when to take it.
func TestMethodsPage(t *testing.T) {
	methods := everyDocumented()
	var b strings.Builder
	b.WriteString(`# Methods

Every method, with its formula, picture, cost and paper, and when to take it. A test writes this page
(` + "`go test ./gradcamnb/engine -run 'TestMethodPictures|TestMethodsPage' -update`" + `).
In the formulas S is the explained score, A_k a channel of the layer, G = dS/dA, and x the model's input. Numbers in
parentheses are those of the paper's equations; if there is none, the source says why. Ask for a method by its name in
the paper, or by that of its class in pytorch-grad-cam; case, dashes and spaces do not matter. Some methods use another
method, which you name in parentheses: ` + "`SESS(LayerCAM)`, `FinerCAM(HiResCAM)`, `RefineCAM(LayerCAM)`" + `. Without
parentheses they use the one named below. [Extending](extending.md) says how to add a method.

| method | passes of the model | when to take it |
|---|---|---|
`)
	for _, m := range methods {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", m.name, anchor(m.name), m.passes, m.use)
	}
	for _, m := range methods {
		m.write(&b)
		for what, said := range map[string]string{"paper": m.paper, "formula": m.formula, "passes": m.passes, "use": m.use} {
			if said == "" {
				t.Errorf("%s: its %s is not said", m.name, what)
			}
		}
		if _, err := os.Stat(docs("methods", anchor(m.name)+".png")); err != nil {
			t.Errorf("%s has no picture: run TestMethodPictures with -update (%v)", m.name, err)
		}
	}
	path := docs("methods.md")
	if require.Update() {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != b.String() {
		t.Errorf("docs/methods.md is not what the registries say (%v); run the test with -update", err)
	}
}

// write writes a method's section.
func (m methodSection) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n<a id=\"%s\"></a>\n\n## %s\n\n", anchor(m.name), m.name)
	fmt.Fprintf(b, "![%s of %s](methods/%s.png)\n\n", m.name, pictured(m.name), anchor(m.name))
	fmt.Fprintf(b, "    %s\n\n%s. ", m.formula, m.paper)
	if m.usual != "" {
		fmt.Fprintf(b, "It uses %s unless you name another method. ", m.usual)
	}
	unit := m.unit
	if unit == "" {
		unit = "the score's own"
	}
	fmt.Fprintf(b, "Unit: %s. Passes: %s.\n\nTake it %s.\n", unit, m.passes, m.use)
	if m.peers != "" {
		fmt.Fprintf(b, "\nOther libraries: %s.\n", m.peers)
	}
}

// pictured describes a method's picture for those who do not see it.
func pictured(method string) string {
	if method == cam.LeGrad.Name {
		return "a cat, by a small transformer that has learnt nothing: it shows the patches, not the cat"
	}
	return "a cat"
}

// anchor is the address of a method's section and the name of its picture.
func anchor(name string) string {
	return strings.NewReplacer(" ", "-", "++", "-plus-plus").Replace(strings.ToLower(name))
}

func docs(path ...string) string {
	return filepath.Join(append([]string{"..", "..", "docs"}, path...)...)
}
