package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A box and a mask of the same pixels are one truth, and how far the map can be believed is said in words on the
// terminal and in result.json.
func TestMeasuredExplain(t *testing.T) {
	dir := t.TempDir()
	mask := image.NewGray(image.Rect(0, 0, 224, 224))
	for y := range 224 {
		for x := range 100 {
			mask.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	f, err := os.Create(filepath.Join(dir, "mask.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, mask); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	explain := func(more ...string) (int, string, string) {
		return call(t, append([]string{"explain", "--model", model("resnet-basic.ts.onnx"), "--image", picture("cat_224.png"),
			"--size", "64", "--mean", "0", "--scale", "255",
			"--metric", "energy", "--out", filepath.Join(dir, "out")}, more...)...)
	}
	var energies []string
	for _, truth := range []string{"0,0,100,224", filepath.Join(dir, "mask.png")} {
		code, said, wrong := explain("--truth", truth, "--trust")
		if code != 0 || !strings.Contains(said, "random weights") || !strings.Contains(said, "insertion - deletion") {
			t.Fatalf("%d: %s%s", code, said, wrong)
		}
		for line := range strings.Lines(said) {
			if strings.HasPrefix(strings.TrimSpace(line), "energy") {
				energies = append(energies, line)
			}
		}
	}
	if len(energies) != 2 || energies[0] != energies[1] {
		t.Errorf("by the box and by the mask: %q", energies)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out", "result.json"))
	if err != nil || !strings.Contains(string(data), `"trust"`) || !strings.Contains(string(data), `"energy"`) {
		t.Errorf("%v: %s", err, data)
	}
	if code, _, said := explain(); code != 1 || !strings.Contains(said, "give a truth") {
		t.Errorf("without a truth: %d, %s", code, said)
	}
	if code, _, said := explain("--truth", "0,0,1,1", "--truth", "0,0,1,1"); code != 2 ||
		!strings.Contains(said, "give one for each") {
		t.Errorf("two truths of one picture: %d, %s", code, said)
	}
}
