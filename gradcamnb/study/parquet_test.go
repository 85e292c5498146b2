package study

import (
	"bytes"
	"image/png"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

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
