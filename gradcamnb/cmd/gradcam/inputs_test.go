package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// The three ways to write a value give the same map. An .npy file of a picture gives the map of the picture.
func TestInputFlag(t *testing.T) {
	about, twins := golden.Path("inputs", "about.onnx"), golden.Path("inputs", "twins.onnx")
	file := filepath.Join(t.TempDir(), "about.npy")
	if err := npyfile.Write(file, []int{1, 4}, []float32{1, 2, 3, -1}); err != nil {
		t.Fatal(err)
	}
	raw := func(args ...string) []float32 {
		t.Helper()
		dir := t.TempDir()
		code, _, said := call(t, append(args, "--image", picture("cat.png"), "--out", dir)...)
		if code != 0 {
			t.Fatal(said)
		}
		_, values, err := npyfile.Read(filepath.Join(dir, "raw.npy"))
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	numbers := raw("explain", "--model", about, "--input", "about=1,2,3,-1")
	if got := raw("explain", "--model", about, "--input", "about="+file); !slices.Equal(got, numbers) {
		t.Error("the .npy file and the numbers give different maps")
	}
	if got := raw("explain", "--model", about, "--input", "about=1,2,3,4"); slices.Equal(got, numbers) {
		t.Error("other numbers give the same map")
	}
	left := raw("explain", "--model", twins+"#left", "--input", "right="+picture("astronaut.png"))
	if got := raw("explain", "--model", twins+"#right", "--input", "left="+picture("astronaut.png")); slices.Equal(got,
		left) {
		t.Error("left and right give the same map")
	}
	if got := raw("rise", "--masks", "32", "--model", about, "--input", "about=1,2,3,-1"); !slices.ContainsFunc(got,
		func(v float32) bool { return v > 0 }) {
		t.Error("RISE of a model with several inputs is empty")
	}
	if code, out, said := call(t, "layers", "--model", twins+"#left"); code != 0 ||
		!strings.Contains(out, "of another input than the picture") {
		t.Errorf("layers: %d %s %s", code, out, said)
	}
	for want, given := range map[string][]string{
		"write NAME=1,2,3":       {"about"},
		"--input about is given": {"about=1,2,3,4", "about=1,2,3,4"},
		"reading the picture":    {"about=nothing.png"},
		"no input \"a\" besides": {"about=1,2,3,4", "a=1"},
		"nothing gives it":       nil,
		"is given the shape [2]": {"about=1,2"},
		"below 2^24 = 16777216":  {"about=1,2,3,4", "size=32,16777217"},
	} {
		args := []string{"explain", "--model", about, "--image", picture("cat.png"), "--out", t.TempDir()}
		for _, g := range given {
			args = append(args, "--input", g)
		}
		if code, _, said := call(t, args...); code == 0 || !strings.Contains(said, want) {
			t.Errorf("%q: exit code %d, %s; want %q", given, code, said, want)
		}
	}
}

// The model sees the box alone, and the map lies where the box is.
func TestInBoxFlag(t *testing.T) {
	dir := t.TempDir()
	code, _, said := call(t, "explain", "--model", golden.Path("inputs", "about.onnx"), "--input", "about=1,2,3,4",
		"--image", picture("cat.png"), "--in-box", "100,50,300,250", "--out", dir)
	if code != 0 {
		t.Fatal(said)
	}
	var rep struct {
		Images []struct {
			Seen [4]int `json:"seen"`
		} `json:"images"`
	}
	readJSON(t, filepath.Join(dir, "result.json"), &rep)
	if got := rep.Images[0].Seen; got != [4]int{100, 50, 300, 250} {
		t.Errorf("the model saw %v of the picture", got)
	}
	for _, box := range []string{"1,2,3", "5,5,5,9", "a,b,c,d", "1,9,5,2"} {
		if code, _, said := call(t, "explain", "--model", golden.Path("inputs", "about.onnx"), "--image", picture("cat.png"),
			"--in-box", box, "--out", dir); code != 2 || !strings.Contains(said, "write x0,y0,x1,y1") {
			t.Errorf("--in-box %s: exit code %d, %s", box, code, said)
		}
	}
	if code, _, said := call(t, "explain", "--model", golden.Path("inputs", "about.onnx"), "--input", "about=1,2,3,4",
		"--image", picture("cat.png"), "--in-box", "10,10,9999,50", "--out", dir); code == 0 {
		t.Errorf("a box beyond the picture: %s", said)
	}
}
