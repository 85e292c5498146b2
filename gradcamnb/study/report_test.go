package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
)

// The page holds every picture's name as text, draws the maps that stand out, and needs nothing from
// elsewhere.
func TestReport(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 10, 20, 255, 90)
	s.Pictures[0].Name = `<script>alert("x")</script>`
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	data, err := Report(sum, s.Pictures)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, want := range []string{"insertion", "a damaged picture", "&lt;script&gt;alert", "data:image/jpeg;base64,",
		"Mean ranks that differ"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, not := range []string{`<script>alert`, "http://", "https://", "src=\"/"} {
		if strings.Contains(text, not) {
			t.Errorf("the report has %q", not)
		}
	}
	if _, err := json.Marshal(sum); err != nil {
		t.Error(err)
	}
	if path := os.Getenv("STUDY_REPORT"); path != "" {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A class that the model does not have is the fault of the picture whose label names it, and of nothing else.
func TestLabelOfNoClass(t *testing.T) {
	s := newStudy(t, &fakeSession{refuse: fmt.Errorf("class 7: %w", gradcamnb.ErrNoClass)}, 1, 2)
	s.AtLabel = true
	sum, err := s.Run(t.Context())
	if err != nil || sum.Failures != 2 || sum.Failed[1].Error == "" {
		t.Errorf("%+v, %v", sum, err)
	}
	s = newStudy(t, &fakeSession{refuse: gradcamnb.ErrNoClass}, 1, 2)
	if _, err := s.Run(t.Context()); !errors.Is(err, gradcamnb.ErrNoClass) {
		t.Errorf("a class of the study: %v", err)
	}
}

// A file among the parts that is not of the study is an error, since it would be counted.
func TestPartsOfNoStudy(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1, 2, 3, 4, 5)
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, second := s.part(0), s.part(1)
	data, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{s.part(7): "no part of the study of 5 pictures",
		second: "the picture number 0"} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(s.Out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", filepath.Base(path), err, want)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	manifest := filepath.Join(s.Out, manifestName)
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, []byte(strings.Replace(string(text), `"pictures": 5`, `"pictures": -5`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(s.Out); err == nil || !strings.Contains(err.Error(), "-5 pictures") {
		t.Errorf("read: %v", err)
	}
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another study") {
		t.Errorf("continued: %v", err)
	}
}

// Names that would steer a terminal or turn the direction of text are spelt in the report.
func TestReportSpellsControls(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 255, 1)
	s.Pictures[0].Name = "a\x1b[2J\u202eb"
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page := string(MustReport(sum, s.Pictures))
	if strings.ContainsAny(page, "\x1b\u202e") || !strings.Contains(page, `a\x1b[2J\u202eb`) {
		t.Error("the report has control characters, or not the name")
	}
}
