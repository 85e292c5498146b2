package engine

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// zooPage checks that every network of the zoo stands in the table of docs/zoo.md. The figures there are those of the
// machine that last wrote it (-update, with both backends).
func zooPage(t *testing.T, cases []zooCase, results map[string]map[string]zooResult) {
	path := filepath.Join("..", "..", "docs", "zoo.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const from, to = "-update` -->\n", "<!-- end of zoo -->"
	before, rest, ok := strings.Cut(string(data), from)
	old, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table, between %q and %q", path, from, to)
	}
	if require.Update() {
		if len(results["go"]) != len(cases) || len(results["xla:cpu"]) != len(cases) {
			t.Fatal("the table needs the results of both backends")
		}
		page := before + from + zooTable(cases, results) + refusedTable(refused(t)) + to + after
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, c := range cases {
		if !strings.Contains(old, c.row()) {
			t.Errorf("docs/zoo.md does not have %s; run the test with -update", c.Name)
		}
	}
	covered, _, _ := strings.Cut(old, refusedHeading)
	if n := strings.Count(covered, "\n| ") - 1; n != len(cases) {
		t.Errorf("docs/zoo.md has %d networks and the zoo %d; run the test with -update", n, len(cases))
	}
}

// refusedFile is a file that the zoo keeps because it is refused.
type refusedFile struct{ name, maker, error string }

// refused opens the files of testdata/zoo/refused, each of which must fail.
func refused(t *testing.T) []refusedFile {
	t.Helper()
	files, err := filepath.Glob(golden.Path("zoo", "refused", "*.onnx"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files in testdata/zoo/refused: %v", len(files), err)
	}
	var out []refusedFile
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var p protos.ModelProto
		if err := proto.Unmarshal(data, &p); err != nil {
			t.Fatal(err)
		}
		m, err := source.ONNX(file)
		if err == nil {
			_, err = m.Layers(t.Context(), []int{1, 3, 32, 32}, "")
		}
		if err == nil {
			t.Errorf("%s is not refused", name)
			continue
		}
		if op, ok := errors.AsType[*gradcamnb.OperatorError](err); !ok || op.Operator == "" || op.Node == "" ||
			!errors.Is(err, gradcamnb.ErrUnsupported) {
			t.Errorf("%s: %v is no unsupported operator", name, err)
		}
		out = append(out, refusedFile{name, p.MetadataProps[0].Value,
			strings.ReplaceAll(err.Error(), filepath.Dir(file)+string(filepath.Separator), "")})
	}
	return out
}

func (r refusedFile) row() string {
	return fmt.Sprintf("| %s | %s | `%s` |\n", strings.ReplaceAll(r.name, "-", " "), r.maker, r.error)
}

// A file that is not covered is refused with the operator, the node and the module that it
// stops at, and docs/zoo.md shows so.
func TestZooRefused(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "zoo.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range refused(t) {
		if !strings.Contains(r.error, "operator ") || !strings.Contains(r.error, ", node ") {
			t.Errorf("%s: %q does not say operator and node", r.name, r.error)
		}
		if !strings.Contains(string(data), r.row()) && !require.Update() {
			t.Errorf("docs/zoo.md does not have %q; run TestZoo with -update", r.row())
		}
	}
}

// row is what a row of the table begins with.
func (c zooCase) row() string {
	return fmt.Sprintf("| %s | %s | %d | `%s` |", c.Family, c.Maker, c.Opset, c.Layer)
}

func zooTable(cases []zooCase, results map[string]map[string]zooResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## The zoo: %d files\n\n", len(cases))
	b.WriteString("The files in `testdata/zoo` are narrow variants of the real architectures, of torchvision's own classes if it has them,\n" +
		"each as the named maker wrote it. *Values* is the largest difference from onnxruntime's outputs, as a share of the largest\n" +
		"value if that is above 1. *Map* is the largest difference of the raw Grad-CAM at the layer from pytorch-grad-cam 1.5.7's, as\n" +
		"a share of the map's largest value. Its tolerance is ten times the difference of float32 and float64 there, at least 1e-4.\n\n" +
		"| family | maker | opset | layer | values go / xla:cpu | map go / xla:cpu |\n|---|---|---|---|---|---|\n")
	for _, c := range cases {
		g, x := results["go"][c.Name], results["xla:cpu"][c.Name]
		fmt.Fprintf(&b, "%s %.0e / %.0e | %.0e / %.0e |\n", c.row(), g.values, x.values, g.maps, x.maps)
	}
	fmt.Fprintf(&b, "\nThe slowest of these explanations, compiled and with all tests at once, took %s.\n\n",
		slowest(results))
	return b.String()
}

// slowest names the longest explanation of each backend.
func slowest(results map[string]map[string]zooResult) string {
	var words []string
	for _, backend := range slices.Sorted(maps.Keys(results)) {
		name, most := "", 0.0
		for n, r := range results[backend] {
			if r.seconds > most {
				name, most = n, r.seconds
			}
		}
		words = append(words, fmt.Sprintf("%.0f s on `%s` (%s)", math.Ceil(most), backend, name))
	}
	return strings.Join(words, ", ")
}

const refusedHeading = "## What is refused"

func refusedTable(files []refusedFile) string {
	var b strings.Builder
	b.WriteString(refusedHeading +
		"\n\nThese files of `testdata/zoo/refused` are as their makers wrote them. The error is what opening them gives.\n\n| file | maker | error |\n|---|---|---|\n")
	for _, r := range files {
		b.WriteString(r.row())
	}
	b.WriteString("\n")
	return b.String()
}
