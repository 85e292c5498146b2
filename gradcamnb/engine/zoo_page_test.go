package engine

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var regen = flag.Bool("regen", false, "write the table of docs/models.md anew")

// zooPage holds docs/models.md to the zoo: every network stands in its table. The figures
// there are those of the machine that last wrote it (-regen, with both backends).
func zooPage(t *testing.T, cases []zooCase, results map[string]map[string]zooResult) {
	path := filepath.Join("..", "..", "docs", "models.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "-regen` -->\n", "<!-- end of zoo -->"
	before, rest, ok := strings.Cut(string(data), from)
	old, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table, between %q and %q", path, from, to)
	}
	if *regen {
		if len(results["go"]) != len(cases) || len(results["xla:cpu"]) != len(cases) {
			t.Fatal("the table needs the results of both backends")
		}
		page := before + from + zooTable(cases, results) + to + after
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, c := range cases {
		if !strings.Contains(old, c.row()) {
			t.Errorf("docs/models.md does not have %s; run the test with -regen", c.Name)
		}
	}
	if n := strings.Count(old, "\n| ") - 1; n != len(cases) {
		t.Errorf("docs/models.md has %d networks and the zoo %d; run the test with -regen", n, len(cases))
	}
}

// row is what a row of the table begins with.
func (c zooCase) row() string {
	return fmt.Sprintf("| %s | %s | %d | `%s` |", c.Family, c.Maker, c.Opset, c.Layer)
}

func zooTable(cases []zooCase, results map[string]map[string]zooResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## The zoo: %d files\n\n", len(cases))
	b.WriteString("Narrow variants of the real architectures (torchvision's own classes where there are any), in `testdata/zoo`,\n" +
		"each as the named maker wrote it. *Values*: largest difference from onnxruntime's outputs (of the largest value\n" +
		"where that is above 1). *Map*: largest difference of the raw Grad-CAM at the layer from pytorch-grad-cam 1.5.7's,\n" +
		"of the map's largest value; its tolerance is ten times what float32 differs from float64 there, at least 1e-4.\n\n" +
		"| family | maker | opset | layer | values go / xla:cpu | map go / xla:cpu |\n|---|---|---|---|---|---|\n")
	for _, c := range cases {
		g, x := results["go"][c.Name], results["xla:cpu"][c.Name]
		fmt.Fprintf(&b, "%s %.0e / %.0e | %.0e / %.0e |\n", c.row(), g.values, x.values, g.maps, x.maps)
	}
	b.WriteString("\n")
	return b.String()
}
