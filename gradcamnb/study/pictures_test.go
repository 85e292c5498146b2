package study

import (
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// A mask of another size than its picture is an error before there is room for it: this one would be 2^60 pixels.
func TestCOCOSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coco.json")
	const text = `{"images": [{"id": 7, "file_name": "p00.jpg"}],
		"annotations": [{"image_id": 7, "segmentation": {"size": [1073741824, 1073741824], "counts": []}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	truths, err := COCO(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := truths["p00.jpg"](image.Rect(0, 0, 4, 4)); err == nil ||
		!strings.Contains(err.Error(), "and the picture 4 x 4") {
		t.Error(err)
	}
}

// LVIS' annotations name pictures by where they were published. A picture without a name is an error.
func TestPicturesByURL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lvis.json")
	const text = `{"images": [{"id": 7, "coco_url": "http://images.example.org/val2017/p00.jpg"}],
		"annotations": [{"image_id": 7, "bbox": [1, 0, 2, 4]}]}`
	write(t, path, []byte(text))
	truths, err := COCO(path, "")
	if err != nil || truths["p00.jpg"] == nil {
		t.Errorf("%v, %v", truths, err)
	}
	write(t, path, []byte(strings.Replace(text, "coco_url", "url", 1)))
	_, err = COCO(path, "")
	wantError(t, "no name", err, "a picture, number 7, without a file_name")
}

// A pipe is no list, no annotation, no archive and no part of a study: the test would hang at one that is opened.
func TestOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "part-000000.parquet")
	study := filepath.Join(dir, manifestName)
	voc := filepath.Join(dir, "p.xml")
	for _, path := range []string{pipe, study, voc} {
		if err := posix.Mkfifo(path, 0o600); err != nil {
			t.Skipf("no pipe can be made: %v", err)
		}
	}
	for name, read := range map[string]func() error{
		"List": func() error { _, err := List(pipe); return err }, "Tar": func() error { _, err := Tar(pipe); return err },
		"Parquet":  func() error { _, err := Parquet(pipe); return err },
		"BoxesCSV": func() error { _, err := BoxesCSV(pipe, ""); return err },
		"COCO":     func() error { _, err := COCO(pipe, ""); return err },
		"VOC":      func() error { _, err := VOC(dir, ""); return err },
		"manifest": func() error { _, err := Read(dir); return err },
		"rows":     func() error { return readRows(pipe, nil, func(Row) error { return nil }) },
	} {
		if err := read(); err == nil || !strings.Contains(err.Error(), "a pipe and no regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A study's folder may have a name that would mean others as a pattern.
func TestFolderNamedAsAPattern(t *testing.T) {
	s := newStudy(t, &fakeSession{}, 1)
	s.Out = filepath.Join(t.TempDir(), "run [1] *")
	if sum, err := s.Run(t.Context()); err != nil || sum.Pictures != 1 {
		t.Errorf("%v, %+v", err, sum)
	}
}

func TestTruths(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	voc := filepath.Join(dir, "voc")
	if err := os.Mkdir(voc, 0o700); err != nil {
		t.Fatal(err)
	}
	write("voc/p00.xml", `<annotation><object><name>cat</name><bndbox><xmin>2</xmin><ymin>1</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object>
		<object><name>dog</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>4</ymax></bndbox></object></annotation>`)
	coco := write("coco.json",
		`{"images": [{"id": 7, "file_name": "p00.jpg"}], "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
		"annotations": [{"image_id": 7, "category_id": 1, "bbox": [1, 0, 2, 4], "segmentation": [[1, 0, 3, 0, 3, 4, 1, 4]]}, {"image_id": 7, "category_id": 2, "bbox": [0, 0, 4, 4]}]}`)
	boxes := write("boxes.csv", "picture,x0,y0,x1,y1\np00,1,0,3,4\n")
	for name, read := range map[string]func() (Truths, error){
		"VOC": func() (Truths, error) { return VOC(voc, "cat") }, "COCO": func() (Truths, error) { return COCO(coco, "cat") },
		"CSV": func() (Truths, error) { return BoxesCSV(boxes, "") },
	} {
		truths, err := read()
		if err != nil {
			t.Fatal(name, err)
		}
		ps := pictures(1, 2)
		if n, err := truths.Attach(ps); err != nil || n != 1 || ps[1].Truth != nil {
			t.Fatalf("%s: %d pictures have a truth, %v", name, n, err)
		}
		g, err := ps[0].Truth(image.Rect(0, 0, 4, 4))
		if err != nil {
			t.Fatal(name, err)
		}
		for i, v := range g.Values {
			if want := i%4 == 1 || i%4 == 2; (v == 1) != want {
				t.Errorf("%s: pixel %d is %g", name, i, v)
			}
		}
	}
	if _, err := BoxesCSV(write("bad.csv", "picture,x0,y0,x1,y1\np00,1,0,much,4\n"), ""); err == nil ||
		!strings.Contains(err.Error(), `line 2: x1 is "much"`) {
		t.Error(err)
	}
}
