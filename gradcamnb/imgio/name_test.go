package imgio

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/eventually"
)

// A picture that was opened has its file's name for as long as the picture is in memory.
func TestName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tabby.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	img := MustOpen(path)
	if got := Name(img); got != "tabby.png" {
		t.Errorf("it is called %q", got)
	}
	if got := Name(image.NewNRGBA(image.Rect(0, 0, 1, 1))); got != "" {
		t.Errorf("a picture from nowhere is called %q", got)
	}
	runtime.KeepAlive(img) // and from here on nothing holds it
	eventually.True(t, "the name goes when the picture has gone", func() bool {
		runtime.GC()
		left := 0
		names.known.Range(func(any, any) bool { left++; return true })
		return left == 0
	})
}
