package gradcamnb

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	here  = "github.com/gradcam-go/gradcam/gradcamnb"
	gomlx = "github.com/gomlx/"
	gonb  = "github.com/janpfeifer/gonb/"
)

// TestArrows holds what a package must not depend on, however indirectly; docs/architecture.md draws it.
func TestArrows(t *testing.T) {
	rooms := func(names ...string) []string {
		var out []string
		for _, name := range names {
			out = append(out, here+"/engine/"+name)
		}
		return out
	}
	var (
		engine   = []string{gomlx, here + "/engine", here + "/engine/"}
		drawing  = []string{here + "/render", here + "/nb", gonb}
		front    = append([]string{here}, drawing...)
		doors    = append([]string{here + "/ask", here + "/driver"}, front...)
		plain    = append([]string{here + "/heatmap", here + "/kind"}, doors...)
		root     = here + "/engine"
		topRooms = append([]string{root}, rooms("perturb", "metrics", "plans", "aims", "detections", "inputs")...)
		person   = append([]string{here + "/driver", root}, front...) // what no room of the engine needs
	)
	for pkg, forbidden := range map[string][]string{
		"":        slices.Concat(engine, drawing),
		"ask":     slices.Concat(engine, front, []string{here + "/driver"}),
		"driver":  slices.Concat(engine, front),
		"imgio":   slices.Concat(engine, plain),
		"heatmap": slices.Concat(engine, doors),
		"kind":    slices.Concat(engine, doors),
		"render":  slices.Concat(engine, []string{here, here + "/nb", gonb}),
		"nb":      engine,

		"engine":            drawing,
		"engine/plans":      person,
		"engine/aims":       append(rooms("plans"), person...),
		"engine/detections": append(rooms("plans", "aims", "perturb", "cam", "target"), person...),
		"engine/foreign":    append(rooms("plans", "aims", "cam", "target"), person...),
		"engine/memory":     slices.Concat(engine, plain),
		"engine/inputs":     append(rooms("plans", "aims", "detections", "device", "cam", "target"), person...),
		"engine/perturb":    append(rooms("target", "plans", "aims"), person...),
		"engine/metrics":    append(rooms("target", "plans", "aims"), person...),
		"engine/source":     slices.Concat(plain, topRooms, rooms("cam", "target")),
		"engine/source/onnxnorm": slices.Concat(plain, topRooms,
			[]string{here + "/imgio", gomlx + "gomlx/", gomlx + "onnx-gomlx/"}),
		"engine/cam":    slices.Concat(plain, topRooms, rooms("source", "target")),
		"engine/target": slices.Concat(plain, topRooms, rooms("source", "cam")),
		"engine/detect": slices.Concat(plain, topRooms, rooms("source", "cam", "target")),
		"engine/device": slices.Concat(plain, topRooms, rooms("source", "cam", "target")),

		"../scenes": slices.Concat(engine, front),
	} {
		path := here + "/" + pkg
		if pkg == "" {
			path = here
		}
		for _, dep := range dependencies(t, strings.Replace(path, "/gradcamnb/../", "/", 1)) {
			if slices.ContainsFunc(forbidden, func(f string) bool {
				return dep == f || strings.HasSuffix(f, "/") && strings.HasPrefix(dep, f)
			}) {
				t.Errorf("%s depends on %s", path, dep)
			}
		}
	}
}

// dependencies are all packages that one depends on.
func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", pkg).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(dep string) bool { return dep == pkg })
}

// imports returns what each of our packages imports directly.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", here+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		all[words[0]] = words[1:]
	}
	return all
}

// gonbui has one importer.
func TestOnlyNbImportsGonbui(t *testing.T) {
	for pkg, used := range imports(t) {
		if pkg != here+"/nb" && strings.Contains(strings.Join(used, " "), gonb) {
			t.Errorf("%s imports gonbui", pkg)
		}
	}
}

// Every arrow that docs/architecture.md draws is an import. The page draws or names every package, and the files and
// functions that it names are there.
func TestArchitecturePage(t *testing.T) {
	data, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	page, used := string(data), imports(t)
	drawn := map[string]string{} // by the diagram's short name
	for _, box := range regexp.MustCompile(`(\w+)\[([\w/-]+)[:\]]`).FindAllStringSubmatch(page, -1) {
		drawn[box[1]] = here + "/" + box[2]
		if box[2] == "gradcamnb" {
			drawn[box[1]] = here
		}
	}
	arrows := regexp.MustCompile(`(?m)^ +(\w+)(?:\[.*?\])? --> (\w+)`).FindAllStringSubmatch(page, -1)
	if len(arrows) < 20 {
		t.Fatalf("the page draws %d arrows", len(arrows))
	}
	for _, arrow := range arrows {
		from, to := drawn[arrow[1]], drawn[arrow[2]]
		if used[from] == nil || used[to] == nil || !slices.Contains(used[from], to) {
			t.Errorf("%q imports no %q", from, to)
		}
	}
	for _, file := range regexp.MustCompile("`(gradcamnb/)?([\\w/]+\\.go)`(?: \\(`(\\w+)`\\))?").FindAllStringSubmatch(page, -1) {
		source, err := os.ReadFile(file[2])
		if err != nil || !strings.Contains(string(source), file[3]+"(") {
			t.Errorf("%s has no %s: %v", file[2], file[3], err)
		}
	}
	for pkg := range used {
		name := strings.TrimPrefix(pkg, here+"/")
		isDrawn := slices.Contains(slices.Collect(maps.Values(drawn)), pkg)
		if !isDrawn && !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the page names no %s", name)
		}
	}
}
