package study

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// cocoWith is a COCO file with one object of a picture of 4 x 4 pixels.
func cocoWith(object string) string {
	return fmt.Sprintf(`{"images": [{"id": 7, "file_name": "p.jpg", "width": 4, "height": 4}],
		"annotations": [{"image_id": 7, "category_id": 1, %s}]}`, object)
}

// vocWith is an annotation of a picture of 4 x 4 pixels with a box.
func vocWith(box string) string {
	return "<annotation><size><width>4</width><height>4</height></size><object><name>cat</name><bndbox>" + box +
		"</bndbox></object></annotation>"
}

// What would be read as another object is an error.
func TestWrongTruths(t *testing.T) {
	const box = "<xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>"
	four, five := image.Rect(0, 0, 4, 4), image.Rect(0, 0, 5, 4)
	for name, c := range map[string]struct {
		file, text string
		picture    image.Rectangle
		want       string // of the error; empty for none
	}{
		"COCO":                {"t.json", cocoWith(`"bbox": [0, 0, 2, 2]`), four, ""},
		"COCO, null":          {"t.json", cocoWith(`"bbox": [0, 0, 2, 2], "segmentation": null`), four, ""},
		"COCO, no polygons":   {"t.json", cocoWith(`"bbox": [0, 0, 2, 2], "segmentation": []`), four, ""},
		"COCO of another":     {"t.json", cocoWith(`"bbox": [0, 0, 2, 2]`), five, "of a picture of 4 x 4 pixels"},
		"COCO in shares":      {"t.json", cocoWith(`"bbox": [0.1, 0.1, 0.5, 0.5]`), four, "give them in pixels"},
		"COCO, flat":          {"t.json", cocoWith(`"bbox": [0, 0, 2, 2], "segmentation": [0, 0, 3, 0, 3, 3]`), four, "its segmentation"},
		"COCO, list of runs":  {"t.json", cocoWith(`"bbox": [0, 0, 2, 2], "segmentation": [{"size": [4, 4], "counts": [16]}]`), four, "its segmentation"},
		"COCO, null corner":   {"t.json", cocoWith(`"bbox": [0, 0, 2, 2], "segmentation": [[0, 0, 3, null, 3, 3]]`), four, "is null"},
		"COCO, null polygon":  {"t.json", cocoWith(`"bbox": [0, 0, 2, 2], "segmentation": [null]`), four, "0 numbers"},
		"COCO, two pictures":  {"t.json", `{"images": [{"id": 1, "file_name": "p.jpg"}, {"id": 2, "file_name": "p.jpg"}]}`, four, `more than one picture "p.jpg"`},
		"VOC":                 {"p.xml", vocWith(box), four, ""},
		"VOC of another":      {"p.xml", vocWith(box), five, "of a picture of 4 x 4 pixels"},
		"VOC in shares":       {"p.xml", vocWith("<xmin>0.1</xmin><ymin>0.1</ymin><xmax>0.5</xmax><ymax>0.5</ymax>"), four, "give them in pixels"},
		"VOC without a side":  {"p.xml", vocWith("<xmin>1</xmin><ymin>1</ymin><xmax>2</xmax>"), four, `"" for ymax`},
		"VOC, an empty side":  {"p.xml", vocWith("<xmin/><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>"), four, `"" for xmin`},
		"VOC, other letters":  {"p.xml", `<?xml version="1.0" encoding="ISO-8859-1"?>` + "<!-- caf\xe9 -->" + vocWith(box), four, ""},
		"VOC, what letters":   {"p.xml", `<?xml version="1.0" encoding="klingon"?>` + vocWith(box), four, `the encoding "klingon"`},
		"VOC cut off":         {"p.xml", "<annotation>\n<object>", four, "is no annotation: line 2: it ends too early: an element is not closed"},
		"VOC, empty":          {"p.xml", "", four, "is no annotation: it has no element"},
		"VOC, not XML":        {"p.xml", "<annotation><object></annotation>", four, "is no annotation: line 1: element <object> closed by </annotation>"},
		"VOC, a version":      {"p.xml", `<?xml version="9"?><annotation/>`, four, `is no annotation: unsupported version "9"`},
		"CSV without names":   {"t.csv", "p.jpg,0,0,2,2\nq.jpg,0,0,2,2\n", four, `no column picture: its first line names the columns p.jpg, 0,`},
		"CSV in shares":       {"t.csv", "picture,x0,y0,x1,y1\np.jpg,0,0,0.5,1\n", four, "give them in pixels"},
		"CSV of four corners": {"t.csv", "picture,x1,y1,x2,y2,x3,y3,x4,y4\np.jpg,0,0,2,0,2,2,0,2\n", four, "more than two corners"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.file)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.file == "p.xml" {
			path = dir
		}
		truths, err := OpenTruths(path, "")
		for _, truth := range truths {
			_, err = truth(c.picture)
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Objects that cover a picture without end are an error, whatever they are drawn as.
func TestTruthsWithoutEnd(t *testing.T) {
	for name, object := range map[string]string{
		"boxes":    `{"image_id": 7, "bbox": [0, 0, 4, 4]}`,
		"polygons": `{"image_id": 7, "segmentation": [[0, 0, 4, 0, 4, 4, 0, 4]]}`,
		"runs":     `{"image_id": 7, "segmentation": {"size": [4, 4], "counts": [0, 16]}}`,
	} {
		for n, want := range map[int]string{1000: "", 1001: "more than 1,000 times"} {
			path := filepath.Join(t.TempDir(), "t.json")
			text := `{"images": [{"id": 7, "file_name": "p.jpg"}], "annotations": [` +
				strings.TrimSuffix(strings.Repeat(object+",", n), ",") + "]}"
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			truths, err := COCO(path, "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = truths["p.jpg"](image.Rect(0, 0, 4, 4))
			if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%d %s: %v", n, name, err)
			}
		}
	}
}

// A truth of quite other folders belongs to no picture, and two pictures of one name are an error of their own.
func TestAttachToStrangers(t *testing.T) {
	truth := func(image.Rectangle) (heatmap.Grid, error) { return heatmap.Grid{}, nil }
	truths := Truths{"dog/1.png": truth, "cat/2.png": truth}
	pictures := []Picture{{Name: "cat/1.jpg"}, {Name: "cat/2.jpg"}}
	if n, err := truths.Attach(pictures); n != 1 || err != nil || pictures[0].Truth != nil || pictures[1].Truth == nil {
		t.Error(n, err)
	}
	if _, err := truths.Attach([]Picture{{Name: "1.jpg"}, {Name: "1.jpg"}}); err == nil ||
		!strings.Contains(err.Error(), "two pictures have the name") {
		t.Error(err)
	}
}

// A Parquet file of zeros, which pyarrow 26 packs with zstd from 1,900,000,000 bytes to 58,000, is refused before it is
// unpacked. What can hardly be packed, and small pictures of one colour, are read.
func TestParquetThatUnpacksToMuch(t *testing.T) {
	for _, c := range []struct {
		packed, unpacked int64
		want             bool
	}{{58_000, 1_900_000_000, true}, {-1, 1_900_000_000, true}, {1_800_000_000, 1_900_000_000, false},
		{1000, 200_000_000, false}} {
		groups := make([]format.RowGroup, 2)
		groups[1].Columns = make([]format.ColumnChunk, 1)
		meta := &groups[1].Columns[0].MetaData
		meta.TotalCompressedSize, meta.TotalUncompressedSize = c.packed, c.unpacked
		if got := unpacksToMuch(groups); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

// A label of a Parquet file has a limit, since a file of some kilobytes may say that a million rows have one of a
// megabyte. The rows of one label share its text.
func TestLongLabelOfParquet(t *testing.T) {
	type row struct {
		Image []byte `parquet:"image"`
		Label string `parquet:"label,dict"`
	}
	path := filepath.Join(t.TempDir(), "in.parquet")
	for size, want := range map[int]string{maxLabelBytes: "", maxLabelBytes + 1: "a label has more than 4096 bytes"} {
		label := strings.Repeat("x", size)
		if err := parquet.WriteFile(path, []row{{[]byte{1}, label}, {[]byte{2}, label}}); err != nil {
			t.Fatal(err)
		}
		got, err := Parquet(path)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if want == "" && (got[0].Label != label || unsafe.StringData(got[0].Label) != unsafe.StringData(got[1].Label)) {
			t.Error("two rows of one label have two texts")
		}
	}
}

// A Parquet file whose rows are not as many as those of its groups is damaged: it would have labels of other pictures.
func TestParquetOfOtherRows(t *testing.T) {
	whole, err := os.ReadFile(golden.Path("golden", "study", "frame.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	// In the footer, 3 rows in Thrift's compact protocol, and then a list of one group.
	three, two := []byte("\x16\x06\x19\x1c"), []byte("\x16\x04\x19\x1c")
	if bytes.Count(whole, three) != 1 {
		t.Fatalf("the file has %d places that could be its number of rows", bytes.Count(whole, three))
	}
	path := filepath.Join(t.TempDir(), "frame.parquet")
	if err := os.WriteFile(path, bytes.Replace(whole, three, two, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Parquet(path); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%d pictures, %v", len(got), err)
	}
}

// A damaged annotation concerns its own picture, whose row says why; the others are explained. Of a class that only a
// damaged file may have, nothing is known.
func TestOneDamagedAnnotation(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"p00.xml": vocWith("<xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>"),
		"p01.xml": "<annotation>\n<object>",
		"p02.xml": "<annotation></annotation>",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newStudy(t, &fakeSession{}, 1, 2, 3)
	if err := s.ReadTruths(dir, ""); err != nil {
		t.Fatal(err)
	}
	sum, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sum.Failures != 1 || len(sum.Failed) != 1 || sum.Failed[0].Picture != "p01" ||
		!strings.Contains(sum.Failed[0].Error, "p01.xml is no annotation: line 2") {
		t.Errorf("%d failed: %+v", sum.Failures, sum.Failed)
	}
	if _, err := OpenTruths(dir, "dog"); err == nil || !strings.Contains(err.Error(), `no object of the class "dog"`) {
		t.Errorf("a class that none has: %v", err)
	}
}
