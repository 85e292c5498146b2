package gradcamnb

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	here  = "github.com/gradcam-go/gradcam/gradcamnb"
	gomlx = "github.com/gomlx/"
	gonb  = "github.com/janpfeifer/gonb/"
)

// The arrows of the design: what a package must not depend on, however indirectly.
func TestArrows(t *testing.T) {
	var (
		notEngine = []string{gomlx, here + "/engine"}
		notFront  = []string{here, here + "/render", here + "/nb", gonb}
	)
	for _, c := range []struct {
		pkg       string
		forbidden []string
	}{
		{here, append(notEngine, here+"/render", here+"/nb", gonb)},
		{here + "/imgio", slices.Concat(notEngine, notFront, []string{here + "/heatmap"})},
		{here + "/heatmap", slices.Concat(notEngine, notFront)},
		{here + "/render", append(notEngine, here, here+"/nb", gonb)},
		{here + "/nb", notEngine},
		{here + "/kind", slices.Concat(notEngine, notFront, []string{here + "/engine/target", here + "/engine/source"})},
		{here + "/engine", []string{here + "/render", here + "/nb", gonb}},
		{here + "/engine/cam", append(notFront, here+"/heatmap", here+"/engine", here+"/engine/source", here+"/engine/target")},
		{here + "/engine/target", append(notFront, here+"/heatmap", here+"/engine", here+"/engine/source", here+"/engine/cam")},
		{here + "/engine/device", append(notFront, here+"/heatmap", here+"/engine", here+"/engine/source", here+"/engine/cam", here+"/engine/target", here+"/kind")},
		{here + "/engine/perturb", []string{here + "/engine", here + "/engine/target", here + "/render", here + "/nb", gonb}},
		{here + "/engine/detect", append(notFront, here+"/heatmap", here+"/engine", here+"/engine/source", here+"/engine/cam", here+"/engine/target")},
		{here + "/engine/source", append(notFront, here+"/heatmap", here+"/engine", here+"/engine/cam", here+"/engine/target")},
		{here + "/engine/metrics", []string{here + "/engine", here + "/engine/target", here + "/render", here + "/nb", gonb}},
		{"github.com/gradcam-go/gradcam/scenes", append(notFront, notEngine...)},
		{here + "/engine/source/onnxnorm", append(notFront, here+"/heatmap", here+"/imgio", "github.com/gomlx/gomlx/", "github.com/gomlx/onnx-gomlx/")},
	} {
		out, err := exec.Command("go", "list", "-deps", c.pkg).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", c.pkg, err)
		}
		for dep := range strings.FieldsSeq(string(out)) {
			if dep != c.pkg && slices.ContainsFunc(c.forbidden, func(f string) bool { return dep == f || strings.HasSuffix(f, "/") && strings.HasPrefix(dep, f) }) {
				t.Errorf("%s depends on %s", c.pkg, dep)
			}
		}
	}
}

// gonbui has one importer.
func TestOnlyNbImportsGonbui(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}: {{join .Imports \" \"}}", here+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(line, ":")
		if pkg != here+"/nb" && strings.Contains(imports, gonb) {
			t.Errorf("%s imports gonbui", pkg)
		}
	}
}
