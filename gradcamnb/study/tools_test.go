package study

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

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

// Parquet files of the hub's layout and of pandas' have the same pictures; a row without bytes is an error of its own.
func TestParquetAsPandas(t *testing.T) {
	frame, err := Parquet(golden.Path("golden", "study", "frame.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	wantPictures(t, frame, []string{"frame.parquet/0", "frame.parquet/1", "frame.parquet/2"},
		[]string{"red", "green", "blue"})
	hub, err := Parquet(golden.Path("golden", "study", "hub.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if len(hub) != 4 {
		t.Fatalf("%d rows", len(hub))
	}
	wantPictures(t, hub[:3], []string{"hub.parquet/0", "hub.parquet/1", "hub.parquet/2"}, []string{"2", "0", ""})
	if _, err := hub[3].Open(); err == nil || !strings.Contains(err.Error(), "its bytes are missing") ||
		hub[3].Label != "1" {
		t.Errorf("%v, label %q", err, hub[3].Label)
	}
}

// A file of the hub's layout that names its classes: a label is the name of its number. All pictures are read in one
// go, since finding a row anew reads the pages before it.
func TestParquetWithNames(t *testing.T) {
	all, err := Parquet(golden.Path("golden", "study", "named.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 12 {
		t.Fatalf("%d rows", len(all))
	}
	wantPictures(t, all[:3], []string{"named.parquet/0", "named.parquet/1", "named.parquet/2"},
		[]string{"red", "green", "blue"})
	if all[6].Label != "" {
		t.Errorf("-1 is the label %q", all[6].Label)
	}
	from := reading.of
	for _, i := range []int{3, 4, 7, 10} { // with gaps, too
		wantPicture(t, all[i], i)
		if from == nil || reading.of != from || reading.at != int64(i+1) {
			t.Errorf("row %d was read anew, or another comes next: %d", i, reading.at)
		}
	}
	wantPicture(t, all[11], 11)
	if reading.of != nil {
		t.Error("the file is open after its last row")
	}
	wantPicture(t, all[1], 1)
	wantPicture(t, all[0], 0)
	wantPicture(t, all[5], 5)
	for name, c := range map[string]struct {
		labels []string
		want   int // of the first picture, which is red; -1 for none
	}{"the same classes": {[]string{"blue", "green", "red"}, 2}, "another order": {[]string{"red", "blue", "green"}, 0},
		"other names": {[]string{"bleu", "vert", "rouge"}, 2}, "none": {nil, 2},
		"other letters": {[]string{"RED", "Blue", "green"}, 0}, "one name of ours": {[]string{"bleu", "green", "rouge"}, -1},
		"two alike": {[]string{"Red", "RED", "blue"}, -1},
		"others":    {[]string{"a", "b", "c", "d"}, -1}} {
		if got, err := newClassFinder(c.labels).find(all[0]); got != c.want || (err != nil) != (c.want < 0) {
			t.Errorf("%s: class %d, %v, want %d", name, got, err, c.want)
		}
	}
}

// Data sets of the hub call their columns otherwise, too, and name the classes of these. A column of paths has no
// pictures.
func TestParquetColumns(t *testing.T) {
	type row struct {
		Photo struct {
			Bytes []byte `parquet:"bytes"`
			Path  string `parquet:"path"`
		} `parquet:"img"`
		Coarse int64 `parquet:"coarse_label"`
		Fine   int64 `parquet:"fine_label"`
	}
	var picture, data bytes.Buffer
	if err := png.Encode(&picture, grey(7)); err != nil {
		t.Fatal(err)
	}
	var one row
	one.Photo.Bytes, one.Photo.Path, one.Fine = picture.Bytes(), "a.png", 1
	const about = `{"info": {"features": {"img": {"_type": "Image"}, "coarse_label": {"names": ["pets"]},
		"fine_label": {"names": ["dog", "cat"]}}}}`
	w := parquet.NewGenericWriter[row](&data, parquet.KeyValueMetadata("huggingface", about))
	if _, err := w.Write([]row{one}); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.parquet")
	write(t, path, data.Bytes())
	all, err := Parquet(path)
	if got := said(all); err != nil || got != "a.parquet/0=cat" {
		t.Errorf("%s, %v", got, err)
	}
	type paths struct {
		Image string `parquet:"image"`
	}
	data.Reset()
	of := parquet.NewGenericWriter[paths](&data)
	if _, err := of.Write([]paths{{"a.png"}}); err != nil || of.Close() != nil {
		t.Fatal(err)
	}
	write(t, path, data.Bytes())
	_, err = Parquet(path)
	wantError(t, "paths", err, "its columns are image; a list of paths")
}

// A jump over many rows finds the row anew in its group: the groups between, which are damaged here, are not read.
func TestParquetJump(t *testing.T) {
	type row struct {
		Image []byte `parquet:"image"`
	}
	var data bytes.Buffer
	w := parquet.NewGenericWriter[row](&data)
	for group := range 3 {
		for i := range 100 {
			var picture bytes.Buffer
			if err := png.Encode(&picture, grey(uint8(group*80+i/2))); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]row{{picture.Bytes()}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(data.Bytes()), int64(data.Len()))
	if err != nil {
		t.Fatal(err)
	}
	groups := f.Metadata().RowGroups
	if len(groups) != 3 {
		t.Fatalf("%d groups", len(groups))
	}
	chunk := groups[1].Columns[0].MetaData
	for i := range chunk.TotalCompressedSize {
		data.Bytes()[chunk.DataPageOffset+i] = 0xff
	}
	path := filepath.Join(t.TempDir(), "a.parquet")
	write(t, path, data.Bytes())
	all, err := Parquet(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 98, 200, 299, 230, 10} {
		img, err := all[i].Open()
		if err != nil {
			t.Errorf("picture %d: %v", i, err)
			continue
		}
		if got, _, _, _ := img.At(0, 0).RGBA(); int(got>>8) != i/100*80+i%100/2 {
			t.Errorf("picture %d is %d", i, got>>8)
		}
	}
	if _, err := all[150].Open(); err == nil {
		t.Error("a damaged group has pictures")
	}
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
