package study

import (
	"archive/tar"
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// write writes a file and the folders that it lies in.
func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantError wants an error with a text.
func wantError(t *testing.T, of string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want %s", of, err, want)
	}
}

// said returns the names and labels of pictures.
func said(pictures []Picture) string {
	var out []string
	for _, p := range pictures {
		out = append(out, p.Name+"="+p.Label)
	}
	return strings.Join(out, " ")
}

// Folders of classes are often links to where the pictures are, and so is the folder of all.
func TestLinkedFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "store", "felines", "1.png"), nil)
	write(t, filepath.Join(dir, "data", "dog", "2.png"), nil)
	for from, to := range map[string]string{"data/cat": "store/felines", "here": "data", "data/dog/back": "data"} {
		if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, from)); err != nil {
			t.Skipf("no link can be made: %v", err)
		}
	}
	pictures, err := OpenPictures(filepath.Join(dir, "here"))
	if got, want := said(pictures), "cat/1.png=cat dog/2.png=dog"; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	for _, name := range []string{"a", "b", "c"} { // folders that link to one another without end
		for _, to := range []string{"a", "b", "c"} {
			write(t, filepath.Join(dir, "rooms", name, "1.png"), nil)
			if name != to {
				if err := os.Symlink(filepath.Join(dir, "rooms", to), filepath.Join(dir, "rooms", name, to)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	write(t, filepath.Join(dir, "rooms", "d", "1.png"), nil)
	if err := os.Symlink(filepath.Join(dir, "rooms", "d"), filepath.Join(dir, "rooms", "c", "d")); err != nil {
		t.Fatal(err)
	}
	pictures, err = OpenPictures(filepath.Join(dir, "rooms", "a"))
	if got, want := said(pictures), "1.png= b/1.png=b c/1.png=c c/d/1.png=d"; err != nil || got != want {
		t.Errorf("folders that link to one another: %s, %v, want %s", got, err, want)
	}
}

// A picture counts once, by its own folder, if a link leads to that, too. Links of links are followed at any depth.
func TestLinksToFoldersThatAreRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "data", "dog", "1.png"), nil)
	write(t, filepath.Join(dir, "data", "dog-s", "2.png"), nil)
	write(t, filepath.Join(dir, "store", "x", "3.png"), nil)
	for from, to := range map[string]string{"data/a-dog": filepath.Join(dir, "data", "dog"), "data/all": "../one",
		"one": "two", "two": "three", "three": "store"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Skipf("no link can be made: %v", err)
		}
	}
	pictures, err := OpenPictures(filepath.Join(dir, "data"))
	if got, want := said(pictures), "all/x/3.png=x dog/1.png=dog dog-s/2.png=dog-s"; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

// Folders that all have one name below those of the classes say no class, and the pictures have no labels.
func TestFoldersOfOneName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"cat/images/1.png", "dog/images/2.png"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), nil)
	}
	at := filepath.ToSlash(dir)
	for text, want := range map[string]string{"": "cat/images/1.png= dog/images/2.png=",
		"*/images/*.png": at + "/cat/images/1.png= " + at + "/dog/images/2.png=",
		"*/im*/*.png":    at + "/cat/images/1.png= " + at + "/dog/images/2.png=",
		"cat":            "images/1.png=images"} {
		pictures, err := OpenPictures(filepath.Join(dir, filepath.FromSlash(text)))
		if got := said(pictures); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
}

// A pattern that leaves the folders open has labels; one that would mean less than it says, or folders, is an error,
// and so is a file that is no picture.
func TestPatterns(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"cat/1.png", "dog/2.png", "dog/deep/3.png"} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), nil)
	}
	at := filepath.ToSlash(dir)
	pictures, err := OpenPictures(filepath.Join(dir, "*", "*.png"))
	if got, want := said(pictures), at+"/cat/1.png=cat "+at+"/dog/2.png=dog"; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	pictures, err = OpenPictures(filepath.Join(dir, "dog", "*.png"))
	if got, want := said(pictures), at+"/dog/2.png="; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	write(t, filepath.Join(dir, "shard.tar.gz"), []byte("text"))
	write(t, filepath.Join(dir, "list.txt"), []byte("cat/1.png"))
	writeShard(t, filepath.Join(dir, "shards", "0.tar"), "1.png")
	writeShard(t, filepath.Join(dir, "shards", "train", "1.tar"), "1.png")
	for path, want := range map[string]string{"**/*.png": "has **", "shards/**/*.tar": "has **",
		"none/**/*.parquet": "has **",
		"*":                 "means the folder", "none*.png": "no picture",
		"shard.tar.gz": "unpack", "list.txt": "write a list as .csv"} {
		_, err := OpenPictures(filepath.Join(dir, filepath.FromSlash(path)))
		wantError(t, path, err, want)
	}
	for path, want := range map[string]string{"cat/*.pn": "", "cot/*.png": fmt.Sprintf("; there is no folder %q, did you mean \"cat\"?",
		filepath.Join(dir, "cot"))} { // a file of the folder is no pattern that is meant
		path = filepath.Join(dir, filepath.FromSlash(path))
		if _, err := OpenPictures(path); err == nil || err.Error() != fmt.Sprintf("there is no picture %q%s", path, want) {
			t.Errorf("%s: error %v, want at its end %q", path, err, want)
		}
	}
	_, err = OpenTruths(filepath.Join(dir, "cat", "1.png"), "")
	wantError(t, "a file of truths", err, "give a folder")
}

