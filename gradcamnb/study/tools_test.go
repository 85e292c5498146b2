package study

import (
	"encoding/json"
	"image"
	"image/color"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/coco"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// readJSON reads a file of testdata/golden/study, which make.py there writes with the usual tools.
func readJSON(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(golden.Path("golden", "study", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// A COCO file gives the same masks as pycocotools 2.0.11 makes: from polygons, from run lengths as text and as numbers,
// and from a box.
func TestCOCOAsPycocotools(t *testing.T) {
	var want map[string]coco.RLE
	readJSON(t, "masks.json", &want)
	for _, class := range []string{"", "cat"} {
		truths, err := COCO(golden.Path("golden", "study", "coco.json"), class)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"10.jpg", "20.jpg", "30.jpg", "40.jpg"}
		if class != "" {
			names = names[:1]
		}
		for _, name := range names {
			mask, err := want[strings.TrimSpace(class+" "+name)].Grid()
			if err != nil {
				t.Fatal(err)
			}
			pictures := []Picture{{Name: "photos/" + name}}
			if n, err := truths.Attach(pictures); n != 1 || err != nil {
				t.Fatal(name, n, err)
			}
			got, err := pictures[0].Truth(image.Rect(0, 0, mask.W, mask.H))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Values, mask.Values) {
				t.Errorf("%s %s: another mask than pycocotools'", class, name)
			}
		}
	}
}

// A shard in WebDataset's layout: files that share a name up to the first dot are one sample. Masks and other pictures
// of a sample are not pictures of the data set, and hidden files are left out.
func TestTarAsWebDataset(t *testing.T) {
	pictures, err := OpenPictures(golden.Path("golden", "study", "*.tar"))
	if err != nil {
		t.Fatal(err)
	}
	wantPictures(t, pictures, []string{"shard.tar/000.png", "shard.tar/train/001.v2.png", "shard.tar/train/002.png"},
		[]string{"3", "7", "a blue field"})
}

// wantPicture wants picture i of a file to be red, green or blue, by turns.
func wantPicture(t *testing.T, p Picture, i int) {
	t.Helper()
	img, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	if want := []color.NRGBA{{250, 0, 0, 255}, {0, 250, 0, 255}, {0, 0, 250, 255}}[i%3]; img.At(5, 5) != want {
		t.Errorf("picture %d is %v, want %v", i, img.At(5, 5), want)
	}
}

// wantPictures wants a red, a green and a blue picture of these names and labels.
func wantPictures(t *testing.T, pictures []Picture, names, labels []string) {
	t.Helper()
	if len(pictures) != len(names) {
		t.Fatalf("%d pictures, want %d", len(pictures), len(names))
	}
	for i, p := range pictures {
		img, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		want := []color.NRGBA{{250, 0, 0, 255}, {0, 250, 0, 255}, {0, 0, 250, 255}}[i]
		if p.Name != names[i] || p.Label != labels[i] || img.At(5, 5) != want {
			t.Errorf("picture %d is %q, %q, %v", i, p.Name, p.Label, img.At(5, 5))
		}
	}
}

// Masks as tools draw and number them: light, opaque, of one bit, numbers in a palette, 0 and 1, and numbers of 16
// bits.
func TestMasksAsDrawn(t *testing.T) {
	r := image.Rect(0, 0, 23, 17)
	want, err := Boxes(heatmap.Box{3, 2, 9, 6})(r)
	if err != nil {
		t.Fatal(err)
	}
	check := func(truths Truths, name string) {
		t.Helper()
		got, err := truths[name](r)
		if err != nil {
			t.Fatal(name, err)
		}
		if !slices.Equal(got.Values, want.Values) {
			t.Errorf("%s: another mask: %v", name, got.BoundingBox())
		}
	}
	all, err := OpenTruths(golden.Path("golden", "study", "masks"), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 6 {
		t.Errorf("%d masks", len(all))
	}
	for name := range all {
		check(all, name)
	}
	for class, name := range map[string]string{"15": "palette.png", "1": "ones.png", "26001": "sixteen.png"} {
		of, err := OpenTruths(golden.Path("golden", "study", "masks"), class)
		if err != nil {
			t.Fatal(err)
		}
		check(of, name)
	}
	if _, err := OpenTruths(golden.Path("golden", "study", "masks"), "cat"); err == nil ||
		!strings.Contains(err.Error(), "number") {
		t.Errorf("a class by its name: %v", err)
	}
}

// A truth belongs to the picture whose folders it shares; what may belong to two is an error.
func TestAttachByFolders(t *testing.T) {
	truth := func(image.Rectangle) (heatmap.Grid, error) { return heatmap.Grid{}, nil }
	for name, c := range map[string]struct {
		truths, pictures []string
		with             string // pictures that have one, or the error
	}{
		"other extensions": {[]string{"1.png", "2.png"}, []string{"1.jpg", "2.jpg", "3.jpg"}, "1.jpg 2.jpg"},
		"the same folders": {
			[]string{"cat/1.png", "dog/1.png"}, []string{"cat/1.jpg", "dog/1.jpg"}, "cat/1.jpg dog/1.jpg",
		},
		"of Windows":              {[]string{`val\1.png`}, []string{"val/1.jpg"}, "val/1.jpg"},
		"accents apart":           {[]string{"cafe\u0301.png"}, []string{"caf\u00e9.jpg"}, "caf\u00e9.jpg"},
		"one of the same folders": {[]string{"cat/1.png"}, []string{"cat/1.jpg", "dog/1.jpg"}, "cat/1.jpg"},
		"a folder more":           {[]string{"val/1.jpg"}, []string{"1.jpg"}, "1.jpg"},
		"in an archive":           {[]string{"1.xml"}, []string{"a.tar/1.jpg"}, "a.tar/1.jpg"},
		"the same extension":      {[]string{"1.jpg", "1.png"}, []string{"1.png"}, "1.png"},
		"two truths":              {[]string{"a/1.xml", "b/1.xml"}, []string{"1.jpg"}, `may be "a/1.xml" or "b/1.xml"`},
		"two pictures":            {[]string{"1.xml"}, []string{"a/1.jpg", "b/1.jpg"}, `may be that of the picture "a/1.jpg" or "b/1.jpg"`},
	} {
		truths := Truths{}
		for _, n := range c.truths {
			truths[n] = truth
		}
		var pictures []Picture
		for _, n := range c.pictures {
			pictures = append(pictures, Picture{Name: n})
		}
		n, err := truths.Attach(pictures)
		var with []string
		for _, p := range pictures {
			if p.Truth != nil {
				with = append(with, p.Name)
			}
		}
		switch {
		case err != nil && !strings.Contains(err.Error(), c.with), err == nil && strings.Join(with, " ") != c.with,
			err == nil && n != len(with):
			t.Errorf("%s: %q, %d, %v", name, with, n, err)
		}
	}
}

// Boxes are read under the names that their columns have elsewhere.
func TestBoxesAsElsewhere(t *testing.T) {
	want, err := Boxes(heatmap.Box{1, 2, 3, 4})(image.Rect(0, 0, 5, 5))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"ours":                     "picture,x0,y0,x1,y1\na.jpg,1,2,3,4\n",
		"TensorFlow's":             "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,5,5,cat,1,2,3,4\na.jpg,5,5,dog,0,0,5,5\n",
		"torchvision's":            "image,x1,y1,x2,y2,label\na.jpg,1,2,3,4,cat\nb.jpg,,,,,\n",
		"pandas' with an index":    ",picture,x0,y0,x1,y1,label\n0,a.jpg,1.0,2.0,3.0,4.0,cat\n",
		"a spreadsheet's":          "\xef\xbb\xbfpicture;x0;y0;x1;y1;label\r\na.jpg;1;2;3;4;cat\r\n",
		"with spaces and capitals": "Picture, X0, Y0, X1, Y1, Label\na.jpg, 1, 2, 3, 4, cat\n",
		"with bars":                "file_path|left|top|right|bottom|class\na.jpg|1|2|3|4|cat\n",
	} {
		path := t.TempDir() + "/boxes.csv"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		class := "cat"
		if name == "ours" {
			class = ""
		}
		truths, err := OpenTruths(path, class)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := truths["a.jpg"](image.Rect(0, 0, 5, 5))
		if err != nil || !slices.Equal(got.Values, want.Values) || len(truths) != 1 {
			t.Errorf("%s: %v, %v, of %d pictures", name, got.Values, err, len(truths))
		}
		if name == "ours" {
			if _, err := OpenTruths(path, "cat"); err == nil {
				t.Error("a class is told apart without a column for it")
			}
		}
	}
}

// A Parquet file and a shard that are damaged in a byte, or end there, are pictures or errors: no panic, and no more
// pictures than a file can hold.
func TestDamagedPictures(t *testing.T) {
	for name, read := range map[string]func(string) ([]Picture, error){
		"frame.parquet": Parquet, "hub.parquet": Parquet, "shard.tar": Tar,
	} {
		whole, err := os.ReadFile(golden.Path("golden", "study", name))
		if err != nil {
			t.Fatal(err)
		}
		path := t.TempDir() + "/" + name
		for at := 0; at < len(whole); at += 1 + len(whole)/100 {
			for _, damaged := range [][]byte{slices.Concat(whole[:at], []byte{0xff}, whole[at+1:]),
				slices.Concat(whole[:at], []byte{whole[at] ^ 0x40}, whole[at+1:]), whole[:at]} {
				if err := os.WriteFile(path, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				pictures, err := read(path)
				if err != nil {
					continue
				}
				if len(pictures) > len(damaged) {
					t.Fatalf("%s, damaged at %d, has %d pictures", name, at, len(pictures))
				}
				for _, p := range pictures[:min(10, len(pictures))] {
					_, _ = p.Open() // a picture or an error
				}
			}
		}
	}
}
