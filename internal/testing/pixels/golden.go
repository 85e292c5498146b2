package pixels

import (
	"image"
	"image/png"
	"os"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// Golden compares a picture with one in testdata that a person has looked at. No 8-bit channel may differ by more than
// the tolerance. With -update the picture is written instead.
func Golden(t *testing.T, got image.Image, tolerance int, elem ...string) {
	t.Helper()
	path := golden.Path(elem...)
	if require.Update() {
		write(t, got, path)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	want, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if d := Difference(got, want); d > tolerance {
		t.Errorf("%s: a pixel is off by %d of 255, tolerance %d", path, d, tolerance)
	}
}

func write(t *testing.T, img image.Image, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
