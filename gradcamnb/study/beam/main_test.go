package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"github.com/gradcam-go/gradcam/gradcamnb/study"
)

func TestMain(m *testing.M) { ptest.Main(m) }

// Prism and the plain stream give the same rows, bit for bit, and the same summary; after two parts were lost and a
// second run, too.
func TestPrismAsPlain(t *testing.T) {
	photos := t.TempDir()
	for i := range 11 {
		img := image.NewRGBA(image.Rect(0, 0, 40, 40))
		for k := range 1600 {
			img.Set(k%40, k/40, color.RGBA{uint8(k * (i + 1)), uint8(k / 3 * i), uint8(255 - k%251), 255})
		}
		var data bytes.Buffer
		if err := png.Encode(&data, img); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(photos, string(rune('a'+i))+".png"), data.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	models := t.TempDir()
	whole, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	side := []byte(`{"input": {"width": 32, "height": 32, "mean": 127, "scale": 64}}`)
	for name, data := range map[string][]byte{"net.onnx": whole, "net.json": side} {
		if err := os.WriteFile(filepath.Join(models, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plan := Plan{Models: []string{filepath.Join(models, "net.onnx")}, Backend: "go", Pictures: []string{photos},
		Layers:  []string{"stages"},
		Methods: []string{"Grad-CAM", "LayerCAM"}, Metrics: []string{"sparseness", "deletion"}, Part: 2, Batch: 2,
		Out: filepath.Join(t.TempDir(), "beam")}
	plain := plan
	plain.Out = filepath.Join(t.TempDir(), "plain")
	s, err := plain.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := want.Write(plain.Out, s.Pictures); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := run(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		parts, err := study.Parts(plan.Out)
		if err != nil || len(parts) != 6 {
			t.Fatalf("parts %v, %v", parts, err)
		}
		for _, name := range []string{"part-000000.parquet", "part-000003.parquet", "part-000005.parquet", "summary.json"} {
			if a, b := read(t, plan.Out, name), read(t, plain.Out, name); !bytes.Equal(a, b) {
				t.Errorf("%s differs: %d and %d bytes", name, len(a), len(b))
			}
		}
		for _, name := range []string{"part-000001.parquet", "part-000004.parquet", "summary.json"} {
			if err := os.Remove(filepath.Join(plan.Out, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var sum study.Summary
	if err := json.Unmarshal(read(t, plain.Out, "summary.json"), &sum); err != nil || sum.Pictures != 11 || sum.Maps < 44 {
		t.Errorf("%d pictures and %d maps, %v", sum.Pictures, sum.Maps, err)
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPlanErrors(t *testing.T) {
	for want, p := range map[string]Plan{"--model": {}, "--pictures": {Models: []string{"m"}},
		"--out": {Models: []string{"m"}, Pictures: []string{"p"}}} {
		if err := p.check(); err == nil || !bytes.Contains([]byte(err.Error()), []byte(want)) {
			t.Errorf("%+v: %v, want %s", p, err, want)
		}
	}
}
