package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Two pictures at the four stages of a network, by two methods: sixteen maps, each with
// its scores, and the best of each picture framed.
func TestSheet(t *testing.T) {
	dir := t.TempDir()
	code, _, said := call(t, "sheet", "--model", model("resnet-basic.dyn.onnx"), "--tensor",
		golden.Path("golden", "resnet-basic", "input.npy"),
		"--rows", "images,layers", "--cols", "methods", "--method", "Grad-CAM", "--method", "LayerCAM", "--steps", "3",
		"--out", dir)
	if code != 0 {
		t.Fatal(said)
	}
	var rep sheetReport
	readJSON(t, filepath.Join(dir, "sheet.json"), &rep)
	if len(rep.Rows)%2 != 0 || len(rep.Rows) < 6 || len(rep.Columns) != 2 ||
		!strings.HasPrefix(rep.Rows[0], "picture 1, ") || !strings.Contains(rep.Note, "3 steps") {
		t.Errorf("%q by %q, %s", rep.Rows, rep.Columns, rep.Note)
	}
	f, err := os.Open(filepath.Join(dir, "scores.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) != 1+2*len(rep.Rows) {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	best, framed := map[string]float64{}, map[string]float64{}
	for _, line := range lines[1:] {
		picture, _, _ := strings.Cut(line[0], ",")
		del, _ := strconv.ParseFloat(line[12], 64)
		in, _ := strconv.ParseFloat(line[13], 64)
		both, err := strconv.ParseFloat(line[14], 64)
		if p, err := strconv.ParseFloat(line[8], 64); err != nil || !(p > 0 && p <= 1) || line[9] != "1" {
			t.Errorf("the explained class has the probability %q and the rank %q", line[8], line[9])
		}
		if err != nil || both-(in-del) > 1e-4 || both-(in-del) < -1e-4 || in <= 0 || in >= 1 {
			t.Errorf("%q", line)
		}
		if old, ok := best[picture]; !ok || both > old {
			best[picture] = both
		}
		if line[10] == "true" {
			framed[picture] = both
		}
	}
	for picture, v := range best {
		if f, ok := framed[picture]; ok && f != v { // without a clear lead none is framed
			t.Errorf("%s: framed is %g, the best %g", picture, framed[picture], v)
		}
	}
	if img, err := imgio.Open(filepath.Join(dir, "sheet.png")); err != nil || img.Bounds().Dx() < 400 {
		t.Errorf("sheet.png: %v", err)
	}
}

// A sheet of two checkpoints by layers has a row of the first less the second. That row is a difference of maps, which
// has no metrics.
func TestSheetOfCheckpoints(t *testing.T) {
	dir := t.TempDir()
	early := put(t, model("resnet-basic.dyn.onnx"), filepath.Join(dir, "early.onnx"))
	late := put(t, model("resnet-basic.dyn.onnx"), filepath.Join(dir, "late.onnx"))
	args := []string{"sheet", "--tensor", golden.Path("golden", "resnet-basic", "input.npy"), "--target", "class:1",
		"--rows", "pictures", "--cols", "layers", "--steps", "2", "--out", dir}
	code, _, said := call(t, append(args, "--model", early, "--model", late, "--difference", "1,3")...)
	if code != 0 {
		t.Fatal(said)
	}
	var rep sheetReport
	readJSON(t, filepath.Join(dir, "sheet.json"), &rep)
	want := []string{"early, picture 1", "early, picture 2", "late, picture 1", "late, picture 2",
		"early, picture 1 - late, picture 1"}
	if rep.Title != "early, late, class 1, Grad-CAM" {
		t.Errorf("the title is %q", rep.Title)
	}
	if !slices.Equal(rep.Rows, want) || len(rep.Columns) < 3 {
		t.Fatalf("%q by %q", rep.Rows, rep.Columns)
	}
	for j, c := range rep.Cells[4] { // of the same weights
		if len(c.Metrics) != 0 || *c.Range[0] != 0 || *c.Range[1] != 0 || *rep.Cells[0][j].Range[1] <= 0 {
			t.Errorf("%s: %v of %v, measured %v", rep.Columns[j], *c.Range[0], *c.Range[1], c.Metrics)
		}
	}
	for says, more := range map[string][]string{
		"name two rows, as in 1,2": {"--difference", "1"},
		"the sheet has 2 rows":     {"--difference", "1,9"},
		"sheets with the columns":  {"--model", model("densenet.dyn.onnx")},
	} {
		if code, _, said := call(t, append(append(args, "--model", early), more...)...); code != 2 ||
			!strings.Contains(said, says) {
			t.Errorf("%q: %d, %s", more, code, said)
		}
	}
}

func TestInert(t *testing.T) {
	for field, want := range map[string]string{"=1+1": "'=1+1", "-0.5": "-0.5", "@x": "'@x", "": "", "conv": "conv"} {
		if got := disarm(field); got != want {
			t.Errorf("%q becomes %q, want %q", field, got, want)
		}
	}
}
