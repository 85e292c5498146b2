package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/posix"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

func riseOf(masks, dir string, more ...string) []string {
	return append([]string{"rise", "--model", model("resnet-basic.dyn.onnx"), "--image", picture("cat_224.png"), "--size",
		"64", "--mean", "127", "--scale", "64",
		"--target", "class:3", "--masks", masks, "--seed", "7", "--out", dir}, more...)
}

// driseOf is like riseOf, for the surest object of a detector.
func driseOf(masks, dir string, more ...string) []string {
	return append([]string{"drise", "--model", golden.Path("detectors", "detect.onnx"), "--decoder", "yolov8",
		"--mean", "0", "--scale", "1", "--image",
		picture("cat_224.png"), "--masks", masks, "--seed", "7", "--backend", "go", "--out", dir}, more...)
}

// A run that is killed or hung up on is continued from its last checkpoint, and ends with the bits of a
// run that was left alone.
func TestRiseIsKilledAndGoesOn(t *testing.T) {
	ends := map[string]os.Signal{"killed": os.Kill}
	if !signal.Ignored(syscall.SIGHUP) { // under nohup the commands that are started here ignore it, too
		ends["hung up on"] = syscall.SIGHUP
	}
	commands := map[string]func(masks, dir string, more ...string) []string{"rise": riseOf, "drise": driseOf}
	for command, of := range commands {
		for name, end := range ends {
			t.Run(command+" "+name, func(t *testing.T) { endAndGoOn(t, of, end) })
		}
	}
}

// endAndGoOn ends a run after a checkpoint, continues it, and compares it with a run that was left alone.
func endAndGoOn(t *testing.T, of func(masks, dir string, more ...string) []string, end os.Signal) {
	dir, whole := t.TempDir(), t.TempDir()
	c := gradcam(of("100000", dir, "--checkpoint", "1ms")...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually.True(t, "there is a checkpoint", func() bool {
		run, err := firstRun(dir)
		return err == nil && len(run.Weights) > 0
	})
	if err := c.Process.Signal(end); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was ended
	run, err := firstRun(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, d := range []string{dir, whole} {
		more := []string{"--resume", dir}
		if d == whole {
			more = nil
		}
		code, _, said := call(t, of(strings.TrimSpace(jsonOf(t, len(run.Weights)+48)), d, more...)...)
		if code != 0 {
			t.Fatal(said)
		}
		for _, file := range []string{"weights.npy", "raw.npy", "stderr.npy"} {
			data, err := os.ReadFile(filepath.Join(d, file))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(data))
		}
	}
	if !slices.Equal(all[:3], all[3:]) {
		t.Errorf("after %d masks: the run that went on has other files", len(run.Weights))
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Wherever writing ends, what was there can be read: run.json is last, and scores are only added.
func TestRunWrittenInPart(t *testing.T) {
	dir := t.TempDir()
	write := func(weights ...float32) {
		t.Helper()
		if err := writeRuns(dir, []*heatmap.Map{{Sampled: &heatmap.SampledRun{Masks: 9, Weights: weights}}}); err != nil {
			t.Fatal(err)
		}
	}
	write(1, 2, 3)
	manifest, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(1, 2, 3, 4, 5)
	if run, err := firstRun(dir); err != nil || !slices.Equal(run.Weights, []float32{1, 2, 3, 4, 5}) {
		t.Errorf("%v, %v", run, err)
	}
	// The disk was full, or the process was killed, before run.json was written again.
	if err := os.WriteFile(filepath.Join(dir, "run.json"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	if run, err := firstRun(dir); err != nil || !slices.Equal(run.Weights, []float32{1, 2, 3}) {
		t.Errorf("%v, %v", run, err)
	}
	// Scores of another run are refused, and so are too few scores.
	for _, other := range [][]float32{{1, 2, 4, 5}, {1, 2}} {
		if err := npyfile.Write(filepath.Join(dir, "weights.npy"), []int{1, len(other)}, other); err != nil {
			t.Fatal(err)
		}
		if run, err := firstRun(dir); err == nil || !strings.Contains(err.Error(), "are not of one run") {
			t.Errorf("%v, %v", run, err)
		}
	}
	// A version before this one wrote run.json without the scores' sum. It is read if the number of scores is right.
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(`{"masks": 9, "done": 2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if run, err := firstRun(dir); err != nil || len(run.Weights) != 2 {
		t.Errorf("%v, %v", run, err)
	}
	// That version drew other balanced masks if the number of cells is a power of two, so such a run is refused.
	for grid, refused := range map[int]bool{7: false, 16: true} {
		if err := os.WriteFile(filepath.Join(dir, "run.json"),
			fmt.Appendf(nil, `{"masks": 9, "done": 2, "grid": %d, "design": "balanced"}`, grid), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := firstRun(dir); (err != nil) != refused || refused && !strings.Contains(err.Error(), "start a new run") {
			t.Errorf("grid %d: %v", grid, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(`{"masks": 9, "done": 2, "weights": "../weights.npy"}`),
		0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := firstRun(dir); err == nil || !strings.Contains(err.Error(), "not beside it") {
		t.Error(err)
	}
}

// A full disk costs no run: it is told once, and tried again.
func TestCheckpointThatCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	var said strings.Builder
	c := newCheckpoint(dir, 0, &said)
	latest := &heatmap.Map{Sampled: &heatmap.SampledRun{Masks: 9, Weights: []float32{1}}}
	for range 3 {
		c.latest = []*heatmap.Map{latest}
		c.write()
	}
	if got := said.String(); strings.Count(got, "cannot be written") != 1 {
		t.Errorf("said %q", got)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.writeLast()
	if run, err := firstRun(dir); err != nil || len(run.Weights) != 1 ||
		!strings.Contains(said.String(), "interrupted after 1 of 9 masks") {
		t.Errorf("%v, %v, %s", run, err, said.String())
	}
	if c.failed {
		t.Error("it failed before, and not now")
	}
	said.Reset()
	if c.writeLast(); !strings.Contains(said.String(), "interrupted after 1 of 9 masks") {
		t.Errorf("interrupted just after a checkpoint: said %q", said.String())
	}
}

// One signal ends a command that computes, with -slow, on a quiet machine, within five seconds; a pipe in the place of
// a model is not waited for at all.
func TestOneSignalIsEnough(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "model.onnx")
	if err := posix.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("no pipe can be made: %v", err)
	}
	code, _, said := call(t, "layers", "--model", pipe)
	if code != 1 || !strings.Contains(said, "a pipe and no regular file") {
		t.Errorf("exit code %d: %s", code, said)
	}
	out := filepath.Join(t.TempDir(), "out")
	c := gradcam("explain", "--model", model("efficientnet-lite0.onnx"), "--image", picture("cat.png"), "--method", "RISE",
		"--backend", "go", "--out", out)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually.True(t, "it makes its folder", func() bool { return exists(out) })
	time.Sleep(2 * time.Second)
	start := time.Now()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Error("it ended before the signal")
	}
	if took := time.Since(start); require.IsSlow() && took > 5*time.Second {
		t.Errorf("it took %v to end", took)
	}
}

// firstRun is the run of the first target in a folder.
func firstRun(dir string) (*heatmap.SampledRun, error) {
	runs, err := readRuns(dir)
	if err != nil {
		return nil, err
	}
	return runs[0], nil
}
