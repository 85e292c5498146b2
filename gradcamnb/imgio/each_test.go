package imgio

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Pictures come in the order of their names, an unreadable one is an error between them, and signs in the name of a
// folder that exists stand for themselves.
func TestOpenEach(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "photos [2024]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a.png", "c.png"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, i+1, 1))); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "b.png"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	for img, err := range OpenEach(filepath.Join(dir, "*.png")) {
		if err != nil {
			got = append(got, "error")
			continue
		}
		got = append(got, fmt.Sprintf("%s %d", Name(img), img.Bounds().Dx()))
	}
	if want := []string{"a.png 1", "error", "c.png 2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for img, err := range OpenEach(filepath.Join(dir, "*.png")) { // the caller may have had enough
		if err != nil || img.Bounds().Dx() != 1 {
			t.Errorf("the first is %v, %v", img, err)
		}
		break
	}
}

// What means no picture is one error that says what to write.
func TestOpenEachWrong(t *testing.T) {
	dir := t.TempDir()
	for pattern, want := range map[string]string{
		dir:                               "is a folder: write " + filepath.Join(dir, "*.jpg"),
		filepath.Join(dir, "*.jpg"):       filepath.Join(dir, "*.jpg") + ": there is no such picture",
		filepath.Join(dir, "[a.jpg"):      "[ without its ]",
		filepath.Join(dir, "**", "*.jpg"): "** means no more than *",
	} {
		var errs []string
		for img, err := range OpenEach(pattern) {
			if err == nil {
				t.Fatalf("%s is the picture %v", pattern, img.Bounds())
			}
			errs = append(errs, err.Error())
		}
		if len(errs) != 1 || !strings.Contains(errs[0], want) {
			t.Errorf("%s: %q, want one error with %q", pattern, errs, want)
		}
	}
}
