package study

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/hostile"
)

// A Parquet file that claims much, or stands for much, is an error, and takes little memory, whether the list of
// pictures is made or one of them is read.
func TestParquetOfLies(t *testing.T) {
	for _, what := range slices.Sorted(maps.Keys(hostile.Tables)) {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "in.parquet")
			if err := os.WriteFile(path, hostile.Tables[what](), 0o600); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			pictures, err := Parquet(path)
			if err == nil {
				_, err = pictures[0].Open()
			}
			if err == nil {
				t.Error("no error")
			}
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 200e6 {
				t.Errorf("it took %d MB, and ended with %v", took/1e6, err)
			}
		})
	}
}

// Tables of every packing and encoding in use are read, with and without missing values.
func TestParquetOfEveryPacking(t *testing.T) {
	picture, err := os.ReadFile(golden.Path("images", "cat_224.png"))
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Image []byte  `parquet:"image,optional"`
		Label *string `parquet:"label,dict,optional"`
	}
	type tight struct {
		Image []byte `parquet:"image,delta"`
		Label int32  `parquet:"label,delta"`
	}
	word := "a"
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli,
		&parquet.Zstd} {
		for _, version := range []int{1, 2} {
			options := []parquet.WriterOption{parquet.Compression(codec), parquet.DataPageVersion(version)}
			path := filepath.Join(t.TempDir(), "in.parquet")
			if err := parquet.WriteFile(path, []row{{nil, &word}, {picture, nil}, {picture, &word}}, options...); err != nil {
				t.Fatal(err)
			}
			checkLastRow(t, path, word)
			if err := parquet.WriteFile(path, []tight{{picture, 1}, {picture, 2}, {picture, 3}}, options...); err != nil {
				t.Fatal(err)
			}
			checkLastRow(t, path, "3")
		}
	}
}

func checkLastRow(t *testing.T, path, label string) {
	t.Helper()
	pictures, err := Parquet(path)
	if err != nil || len(pictures) != 3 {
		t.Fatalf("%d pictures, %v", len(pictures), err)
	}
	if got := pictures[2].Label; got != label {
		t.Errorf("the label is %q, want %q", got, label)
	}
	if img, err := pictures[2].Open(); err != nil || img.Bounds().Dx() != 224 {
		t.Errorf("the picture: %v", err)
	}
}
