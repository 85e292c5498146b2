package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// exploredKind is a target that is explored, and what the card and the code that stays say of it.
type exploredKind struct {
	name, model, sidecar, target string
	choose                       string // an element that is chosen on the card; - if the kind has none
	opens, then, code            string
}

const small = `"input": {"width": 64, "height": 64, "fit": "stretch", "mean": 0, "scale": 255}`

var exploredKinds = []exploredKind{
	{"attribute", "models/attributor.ts.onnx", `{` + small +
		`, "heads": {"colour": ["red", "green", "blue", "yellow"], "shape": ["disc", "box", "star"]}}`,
		`gradcamnb.Attribute("colour", "green")`, "blue", "green", "blue", `gradcamnb.Output("colour", 2)`},
	{"tag", "models/tagger.ts.onnx", `{` + small + `}`, `gradcamnb.Tag(1)`, "2", "tag 1", "tag 2", "gradcamnb.Tag(2)"},
	{"region", "models/unet.ts.onnx", `{` + small + `}`, `gradcamnb.Region(1)`, "0", "region 1", "region 0",
		"gradcamnb.Region(0)"},
	{"output", "models/resnet-basic.ts.onnx", `{` + small + `}`, `gradcamnb.Output("logits", 3)`, "5", "logits", "5",
		`gradcamnb.Output("logits", 5)`},
	{"detection", "detectors/heads.onnx", ``, `gradcamnb.Detection(1)`, "-", "detection", "",
		"gradcamnb.Detection(1)"},
	{"similar", "models/resnet-basic.ts.onnx", `{` + small + `}`, `gradcamnb.Similar(imgio.MustOpen("cat.png"))`, "-",
		"likeness to the second picture", "", "target is the one of this cell"},
}

// A target of every kind is explored on a live card, behind a base URL as on JupyterHub: the card explains what was
// given, another element of the same kind if there is one, and the code that stays asks for that. One JupyterLab serves
// all.
func TestExploreEveryKind(t *testing.T) {
	needJupyter(t)
	needLab(t)
	dir := t.TempDir()
	put := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	take := func(from string) []byte {
		t.Helper()
		data, err := os.ReadFile(golden.Path(filepath.FromSlash(from)))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	put("cat.png", take("images/cat.png"))
	var cells []string
	args := []string{filepath.Join("testdata", "kinds.py"), filepath.Join(dir, "kinds.ipynb"), t.ArtifactDir(), "/user/x/"}
	for _, k := range exploredKinds {
		put(k.name+".onnx", take(k.model))
		if k.sidecar != "" {
			put(k.name+".json", []byte(k.sidecar))
		}
		cells = append(cells, "%%\nnet := gradcamnb.MustOpen(\""+k.name+".onnx\")\n"+
			patiently("net", "cat.png", k.target, `gradcamnb.Methods("Grad-CAM", "HiResCAM")`))
		args = append(args, k.choose)
	}
	writeNotebook(t, filepath.Join(dir, "kinds.ipynb"), cells...)
	c := exec.Command("python3", args...)
	c.Env = append(os.Environ(), "GOMLX_BACKEND=go") // nothing is compiled for these small networks
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	t.Logf("%s", out)
	var seen struct {
		Kinds []struct {
			Opens, Said, Then, Note, Code string
			Left, Fields                  int
			Predictions                   []string
		}
		Errors []string
	}
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	for i, k := range exploredKinds {
		s := seen.Kinds[i]
		if !strings.Contains(s.Opens, k.opens) || s.Said != "" {
			t.Errorf("%s: the card opens with %q and says %q", k.name, s.Opens, s.Said)
		}
		if chosen := k.choose != "-"; chosen != (s.Fields == 1) {
			t.Errorf("%s: there are %d fields to choose another element", k.name, s.Fields)
		}
		if k.name == "attribute" && !slices.Contains(s.Predictions, "red") {
			t.Errorf("the predictions of a head whose values have names are %q", s.Predictions)
		}
		if !strings.Contains(s.Then, k.then) {
			t.Errorf("%s: after the choice of %s the card has %q, %q", k.name, k.choose, s.Then, s.Note)
		}
		if !strings.Contains(s.Code, k.code) || s.Left != 1 {
			t.Errorf("%s: %d cards are left, and the code %q", k.name, s.Left, s.Code)
		}
	}
	checkPageErrors(t, seen.Errors)
}
