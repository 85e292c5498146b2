package study

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// infoSession is a model of which other things are known.
type infoSession struct {
	fakeSession
	info gradcamnb.Info
}

func (f *infoSession) Info() gradcamnb.Info { return f.info }

// A study does not go on with rows that were made with other truths, or a model of another sidecar or name.
func TestStudyOfOtherTruths(t *testing.T) {
	boxes := filepath.Join(t.TempDir(), "boxes.csv")
	writeBoxes := func(text string) {
		t.Helper()
		if err := os.WriteFile(boxes, []byte("picture,x0,y0,x1,y1,label\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const cat = "p00,0,0,2,2,cat\np00,1,1,4,4,dog\n"
	writeBoxes(cat)
	known := (&fakeSession{}).Info()
	dir := t.TempDir()
	run := func(class string, info gradcamnb.Info) error {
		t.Helper()
		s := newStudy(t, nil, 1)
		s.Model, s.Out = gradcamnb.NewModel(&infoSession{info: info}), dir
		if err := s.ReadTruths(boxes, class); err != nil {
			t.Fatal(err)
		}
		_, err := s.Run(t.Context())
		return err
	}
	for range 2 { // the second time the rows are there
		if err := run("cat", known); err != nil {
			t.Fatal(err)
		}
	}
	prepared, named, renamed, fed := known, known, known, known
	prepared.Prep = &imgio.Prep{}
	named.Labels = []string{"night", "day"}
	renamed.Name = "another"
	fed.Inputs = []string{"age: float32"}
	for what, err := range map[string]error{"class": run("dog", known), "preparation": run("cat", prepared),
		"labels": run("cat", named), "name": run("cat", renamed), "inputs": run("cat", fed)} {
		if err == nil || !strings.Contains(err.Error(), "another study") {
			t.Errorf("another %s: %v", what, err)
		}
	}
	writeBoxes("p00,0,0,3,3,cat\np00,1,1,4,4,dog\n")
	if err := run("cat", known); err == nil || !strings.Contains(err.Error(), "another study") {
		t.Errorf("another box: %v", err)
	}
	writeBoxes(cat)
	if err := run("cat", known); err != nil {
		t.Errorf("the same again: %v", err)
	}
}

// A folder of truths is another if one of its files is; a photo beside annotations is none of them.
func TestTruthIDOfFolder(t *testing.T) {
	dir := t.TempDir()
	id := func(name, content string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := truthID(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if a, b, again := id("a.png", "1"), id("a.png", "2"), id("a.png", "1"); a == b || a != again {
		t.Error(a, b, again)
	}
	if a, photo, b := id("a.xml", "1"), id("a.png", "2"), id("a.xml", "2"); a != photo || a == b {
		t.Error(a, photo, b)
	}
	wantNoAdvice := filepath.Join(dir, "a.png\x00") // no such name can be: it is not missing
	if _, err := truthID(wantNoAdvice, ""); err == nil || strings.Contains(err.Error(), "did you mean") {
		t.Errorf("error %v, want one without other names", err)
	}
	if _, err := truthID(filepath.Join(dir, "none"), ""); err == nil {
		t.Error("a folder that is not there has an identity")
	}
}

// A study of a model without a file does not go on, since nothing tells whether the model was trained meanwhile.
func TestStudyOfModelWithoutFile(t *testing.T) {
	s := newStudy(t, nil, 1)
	s.Model = gradcamnb.NewModel(&infoSession{info: gradcamnb.Info{Name: "mine", Labels: []string{"dark", "light"}}})
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `"mine" has no file`) {
		t.Error(err)
	}
}

// A truth of one's own counts by whether there is one.
func TestStudyWithAndWithoutTruth(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1)
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Pictures[0].Truth = Boxes(heatmap.Box{0, 0, 1, 1})
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another study") {
		t.Error(err)
	}
}
