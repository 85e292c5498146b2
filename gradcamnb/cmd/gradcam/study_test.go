package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/eventually"
)

// studying is the command over a folder of three pictures and a text, a part a picture.
func studying(t *testing.T, out string, more ...string) []string {
	t.Helper()
	dir := t.TempDir()
	for name, from := range map[string]string{"cat/1.png": picture("cat_224.png"), "cat/2.png": picture("cat.png"),
		"coffee/3.png": picture("coffee_224.png"), "notes.txt": picture("LICENSES.md")} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return append([]string{"study", "--backend", "go", "--model", model("resnet-basic.ts.onnx"), "--size", "64", "--mean",
		"0", "--scale", "255", "--pictures", dir,
		"--layer", "stages", "--method", "Grad-CAM", "--method", "LayerCAM", "--metric", "deletion", "--metric", "sparseness",
		"--part", "1", "--out", out}, more...)
}

// A study says its means, has a report, and after kill -9 goes on: the files of rows are those of a
// study that ran through, to the byte.
func TestStudy(t *testing.T) {
	whole, broken := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "broken")
	args := studying(t, whole)
	said, err := gradcam(args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"deletion", "sparseness", "LayerCAM", "3 of 3 pictures, 24 maps", "report.html"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("the command does not say %q:\n%s", want, said)
		}
	}
	args[len(args)-1] = broken
	for try := 1; ; try++ { // the machine may hold the test up until the study has ended
		c := gradcam(args...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		eventually.True(t, "there is a part", func() bool { return exists(filepath.Join(broken, "part-000000.parquet")) })
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
		if !exists(filepath.Join(broken, "report.html")) {
			break
		}
		if try == 20 {
			t.Fatal("each time it had ended before it was killed")
		}
		if err := os.RemoveAll(broken); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := gradcam(args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, name := range []string{"part-000000.parquet", "part-000001.parquet", "part-000002.parquet", "summary.json"} {
		a, err1 := os.ReadFile(filepath.Join(whole, name))
		b, err2 := os.ReadFile(filepath.Join(broken, name))
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %v, %v, the same bytes: %v", name, err1, err2, bytes.Equal(a, b))
		}
	}
}

// A study says metrics that compare pictures, for which a part must have several.
func TestStudyComparesPictures(t *testing.T) {
	args := studying(t, filepath.Join(t.TempDir(), "out"), "--metric", "sufficiency")
	args[slices.Index(args, "--part")+1] = "3"
	said, err := gradcam(args...).Output()
	if err != nil || !strings.Contains(string(said), "sufficiency") {
		t.Errorf("%v:\n%s", err, said)
	}
}

// Several models are compared on the same pictures. Inputs besides the picture, and a part of the preparation, go with
// one model only.
func TestStudyOfModels(t *testing.T) {
	args := studying(t, filepath.Join(t.TempDir(), "out"), "--model", model("squeezenet.ts.onnx"))
	said, err := gradcam(args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"MODEL", "resnet-basic.ts", "squeezenet.ts", "3 of 3 pictures"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("the command does not say %q:\n%s", want, said)
		}
	}
	for flag, want := range map[string]string{"--scale": "must all be given", "--input": "goes with one --model"} {
		c := gradcam("study", "--model", model("resnet-basic.ts.onnx"), "--model", model("squeezenet.ts.onnx"), "--pictures",
			picture("cat.png"), "--out", t.TempDir(), flag, "255")
		if said, err := c.CombinedOutput(); err == nil || !strings.Contains(string(said), want) {
			t.Errorf("%s: %v, %s", flag, err, said)
		}
	}
}
