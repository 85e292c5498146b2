package notebooks

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// seenBoxes is what testdata/boxes.py reports.
type seenBoxes struct {
	Seen []struct {
		Sub, Said, Title, Picker string
		Boxes, Fields            int
		Pressed                  []string
	}
	Code, Left string
	BoxesLeft  int
	Errors     []string
}

// The boxes of a detector stand on the card of its picture: a click on one explains that detection at its own level, as
// do the keys Shift+Tab and Enter; the code and the card that stay are of what was looked at.
func TestExploreByBoxes(t *testing.T) {
	needJupyter(t)
	needLab(t)
	notebook := filepath.Join(t.TempDir(), "boxes.ipynb")
	writeNotebook(t, notebook, "%%\nnet := gradcamnb.MustOpen(\"TESTDATA/detectors/heads.onnx\")\n"+
		patiently("net", "TESTDATA/images/astronaut.png", `gradcamnb.Methods("HiResCAM", "LayerCAM")`))
	c := exec.Command("python3", filepath.Join("testdata", "boxes.py"), notebook, t.ArtifactDir(), "/user/x/")
	c.Env = append(os.Environ(), "GOMLX_BACKEND=go") // nothing is compiled for this small network
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	t.Logf("%s", out)
	var seen seenBoxes
	if err := json.Unmarshal(out, &seen); err != nil {
		t.Fatal(err)
	}
	if len(seen.Seen) != 3 {
		t.Fatalf("%d choices were made, want 3", len(seen.Seen))
	}
	for i, s := range seen.Seen {
		rank := []string{"1", "2", "1"}[i]
		if !strings.Contains(s.Sub, "target detection "+rank+" at") || s.Said != "" || s.Picker != "detection "+rank {
			t.Errorf("after choice %d the card has %q, %q chosen, and says %q", i, s.Sub, s.Picker, s.Said)
		}
		layer := map[string]string{"1": "/Mul_1_output_0", "2": "/Mul_output_0"}[rank]
		if !strings.HasSuffix(s.Title, layer) {
			t.Errorf("detection %s is explained as %q, and it is made at the level %s", rank, s.Title, layer)
		}
		if len(s.Pressed) != 1 || !strings.HasPrefix(s.Pressed[0], "explain detection "+rank+" ") {
			t.Errorf("after choice %d the boxes %q are pressed", i, s.Pressed)
		}
		if s.Boxes != 2 || s.Fields != 0 {
			t.Errorf("there are %d boxes and %d fields for classes", s.Boxes, s.Fields)
		}
	}
	if !strings.Contains(seen.Code, "gradcamnb.Detection(1)") {
		t.Errorf("the code is %q", seen.Code)
	}
	if seen.BoxesLeft != 2 || !strings.Contains(seen.Left, "target detection 2 at") {
		t.Errorf("%d boxes stay, and the second one shows %q", seen.BoxesLeft, seen.Left)
	}
	checkPageErrors(t, seen.Errors)
}
