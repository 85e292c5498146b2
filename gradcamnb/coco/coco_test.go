package coco

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

func drawn(w, h int, in func(x, y int) bool) heatmap.Grid {
	g := heatmap.NewGrid(w, h)
	for i := range g.Values {
		if in(i%w, i/w) {
			g.Values[i] = 1
		}
	}
	return g
}

// What pycocotools 2.0.11 writes for masks (mask.encode), and back.
func TestRunsAsPycocotools(t *testing.T) {
	for name, c := range map[string]struct {
		mask heatmap.Grid
		want string // the text, or its length and the beginning of its SHA-256
	}{
		"few": {drawn(9, 7, func(x, y int) bool {
			return x >= 3 && x < 8 && y >= 2 && y < 5 || x == 0 && y == 6 || x == 8 && y == 0
		}), "61`02D0000000NN4"},
		"none":  {drawn(9, 7, func(int, int) bool { return false }), "o1"},
		"all":   {drawn(9, 7, func(int, int) bool { return true }), "0o1"},
		"large": {drawn(4000, 2000, func(x, _ int) bool { return x >= 3000 }), `P\Sg5PTQm1`},
		"ring": {drawn(500, 300, func(x, y int) bool {
			dx, dy := x-260, y-150
			return 4*dy*dy+dx*dx < 180*180 && dy*dy+dx*dx >= 30*30
		}), "965 01784e063a02f46a"},
		"dots": {drawn(500, 300, func(x, y int) bool { return (x*7+y*13)%5 == 0 }), "59802 315581ac1c87bd0e"},
	} {
		text, err := json.Marshal(NewRLE(c.mask))
		if err != nil {
			t.Fatal(err)
		}
		var raw struct{ Counts string }
		if err := json.Unmarshal(text, &raw); err != nil {
			t.Fatal(err)
		}
		got := raw.Counts
		if len(got) > 40 {
			got = fmt.Sprintf("%d %x", len(got), sha256.Sum256([]byte(got)))[:max(0, strings.Index(c.want, " "))+17]
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		var back RLE
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if g, err := back.Grid(); err != nil || !slices.Equal(g.Values, c.mask.Values) {
			t.Errorf("%s: another mask comes back (%v)", name, err)
		}
	}
}

func TestDamagedRuns(t *testing.T) {
	for _, bad := range []string{"`", "\x00", "ooooooooo"} {
		text, err := json.Marshal(bad)
		if err != nil {
			t.Fatal(err)
		}
		if err := new(Counts).UnmarshalJSON(text); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	for _, bad := range []Counts{{64}, {0, 64}, {1, math.MaxInt, 1, 5}, {-1}} {
		if _, err := (RLE{[2]int{7, 9}, bad}).Grid(); err == nil {
			t.Errorf("runs of %v are 63 pixels", bad)
		}
	}
	if _, err := (RLE{Size: [2]int{1 << 31, 1 << 31}}).Grid(); err == nil {
		t.Error("there is room for a mask of 2^62 pixels")
	}
}

// Detections written with an annotation file's numbers, and read back as boxes of the model's classes. The mask lies
// over a model's input of half the picture's size, and its one cell of four is the picture's left upper quarter.
func TestResultsThereAndBack(t *testing.T) {
	dir := t.TempDir()
	names := filepath.Join(dir, "instances.json")
	if err := os.WriteFile(names,
		[]byte(`{"images": [{"id": 139, "file_name": "val/street.jpg"}, {"id": 1, "file_name": "a/twice.jpg"}, {"id": 2, "file_name": "b/twice.jpg"}], "categories": [{"id": 3, "name": "car"}, {"id": 18, "name": "Dog"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := ReadNames(names)
	if err != nil {
		t.Fatal(err)
	}
	found := []heatmap.Detection{
		{Box: heatmap.Box{1, 2, 4, 7}, Class: 0, Label: "dog", Score: 0.25},
		{
			Box: heatmap.Box{0, 0, 4, 4}, Class: 1, Label: "car", Score: 0.5,
			Mask:  heatmap.Grid{W: 2, H: 2, Values: []float32{1, 0, 0, 0}},
			Frame: imgio.Frame{PictureW: 8, PictureH: 8, ModelW: 4, ModelH: 4, ScaleX: 2, ScaleY: 2},
		},
	}
	results, err := n.Results("elsewhere/street.jpg", found)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "results.json")
	if err := Write(path, results); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"image_id":139,"category_id":18,"bbox":[1,2,3,5],"score":0.25},{"image_id":139,"category_id":3,"bbox":[0,0,4,4],"score":0.5,"segmentation":{"size":[8,8],"counts":`; !strings.HasPrefix(string(text), want) {
		t.Errorf("written is %s, want %s", text, want)
	}
	if results, err = Read(path); err != nil {
		t.Fatal(err)
	}
	back, err := n.Detections(results, "street.jpg", []string{"dog", "car"}, 8, 8)
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != 2 || back[0].Class != 1 || back[0].Box != found[1].Box || back[1].Label != "dog" {
		t.Errorf("back come %+v", back)
	}
	area := float32(0)
	for _, v := range back[0].Mask.Values {
		area += v
	}
	// Along a side the bilinear weights are 1, 0.9375, 0.8125, 0.625, 0.375, ..., and of their products
	// those of the first four sides are above 1/2 but for 0.625 x 0.625.
	if area != 15 {
		t.Errorf("the mask has %g pixels", area)
	}
	if _, err := n.Results("other.jpg", found); err == nil || !strings.Contains(err.Error(), `"other.jpg"`) {
		t.Errorf("a picture that is not among the annotations: %v", err)
	}
	if _, err := n.Results("b/twice.jpg", found); err == nil || !strings.Contains(err.Error(), `more than one picture "twice.jpg"`) {
		t.Errorf("a picture whose name stands twice among the annotations: %v", err)
	}
	if _, err := (Names{}).Results("street.jpg", found); err == nil {
		t.Error("a name without a number is a number")
	}
	if of, err := (Names{}).Results("000000000139.jpg", found[:1]); err != nil || of[0].Image != 139 || of[0].Category != 0 {
		t.Errorf("%+v, %v", of, err)
	}
}
