package driver_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"io"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/resident"
)

// serving runs a resident engine, which this test's programs find by the environment.
func serving(t *testing.T, newEngine func(backend string, say io.Writer) driver.Engine) *net.UnixListener {
	t.Helper()
	l, err := resident.Listen(filepath.Join(t.TempDir(), "s", "x.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { _ = driver.Serve(l, newEngine) }()
	t.Setenv(driver.SocketEnv, l.Addr().String())
	return l
}

func pureGo(string, io.Writer) driver.Engine { return engine.NewSaying("go", io.Discard) }

const tinyModel = "../../testdata/models/resnet-basic.ts.onnx"

var tinyPrep = gradcamnb.Prepared(imgio.Prep{Width: 64, Height: 64, Fit: imgio.Crop, Order: "RGB",
	Mean: [3]float32{128, 128, 128}, Scale: [3]float32{64, 64, 64}})

// userPicture is a picture of a type of the user's own.
type userPicture struct{ image.Image }

// The resident engine returns the same as an engine in the process: maps, scores, layers, errors, and the picture.
func TestResidentIsTheSame(t *testing.T) {
	own, err := engine.New("go").Open(tinyModel)
	if err != nil {
		t.Fatal(err)
	}
	here := gradcamnb.NewModel(own)
	serving(t, pureGo)
	there := gradcamnb.MustOpen(tinyModel)

	cat := imgio.MustOpen("../../testdata/images/cat.png")
	deep := image.NewRGBA64(image.Rect(0, 0, 90, 70))
	for i := range 90 * 70 {
		deep.Set(i%90, i/90, color.RGBA64{uint16(i * 7), uint16(i * 11), uint16(i * 13), 0xffff})
	}
	for _, picture := range []image.Image{cat, deep, userPicture{cat},
		cat.(*image.NRGBA).SubImage(image.Rect(100, 50, 300, 250))} {
		choices := []gradcamnb.Choice{tinyPrep, gradcamnb.Class(3), gradcamnb.Top(2), gradcamnb.Layers("layer2", "layer3"),
			gradcamnb.Methods("grad-cam", "LayerCAM")}
		want, err := here.Explain(picture, choices...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := there.Explain(picture, choices...)
		if err != nil {
			t.Fatal(err)
		}
		if got.Picture != picture {
			t.Error("the picture is another one")
		}
		got.Timings, want.Timings = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%T: the results differ", picture)
		}
	}
	wantLayers, err1 := here.Layers()
	gotLayers, err2 := there.Layers()
	if err1 != nil || err2 != nil || !reflect.DeepEqual(gotLayers, wantLayers) {
		t.Errorf("the layers differ, %v and %v", err2, err1)
	}
	_, err1 = here.Explain(cat, tinyPrep, gradcamnb.Layers("layer9"))
	_, err2 = there.Explain(cat, tinyPrep, gradcamnb.Layers("layer9"))
	if err1 == nil || err2 == nil || err1.Error() != err2.Error() {
		t.Errorf("the errors differ: %v and %v", err2, err1)
	}
	if _, err := gradcamnb.Open("no-such-model.onnx"); err == nil || !strings.Contains(err.Error(), "no-such-model.onnx") {
		t.Errorf("a missing file: %v", err)
	}
}

// Values of inputs besides the picture, and which input is the picture, reach the resident
// engine, too.
func TestResidentWithSeveralInputs(t *testing.T) {
	serving(t, pureGo)
	cat := imgio.MustOpen("../../testdata/images/cat.png")
	for ref, about := range map[string]func(m *gradcamnb.Model) (string, gradcamnb.Tensor){
		"../../testdata/inputs/about.onnx": func(*gradcamnb.Model) (string, gradcamnb.Tensor) {
			return "about", gradcamnb.Numbers(1, 2, 3, 4)
		},
		"../../testdata/inputs/twins.onnx#right": func(m *gradcamnb.Model) (string, gradcamnb.Tensor) {
			other, err := m.Prepare(imgio.MustOpen("../../testdata/images/astronaut.png"))
			if err != nil {
				t.Fatal(err)
			}
			return "left", other
		},
	} {
		own, err := engine.New("go").Open(ref)
		if err != nil {
			t.Fatal(err)
		}
		here, there := gradcamnb.NewModel(own), gradcamnb.MustOpen(ref)
		input := gradcamnb.Input(about(there))
		want, err1 := here.Explain(cat, input, gradcamnb.Layers(gradcamnb.StageLayers))
		got, err2 := there.Explain(cat, input, gradcamnb.Layers(gradcamnb.StageLayers))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		got.Timings, want.Timings = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the results differ", ref)
		}
		wantLayers, err1 := here.Layers(input)
		gotLayers, err2 := there.Layers(input)
		if err1 != nil || err2 != nil || !reflect.DeepEqual(gotLayers, wantLayers) {
			t.Errorf("%s: the layers differ, %v and %v", ref, err2, err1)
		}
	}
}

// If a model file changes, it is read again, and a program that has used the old one gets an error.
func TestChangedModel(t *testing.T) {
	serving(t, pureGo)
	path := filepath.Join(t.TempDir(), "m.onnx")
	put := func(from string) {
		t.Helper()
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put(tinyModel)
	old := gradcamnb.MustOpen(path)
	put("../../testdata/models/vgg.dyn.onnx")
	changed := gradcamnb.MustOpen(path)
	if old.Info().SHA256 == changed.Info().SHA256 {
		t.Error("the old model answers")
	}
	if _, err := old.Explain(imgio.MustOpen("../../testdata/images/cat.png"), tinyPrep); err == nil ||
		!strings.Contains(err.Error(), "changed since it was opened") {
		t.Errorf("the old model: %v", err)
	}
}

// slowEngine is an engine whose explanations take until they are given up.
type slowEngine struct {
	driver.Session
	partial *heatmap.Result
	passes  *atomic.Int32
}

func (s slowEngine) OpenContext(context.Context, string) (driver.Session, error) { return s, nil }
func (s slowEngine) Info() gradcamnb.Info                                        { return gradcamnb.Info{Name: "slow"} }

func (s slowEngine) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	s.partial.Picture = r.Pictures[0]
	for ctx.Err() == nil {
		n := int(s.passes.Add(1))
		if r.Progress != nil {
			r.Progress(gradcamnb.Progress{Done: n, Total: 1 << 30, Partial: []*heatmap.Result{s.partial}})
		}
	}
	return []*heatmap.Result{s.partial}, ctx.Err()
}

// Progress and partial maps reach the program. If the program gives up, the engine stops and returns the maps so far.
func TestProgressAndGivingUp(t *testing.T) {
	var passes atomic.Int32
	serving(t, func(string, io.Writer) driver.Engine {
		return slowEngine{partial: &heatmap.Result{Model: "slow"}, passes: &passes}
	})
	picture := image.NewGray(image.Rect(0, 0, 4, 4))
	ctx, cancel := context.WithCancel(t.Context())
	heard := 0
	results, err := gradcamnb.MustOpen("x").Run(ctx, gradcamnb.Request{
		Pictures: []image.Image{picture},
		Progress: func(p gradcamnb.Progress) {
			if heard++; p.Done != heard || p.Partial[0].Picture != image.Image(picture) {
				t.Errorf("progress %d is %+v", heard, p)
			}
			if heard == 20 {
				cancel()
			}
		},
	})
	if !errors.Is(err, context.Canceled) || len(results) != 1 || results[0].Picture != image.Image(picture) || heard < 20 {
		t.Errorf("%d results, %v after %d passes", len(results), err, heard)
	}
}

// A program that has an engine of its own uses it if the resident engine cannot be used: because none answers, or
// because it is of another version.
func TestFallback(t *testing.T) {
	t.Setenv(driver.SocketEnv, filepath.Join(t.TempDir(), "gone.sock"))
	m, err := gradcamnb.Open(tinyModel)
	if err != nil || m.Info().Name != "resnet-basic.ts" {
		t.Errorf("no engine: %v", err)
	}
	l, err := resident.Listen(filepath.Join(t.TempDir(), "s", "x.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() { _ = (&resident.Server{Types: "of long ago"}).Serve(l) }()
	t.Setenv(driver.SocketEnv, l.Addr().String())
	if m, err := gradcamnb.Open(tinyModel); err != nil || m.Info().Name != "resnet-basic.ts" {
		t.Errorf("another version: %v", err)
	}
}

// Status says which engine answers, and what to do if none does.
func TestStatus(t *testing.T) {
	l := serving(t, pureGo)
	if got := driver.Status(l.Addr().String()); !strings.Contains(got, "the kernel's engine, at "+l.Addr().String()) {
		t.Errorf("it says %q", got)
	}
	if got := driver.Status("/no/such/socket"); !strings.Contains(got,
		"nothing answers at its socket /no/such/socket; restart the kernel; an engine is linked in") {
		t.Errorf("it says %q", got)
	}
	if got := driver.Status(""); !strings.Contains(got, "an engine is linked in, and no kernel's engine") {
		t.Errorf("it says %q", got)
	}
}
