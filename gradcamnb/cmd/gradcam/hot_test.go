package main

import (
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// The mask, the polygons and the run lengths of --hot say the same, and the box lies around it.
func TestHotPart(t *testing.T) {
	dir := t.TempDir()
	code, _, said := call(t, "explain", "--model", model("resnet-basic.dyn.onnx"), "--image", picture("cat_224.png"),
		"--size", "64", "--mean", "127", "--scale", "64", "--hot", "share:0.5", "--out", dir)
	if code != 0 {
		t.Fatal(said)
	}
	data, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rep report
	if err := json.Unmarshal(data, &rep); err != nil {
		t.Fatal(err)
	}
	hot := rep.Images[0].Maps[0].Hot
	img, err := imgio.Open(filepath.Join(dir, "mask.png"))
	if err != nil {
		t.Fatal(err)
	}
	mask := heatmap.MaskOf(img)
	runs, err := hot.RLE.Grid()
	if err != nil || !slices.Equal(runs.Values, mask.Values) {
		t.Errorf("the run lengths are another mask, %v", err)
	}
	filled, cells := heatmap.NewGrid(mask.W, mask.H), 0.0
	for _, p := range hot.Polygons {
		var corners [][2]float64
		for i := 0; i < len(p); i += 2 {
			corners = append(corners, [2]float64{float64(p[i]), float64(p[i+1])})
		}
		for i, v := range heatmap.Polygon(mask.W, mask.H, corners...).Values {
			filled.Values[i] = float32(math.Abs(float64(filled.Values[i] - v)))
		}
	}
	if !slices.Equal(filled.Values, mask.Values) {
		t.Error("the polygons are another mask")
	}
	for _, v := range mask.Values {
		cells += float64(v)
	}
	if share := cells / float64(len(mask.Values)); share <= 0 || share >= 1 || !(math.Abs(share-hot.Area) <= 1e-9) ||
		hot.Box != mask.Region(1).BoundingBox() || hot.Cut != "share:0.5" {
		t.Errorf("%g of the picture is hot: %+v", share, hot)
	}
	if code, _, said := call(t, "explain", "--hot", "osu"); code != 2 || said == "" {
		t.Errorf("a wrong cut: %d, %s", code, said)
	}
}

// A folder shows one run: the mask of an earlier one goes, and a picture of the user's own stays.
func TestMaskOfAnEarlierRun(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mask.png")
	for ours, text := range map[bool]map[string]string{true: {"gradcam:model": "net"}, false: nil} {
		png, err := render.EncodePNG(image.NewGray(image.Rect(0, 0, 2, 2)), text)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, png, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := removeMask(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); os.IsNotExist(err) != ours {
			t.Errorf("ours %v: %v", ours, err)
		}
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := removeMask(dir); err != nil {
		t.Errorf("no mask: %v", err)
	}
}
