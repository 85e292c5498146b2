package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// put copies a file into a folder.
func put(t *testing.T, from, to string) string {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// --like makes a figure again, byte for byte, from what the figure says. With another model or picture it is refused.
func TestLike(t *testing.T) {
	dir := t.TempDir()
	net := put(t, model("resnet-basic.ts.onnx"), filepath.Join(dir, "net.onnx"))
	cat := put(t, picture("cat.png"), filepath.Join(dir, "a.png"))
	other := put(t, model("vgg.ts.onnx"), filepath.Join(dir, "other.onnx"))
	prepared := []string{"--size", "64", "--mean", "120", "--scale", "60"}
	for name, args := range map[string][]string{
		"Grad-CAM": {"--target", "class:3", "--layer", "layer3"},
		"HiResCAM": {"--method", "hirescam", "--target", "top2"},
	} {
		first, again := filepath.Join(dir, name), filepath.Join(dir, name, "again")
		args = append(append([]string{"explain", "--model", net, "--image", cat, "--out", first}, args...), prepared...)
		if code, _, said := call(t, args...); code != 0 {
			t.Fatal(said)
		}
		put(t, filepath.Join(first, "overlay.png"), filepath.Join(dir, name+".png"))
		if code, _, said := call(t, "explain", "--like", filepath.Join(dir, name+".png"), "--out", again); code != 0 {
			t.Errorf("%s: %s", name, said)
			continue
		}
		for _, file := range []string{"overlay.png", "raw.npy"} {
			a, err1 := os.ReadFile(filepath.Join(first, file))
			b, err2 := os.ReadFile(filepath.Join(again, file))
			if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
				t.Errorf("%s: %s is another one: %v %v", name, file, err1, err2)
			}
		}
	}
	figure := filepath.Join(dir, "Grad-CAM.png")
	likeOfSeveralInputs(t)
	for want, args := range map[string][]string{
		"was made with another model":       {"--model", other},
		"shows another picture":             {"--image", picture("cat_224.png")},
		"does not go with --like":           {"--layer", "layer4"},
		"does not say how it was made":      {"--like", cat},
		"it is no PNG picture":              {"--like", net},
		"neither in this folder nor beside": {"--like", put(t, figure, filepath.Join(t.TempDir(), "alone.png"))},
	} {
		if args[0] != "--like" {
			args = append(args, "--like", figure)
		}
		code, _, said := call(t, append([]string{"explain", "--out", t.TempDir()}, args...)...)
		if code == 0 || !strings.Contains(said, want) || strings.Count(said, "\n") != 1 {
			t.Errorf("%q: exit code %d, %q", args, code, said)
		}
	}
}

// A figure says which input of a model was the picture, so nobody need say it again.
func likeOfSeveralInputs(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	net := put(t, golden.Path("inputs", "about.onnx"), filepath.Join(dir, "net.onnx"))
	put(t, golden.Path("inputs", "about.json"), filepath.Join(dir, "net.json"))
	cat := put(t, picture("cat.png"), filepath.Join(dir, "a.png"))
	first := filepath.Join(dir, "first")
	if code, _, said := call(t, "explain", "--model", net+"#image", "--input", "about=1,2,3,-1", "--image", cat, "--out",
		first); code != 0 {
		t.Fatal(said)
	}
	figure := put(t, filepath.Join(first, "overlay.png"), filepath.Join(dir, "figure.png"))
	want, err := os.ReadFile(figure)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"--model", net}, {"--model", net + "#image"}} {
		out := filepath.Join(t.TempDir(), "again")
		if code, _, said := call(t, append([]string{"explain", "--like", figure, "--out", out}, args...)...); code != 0 {
			t.Errorf("%q: %s", args, said)
			continue
		}
		if got, err := os.ReadFile(filepath.Join(out, "overlay.png")); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q: the figure is another one (%v)", args, err)
		}
	}
	if code, _, said := call(t, "explain", "--like", figure, "--model", net+"#about", "--out", t.TempDir()); code == 0 {
		t.Errorf("another input as the picture: %s", said)
	}
}