// Shards of the same name in two folders have pictures of different names.
func TestShardsOfOneName(t *testing.T) {
	data, err := os.ReadFile(golden.Path("golden", "study", "shard.tar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "train", "0.tar"), data)
	write(t, filepath.Join(dir, "val", "0.tar"), data)
	pictures, err := OpenPictures(dir)
	if err != nil || len(pictures) != 6 {
		t.Fatal(len(pictures), err)
	}
	if err := checkNames(pictures); err != nil {
		t.Error(err)
	}
	if got, want := pictures[3].Name, "val/0.tar/000.png"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A class that no object has is an error with those that there are.
func TestClassesOfNoObject(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "boxes.csv"), []byte("picture,x0,y0,x1,y1,label\np.png,0,0,1,1,cat\n"))
	write(t, filepath.Join(dir, "voc", "p.xml"), []byte(vocWith("<xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>")))
	write(t, filepath.Join(dir, "coco.json"), []byte(`{"categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]}`))
	for _, name := range []string{"boxes.csv", "voc", "coco.json"} {
		_, err := OpenTruths(filepath.Join(dir, name), "Cat")
		wantError(t, name, err, `no object of the class "Cat", did you mean "cat"?`)
		if _, err := OpenTruths(filepath.Join(dir, name), "cat"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a data set's sample says of its class: the first of several files, a text or a number.
func TestLabelsInJSON(t *testing.T) {
	for text, want := range map[string]string{`{"label": "cat"}`: "cat", `{"label": 3}`: "3", `{"label": 3.0}`: "3",
		`{"label": 12345678901234567890}`: "12345678901234567890", `{"label": 2.5}`: "2.5",
		`{"label": null, "cls": 2}`: "2", `{"class": "dog", "caption": "a dog"}`: "dog", `{}`: "", `[1]`: "", `{"label": [1]}`: ""} {
		if got := labelInJSON(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A list is read in the letters of spreadsheets, and with the line ends of old Macs.
func TestListsOfSpreadsheets(t *testing.T) {
	const text = "picture,label\np.png,caf\u00e9\n"
	dir := t.TempDir()
	wide := []byte("\xff\xfe")
	for _, v := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(v), byte(v>>8))
	}
	for name, data := range map[string][]byte{"utf8": []byte(text), "mark": []byte("\xef\xbb\xbf" + text), "wide": wide,
		"mac": []byte(strings.ReplaceAll(text, "\n", "\r"))} {
		path := filepath.Join(dir, name+".csv")
		write(t, path, data)
		pictures, err := OpenPictures(path)
		if got := said(pictures); err != nil || got != "p.png=caf\u00e9" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// shardOf writes an archive a.tar of empty files.
func shardOf(t *testing.T, names ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.tar")
	writeShard(t, path, names...)
	return path
}

// writeShard writes an archive of empty files.
func writeShard(t *testing.T, path string, names ...string) {
	t.Helper()
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, data.Bytes())
}

// A mask of a sample is no picture of the data set: if the names do not tell which is the picture, that is an error.
func TestSamplesOfSeveralPictures(t *testing.T) {
	pictures, err := Tar(shardOf(t, "1.input.png", "1.seg.png", "2.seg.png", "2.jpg", "3.left.png"))
	if got, want := said(pictures), "a.tar/1.input.png= a.tar/2.jpg= a.tar/3.left.png="; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	_, err = Tar(shardOf(t, "1.a.png", "1.b.png"))
	wantError(t, "two", err, "the sample has the pictures a.tar/1.a.png and a.tar/1.b.png")
	path := filepath.Join(t.TempDir(), "a.tar")
	write(t, path, []byte("\x1f\x8b\x08 what gzip writes"))
	_, err = Tar(path)
	wantError(t, "compressed", err, "unpack")
}

// A file of a sample that is too large to say the label takes nothing from the others: with a .cls file it is not
// needed, and without one the picture has an error.
func TestSampleWithLargeJSON(t *testing.T) {
	large := `{"label": "a", "x": "` + strings.Repeat("x", maxLabel) + `"}`
	path := filepath.Join(t.TempDir(), "a.tar")
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	for _, f := range [][2]string{{"1.png", ""}, {"1.json", large}, {"1.cls", "b"}, {"2.png", ""}, {"2.json", large}, {"3.json", `{"label": "c"}`},
		{"3.txt", large}, {"3.png", ""}, {"4.png", ""}, {"4.cls", large}} {
		h := &tar.Header{Name: f[0], Mode: 0o600, Typeflag: tar.TypeReg, Size: int64(len(f[1]))}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, data.Bytes())
	pictures, err := Tar(path)
	if got, want := said(pictures), "a.tar/1.png=b a.tar/2.png= a.tar/3.png=c a.tar/4.png="; err != nil || got != want {
		t.Fatalf("%s, %v, want %s", got, err, want)
	}
	for i, want := range []string{"is empty and not a picture", "2.json: it has more than 1048576 bytes",
		"is empty and not a picture",
		"4.cls: its label has more than 4096 bytes"} { // the pictures are empty files
		_, err := pictures[i].Open()
		wantError(t, pictures[i].Name, err, want)
	}
}

// Only the extension before the last one of a file tells that it is the picture of its sample: the archive's name and
// the folders do not.
func TestInputsByTheirOwnExtension(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.rgb.tar")
	masks := []string{"a.img.d/1.depth.png", "a.img.d/1.seg.png", "a.img.d/1.rgb.seg.png"}
	writeShard(t, path, masks...)
	_, err := Tar(path)
	wantError(t, "masks only", err, "the sample has the pictures")
	writeShard(t, path, append(masks, "a.img.d/1.RGB.png")...)
	pictures, err := Tar(path)
	if got, want := said(pictures), "x.rgb.tar/a.img.d/1.RGB.png="; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

// An error of a truth names its file, and the annotation or line.
func TestErrorsNameTheirFile(t *testing.T) {
	dir := t.TempDir()
	coco, boxes, voc := filepath.Join(dir, "coco.json"), filepath.Join(dir, "boxes.csv"), filepath.Join(dir, "voc")
	write(t, coco, []byte(`{"images": [{"id": 7, "file_name": "p.jpg"}], "annotations": [{"id": 12, "image_id": 7}]}`))
	write(t, filepath.Join(voc, "p.xml"), []byte(vocWith("<xmin>3</xmin><ymin>1</ymin><xmax>1</xmax><ymax>2</ymax>")))
	for path, want := range map[string]string{coco: coco + ", p.jpg: annotation 12: its annotation",
		voc: voc + ", p.xml: [2 0 1 2]"} {
		truths, err := OpenTruths(path, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, truth := range truths {
			_, err = truth(image.Rect(0, 0, 4, 4))
		}
		wantError(t, path, err, want)
	}
	write(t, boxes, []byte("picture,x0,y0,x1,y1\np.jpg,0,0,1,1\np.jpg,0,0,0.5,1\n"))
	_, err := OpenTruths(boxes, "")
	wantError(t, boxes, err, boxes+", line 3: the box")
}

// Spaces, dashes and _ in the name of a class are the same, and a class may have several names between commas. A name
// that several classes have tells none, unless it is the whole name of one. A name of the data set's list is no number
// of another list.
func TestClassesByFoldedNames(t *testing.T) {
	digits := []string{"2", "1", "zero"}
	for name, c := range map[string]struct {
		label           string
		classes, labels []string
		want            int
	}{"spaces": {"Tiger__cat", nil, []string{"dog", "tiger cat"}, 1}, "more": {"tigercat", nil, []string{"tiger cat"}, -1},
		"dashes":             {"tiger-cat", nil, []string{"dog", "Tiger Cat"}, 1},
		"one of its names":   {"Tinca tinca", nil, []string{"goldfish, Carassius auratus", "tench, Tinca tinca"}, 1},
		"its whole name":     {"maillot", nil, []string{"maillot, tank suit", "maillot"}, 1},
		"of two classes":     {"crane", nil, []string{"crane", "dog", "crane"}, -1},
		"a name of two":      {"crane", nil, []string{"crane, bird", "dog", "crane, machine"}, -1},
		"nothing but dashes": {"_", nil, []string{"-", "cat"}, -1},
		"a digit as a name":  {"2", digits, []string{"ZERO", "one", "two"}, -1},
		"a number":           {"2", nil, []string{"zero", "one", "two"}, 2}} {
		got, err := newClassFinder(c.labels).find(Picture{Label: c.label, classes: c.classes})
		if got != c.want || (err != nil) != (c.want < 0) {
			t.Errorf("%s: class %d, %v, want %d", name, got, err, c.want)
		}
	}
}

// A list that was written on Windows has backslashes between folders. A name with one stays if there is such a file.
func TestListsOfWindows(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cat", "1.png"), nil)
	write(t, filepath.Join(dir, `d\2.png`), nil)
	path := filepath.Join(dir, "a.csv")
	write(t, path, []byte("picture,label\r\ncat\\1.png,cat\r\nd\\2.png,dog\r\n"))
	pictures, err := OpenPictures(path)
	if got, want := said(pictures), `cat/1.png=cat d\2.png=dog`; err != nil || filepath.Separator == '/' && got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

// An error names no more than 12 columns of a table that lacks one.
func TestManyColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	write(t, path, []byte("cx"+strings.Repeat(",cx", 499)+"\n"+strings.Repeat(",", 499)+"\n"))
	_, err := OpenPictures(path)
	wantError(t, "500 columns", err, "its first line names the columns cx, cx, cx, cx, cx, cx, cx, cx, cx, cx, cx, cx and 488 more")
}
