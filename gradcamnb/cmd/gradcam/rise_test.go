package main

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// goldenMasks writes the masks of the golden case, enlarged here from their grids by
// the recipe in its detections.json, as testdata does not keep them.
func goldenMasks(t *testing.T) string {
	t.Helper()
	_, grids := golden.Array(t, "golden/drise-public/grids.npy")
	_, shifts := golden.Array(t, "golden/drise-public/shifts.npy")
	const n, s, cell, size = 64, 16, 4, 64
	var masks []float32
	for i := range n {
		at := func(y, x int) float64 { return float64(grids[(i*s+y)*s+x]) }
		between := func(o int, shift float32) (int, int, float64) {
			x := min(max((float64(o)+float64(shift)+0.5)*s/((s+1)*cell)-0.5, 0), s-1)
			return int(x), min(int(x)+1, s-1), x - math.Floor(x)
		}
		for y := range size {
			y0, y1, fy := between(y, shifts[2*i])
			for x := range size {
				x0, x1, fx := between(x, shifts[2*i+1])
				masks = append(masks, float32((at(y0, x0)*(1-fx)+at(y0, x1)*fx)*(1-fy)+(at(y1, x0)*(1-fx)+at(y1, x1)*fx)*fy))
			}
		}
	}
	path := filepath.Join(t.TempDir(), "masks.npy")
	if err := npyfile.Write(path, []int{n, size, size}, masks); err != nil {
		t.Fatal(err)
	}
	return path
}

// Into a pipe the time of a run is told once, after the second pass: 16 masks in 4 seconds are 4 a second, and the
// 1,968 that are left of 2,000 take 492 seconds.
func TestEstimateIntoPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		say := maskProgress(w)
		time.Sleep(time.Minute) // until the first pass is compiled
		for _, done := range []int{16, 32, 48, 2000} {
			say(gradcamnb.Progress{Done: done, Total: 2000})
			time.Sleep(4 * time.Second)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(r)
		err = errors.Join(err, r.Close())
		if want := "gradcam: 2000 masks at 4.0 a second: 8 min 12 s at most\n"; err != nil || string(said) != want {
			t.Errorf("it says %q, %v, want %q", said, err, want)
		}
	})
}

// The time of every method is told by itself, and that of the metrics. The first ones are over in no time. The third
// has 2 passes a second and 98 left of 100, the fourth 1 pass a second and 98 left.
func TestEstimateOfSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		say := estimate(&said, "passes", " left", 5*time.Second)
		for _, run := range []struct {
			total int
			pause time.Duration
		}{{4, 100 * time.Millisecond}, {1, time.Minute}, {100, time.Second / 2}, {100, time.Second}} {
			for done := 1; done <= run.total; done++ {
				say(gradcamnb.Progress{Done: done, Total: run.total})
				time.Sleep(run.pause)
			}
		}
		want := "gradcam: 100 passes at 2.0 a second: 49 s left\ngradcam: 100 passes at 1.0 a second: 1 min 38 s left\n"
		if said.String() != want {
			t.Errorf("it says %q, want %q", said.String(), want)
		}
	})
}

// The map of the golden D-RISE case is right within 1e-5, with objectness and without it.
func TestReferenceDRISE(t *testing.T) {
	masks, found := goldenMasks(t), golden.Path("golden", "drise-public", "detections.json")
	data, err := os.ReadFile(found)
	if err != nil {
		t.Fatal(err)
	}
	without := filepath.Join(t.TempDir(), "without.json")
	if err := os.WriteFile(without, []byte(strings.ReplaceAll(string(data), `"objectness"`, `"other"`)),
		0o600); err != nil {
		t.Fatal(err)
	}
	for suffix, file := range map[string]string{"": found, "_no_objectness": without} {
		dir := t.TempDir()
		if code, _, said := call(t, "drise", "--reference-masks", masks, "--reference-detections", file, "--out",
			dir); code != 0 {
			t.Fatal(said)
		}
		for _, name := range []string{"weights", "saliency"} {
			dims, got, err := npyfile.Read(filepath.Join(dir, name+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			shape, want := golden.Array(t, "golden/drise-public/"+name+suffix+".npy")
			if !slices.Equal(dims, shape) {
				t.Fatalf("%s%s has the shape %v, want %v", name, suffix, dims, shape)
			}
			var worst float64
			for i := range want {
				worst = max(worst, math.Abs(float64(got[i]-want[i])))
			}
			if !(worst <= 1e-5) {
				t.Errorf("%s%s is off by %g", name, suffix, worst)
			}
		}
	}
}

// The command rise writes its files. A run that was stopped and continued ends with the same map as one run.
func TestRiseCommand(t *testing.T) {
	rise := func(masks, dir string, more ...string) {
		t.Helper()
		args := append([]string{"rise", "--model", model("resnet-basic.dyn.onnx"), "--image", picture("cat_224.png"),
			"--size", "64", "--mean", "127", "--scale", "64",
			"--target", "class:3", "--masks", masks, "--seed", "7", "--out", dir}, more...)
		if code, _, said := call(t, args...); code != 0 {
			t.Fatal(said)
		}
	}
	few := t.TempDir()
	rise("3", few, "--batch", "64") // one pass
	if dims, _, err := npyfile.Read(filepath.Join(few, "weights.npy")); err != nil || !slices.Equal(dims, []int{1, 3}) {
		t.Errorf("a batch of more than the masks: %v %v", dims, err)
	}
	half, resumed, whole := t.TempDir(), t.TempDir(), t.TempDir()
	rise("40", half)
	rise("96", resumed, "--resume", half)
	rise("96", whole)
	for name, shape := range map[string][]int{"heatmap.npy": {1, 64, 64}, "raw.npy": {1, 64, 64},
		"stderr.npy": {1, 64, 64}, "weights.npy": {1, 96}} {
		dims, got, err := npyfile.Read(filepath.Join(whole, name))
		if err != nil || !slices.Equal(dims, shape) {
			t.Errorf("%s: %v %v", name, dims, err)
		}
		if _, again, _ := npyfile.Read(filepath.Join(resumed, name)); !slices.Equal(got, again) {
			t.Errorf("%s of the resumed run is not that of the whole run", name)
		}
	}
	var rep report
	readJSON(t, filepath.Join(whole, "result.json"), &rep)
	if m := rep.Images[0].Maps[0]; m.Method != "RISE" || m.Class != 3 {
		t.Errorf("%+v", m)
	}
	if _, err := os.Stat(filepath.Join(whole, "overlay.png")); err != nil {
		t.Error(err)
	}
}

// The command drise explains a box in which nothing is found. Its sheet also has the map of a gradient.
func TestDriseCommand(t *testing.T) {
	dir := t.TempDir()
	if code, _, said := call(t, "drise", "--model", model("centerface.onnx"), "--image", picture("astronaut.png"),
		"--size", "128", "--masks", "32", "--grid", "4",
		"--box", "20,400,90,500", "--class", "0", "--method", "HiResCAM", "--out", dir); code != 0 {
		t.Fatal(said)
	}
	for name, shape := range map[string][]int{"heatmap.npy": {1, 128, 128}, "raw.npy": {1, 128, 128},
		"stderr.npy": {1, 128, 128}, "weights.npy": {1, 32}} {
		if dims, _, err := npyfile.Read(filepath.Join(dir, name)); err != nil || !slices.Equal(dims, shape) {
			t.Errorf("%s: %v %v, want %v", name, dims, err, shape)
		}
	}
	var rep report
	readJSON(t, filepath.Join(dir, "result.json"), &rep)
	maps := rep.Images[0].Maps
	if m := maps[0]; len(maps) != 1 || m.Method != "D-RISE" || m.ClassName != "face" || m.Box == nil ||
		*m.Box != (heatmap.Box{20, 400, 90, 500}) {
		t.Errorf("%+v", maps)
	}
	for _, name := range []string{"overlay.png", "sheet.png", "card.html", "run.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// An interrupted run exits with 1, says what to do, and leaves the best map so far, from which a later run continues.
func TestInterruptedRise(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted from outside")
	}
	dir := t.TempDir()
	args := func(masks int, out string, more ...string) []string {
		return append([]string{"rise", "--model", model("resnet-basic.dyn.onnx"), "--image", picture("cat_224.png"), "--size",
			"64", "--mean", "127", "--scale", "64",
			"--target", "class:3", "--masks", strconv.Itoa(masks), "--out", out}, more...)
	}
	var said bytes.Buffer
	code := 0
	for wait := time.Second; code != 1 || !strings.Contains(said.String(), "interrupted after"); wait *= 2 {
		if wait > time.Minute {
			t.Fatalf("no mask in a minute: %s", &said)
		}
		said.Reset()
		c := gradcam(args(1_000_000, dir)...)
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(wait)
		if err := c.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		err := c.Wait()
		if !errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, &said)
		}
		if code = exit.ExitCode(); code == -1 || code == 130 { // on a busy machine, before it hears signals or too late
			continue
		}
		if code != 1 {
			t.Fatalf("exit code %d: %s", code, &said)
		}
	}
	if want := "--resume " + dir + " continues it"; !strings.Contains(said.String(), want) {
		t.Errorf("%q does not say %q", &said, want)
	}
	_, first, err := npyfile.Read(filepath.Join(dir, "weights.npy"))
	if err != nil || len(first) == 0 {
		t.Fatalf("%d weights: %v", len(first), err)
	}
	for _, name := range []string{"overlay.png", "heatmap.npy", "raw.npy", "result.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	on := t.TempDir()
	if code, _, said := call(t, args(len(first)+16, on, "--resume", dir)...); code != 0 {
		t.Fatal(said)
	}
	if _, all, err := npyfile.Read(filepath.Join(on, "weights.npy")); err != nil || len(all) != len(first)+16 ||
		!slices.Equal(all[:len(first)], first) {
		t.Errorf("the run that goes on has %d weights, want the %d before and 16 more: %v", len(all), len(first), err)
	}
}

// A command that is interrupted before it has a result says so, and writes nothing.
func TestInterruptedExplain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted from outside")
	}
	out := filepath.Join(t.TempDir(), "out")
	var said bytes.Buffer
	c := gradcam("explain", "--model", model("efficientnet-lite0.onnx"), "--image", picture("cat.png"), "--method",
		"Score-CAM", "--backend", "go", "--out", out)
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually.True(t, "it makes its folder", func() bool { return exists(out) }) // it hears signals by then
	time.Sleep(2 * time.Second)
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	err := c.Wait() // 1 if the pass ended in time; if not, the process is ended: 128 and the signal's number
	if !errors.As(err, &exit) || !slices.Contains([]int{1, 130}, exit.ExitCode()) ||
		!strings.Contains(said.String(), "interrupted before there was a result") {
		t.Errorf("%v: %s", err, &said)
	}
	if left, err := filepath.Glob(filepath.Join(out, "*")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}
