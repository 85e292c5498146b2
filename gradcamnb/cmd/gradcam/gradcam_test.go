package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/gomlx/compute-onnx/support/protos"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// The test program acts as the command itself if this variable is set.
const asCommand = "GRADCAM_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	command := func() { os.Exit(run(os.Args[1:])) }
	if os.Getenv(asCommand) != "" {
		command()
	}
	testscript.Main(m, map[string]func(){"gradcam": command})
}

// gradcam is the command with its arguments.
func gradcam(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asCommand+"=1", "GOMLX_BACKEND=go")
	return c
}

// call runs the command to its end.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	c := gradcam(args...)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), said.String()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func model(name string) string   { return golden.Path("models", name) }
func picture(name string) string { return golden.Path("images", name) }

// Explaining the README's picture with its model writes the four files. The map is that of the golden case.
func TestExplain(t *testing.T) {
	dir := t.TempDir()
	code, _, said := call(t, "explain", "--model", model("efficientnet-lite0.onnx"), "--image", picture("cat_224.png"),
		"--out", dir)
	if code != 0 {
		t.Fatal(said)
	}
	var rep report
	readJSON(t, filepath.Join(dir, "result.json"), &rep)
	first := rep.Images[0]
	if m := first.Maps[0]; m.ClassName != "Egyptian cat" || m.Class != 285 || len(first.Top) != 5 || rep.Backend != "go" ||
		len(rep.SHA256) != 64 {
		t.Errorf("result.json says %+v", rep)
	}
	dims, heat, err := npyfile.Read(filepath.Join(dir, "heatmap.npy"))
	if err != nil || !slices.Equal(dims, []int{1, 224, 224}) {
		t.Fatalf("heatmap.npy is %v, %v", dims, err)
	}
	c := golden.Find(t, "GradCAM", "efficientnet-lite0/cat/GradCAM/head_act/top1")
	_, want := golden.Array(t, c.Files.Heatmap)
	var worst float64
	for i := range want {
		worst = max(worst, math.Abs(float64(heat[i])-float64(want[i])))
	}
	if !(worst <= c.Tolerance.EndToEnd) {
		t.Errorf("heatmap.npy is off by %g of %g", worst, c.Tolerance.EndToEnd)
	}
	if dims, _, err := npyfile.Read(filepath.Join(dir, "raw.npy")); err != nil || !slices.Equal(dims, []int{1, 7, 7}) {
		t.Errorf("raw.npy is %v, %v", dims, err)
	}
	if page, err := os.ReadFile(filepath.Join(dir, "card.html")); err != nil ||
		!strings.Contains(string(page), `class="gradcam-card"`) {
		t.Errorf("card.html holds no card: %v", err)
	}
	if _, err := imgio.Open(filepath.Join(dir, "overlay.png")); err != nil {
		t.Error(err)
	}
}

func readJSON(t *testing.T, path string, to any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, to); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// Several layers, a batch by tensor and a class for each picture.
func TestExplainTensorAtSeveralLayers(t *testing.T) {
	dir := t.TempDir()
	code, _, said := call(t, "explain", "--model", model("resnet-basic.dyn.onnx"), "--tensor",
		golden.Path("golden", "resnet-basic", "input.npy"),
		"--layer", "layer2", "--layer", "layer3", "--target", "class:3,5", "--method", "GradCAM", "--out", dir)
	if code != 0 {
		t.Fatal(said)
	}
	for _, name := range []string{"heatmap.npy", "heatmap-layer2.npy", "heatmap-layer3.npy"} {
		if dims, _, err := npyfile.Read(filepath.Join(dir, name)); err != nil || !slices.Equal(dims, []int{2, 64, 64}) {
			t.Errorf("%s is %v, %v", name, dims, err)
		}
	}
	var rep report
	readJSON(t, filepath.Join(dir, "result.json"), &rep)
	for i, class := range []int{3, 5} {
		if maps := rep.Images[i].Maps; len(maps) != 2 || maps[0].Class != class || maps[1].Class != class {
			t.Errorf("picture %d: %+v", i, maps)
		}
	}
}

// A file that is damaged, or not of the model's shape, is an error of one line. testdata/script/errors.txt has the
// others.
func TestErrors(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(model("resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	array := func(name string, dims ...int) string {
		n := 1
		for _, d := range dims {
			n *= d
		}
		path := filepath.Join(dir, name)
		if err := npyfile.Write(path, dims, make([]float32, n)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var onePixel bytes.Buffer
	if err := png.Encode(&onePixel, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	net, out := model("resnet-basic.dyn.onnx"), filepath.Join(dir, "out")
	for name, c := range map[string]struct {
		code int
		want string
		args []string
	}{
		"truncated ONNX": {1, "is not an ONNX file, or it is damaged",
			[]string{"--model", file("cut.onnx", whole[:len(whole)*2/3]), "--tensor",
				golden.Path("golden", "resnet-basic", "input.npy")}},
		"wrong rank": {1, "[3 64 64]", []string{"--model", net, "--tensor", array("rank.npy", 3, 64, 64)}},
		"wrong channels": {1, "number of channels differs",
			[]string{"--model", net, "--tensor", array("channels.npy", 1, 4, 64, 64)}},
		"one pixel": {0, "", []string{"--model", net, "--image", file("one.png", onePixel.Bytes()), "--size", "64", "--mean",
			"0", "--scale", "255"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, said := call(t, append([]string{"explain", "--out", out}, c.args...)...)
			if code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d; %q does not say %q", code, c.code, said, c.want)
			}
			if c.code != 0 && (!strings.HasPrefix(said, "gradcam: ") || strings.Count(said, "\n") != 1) {
				t.Errorf("not an error for people: %q", said)
			}
		})
	}
}

// A folder that cannot be written to is noticed before anything is computed.
func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if f, err := os.CreateTemp(dir, "x"); err == nil { // the superuser may write everywhere but into /proc
		_ = f.Close()
		if dir = "/proc/self"; runtime.GOOS != "linux" {
			t.Skip("this user may write everywhere")
		}
	}
	// If the model were opened first, the error would be that there is no such file.
	code, _, said := call(t, "explain", "--model", filepath.Join(t.TempDir(), "none.onnx"), "--image", picture("cat.png"),
		"--out", dir)
	if code != 1 || !strings.Contains(said, "cannot be written to") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

// NaN among the weights ends as a diagnosis, and result.json is still JSON.
func TestNaNWeights(t *testing.T) {
	data, err := os.ReadFile(model("resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	m := &protos.ModelProto{}
	if err := proto.Unmarshal(data, m); err != nil {
		t.Fatal(err)
	}
	for _, w := range m.Graph.Initializer {
		if len(w.Dims) == 4 { // the first convolution
			copy(w.RawData, []byte{0, 0, 0xc0, 0x7f}) // float32 NaN
			break
		}
	}
	if data, err = proto.Marshal(m); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "nan.onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, said := call(t, "explain", "--model", path, "--tensor", golden.Path("golden", "resnet-basic", "input.npy"),
		"--target", "class:1", "--out", dir)
	if code != 0 {
		t.Fatal(said)
	}
	if !strings.Contains(said, "are not numbers") {
		t.Errorf("said %q", said)
	}
	var rep report
	readJSON(t, filepath.Join(dir, "result.json"), &rep)
	if d := rep.Images[0].Maps[0].Diagnosis; !strings.Contains(d, "not numbers") || rep.Images[0].Maps[0].Score != nil {
		t.Errorf("diagnosis %q, score %v", d, rep.Images[0].Maps[0].Score)
	}
	code, _, said = call(t, "sheet", "--model", path, "--tensor", golden.Path("golden", "resnet-basic", "input.npy"),
		"--target", "class:1", "--layer", "layer3", "--rows", "pictures", "--unmeasured", "--out", dir)
	if code != 0 || !strings.Contains(said, "are not numbers") {
		t.Errorf("of a sheet it said %q", said)
	}
}

// Whenever the command is killed, every file of the results is whole: it is the old one or the new one.
func TestKilledWhileWriting(t *testing.T) {
	dir := t.TempDir()
	args := []string{"explain", "--model", model("resnet-basic.dyn.onnx"), "--tensor",
		golden.Path("golden", "resnet-basic", "input.npy"), "--out", dir}
	start := time.Now()
	if code, _, said := call(t, args...); code != 0 {
		t.Fatal(said)
	}
	whole := time.Since(start)
	for i := range 12 {
		c := gradcam(append(args, "--target", fmt.Sprintf("class:%d", i%10))...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(whole * time.Duration(i+6) / 18)
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
		if _, err := imgio.Open(filepath.Join(dir, "overlay.png")); err != nil {
			t.Error(err)
		}
		for _, name := range []string{"heatmap.npy", "raw.npy"} {
			if _, _, err := npyfile.Read(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		var rep report
		readJSON(t, filepath.Join(dir, "result.json"), &rep)
	}
}

func TestFileName(t *testing.T) {
	for layer, want := range map[string]string{"layer4.2": "layer4.2",
		"/layer4/relu_2/Relu_output_0": "layer4_relu_2_Relu_output_0", `..\..\x`: "x"} {
		if got := fileName(layer); got != want {
			t.Errorf("%q becomes %q, want %q", layer, got, want)
		}
	}
}

// A target is written as it is read.
func TestParseTarget(t *testing.T) {
	for _, s := range []string{"top1", "top12", "class:285", "class:3,5", "softmax:7", "output:colour:2",
		"tensor:/head/a:b:4", "binary:0", "contrast:3,5", "finer:7", "tag:4", "tags:1,4",
		"tags>0.5", "attribute:colour:red", "region:2", "region:2:mean", "part:1:3,4", "part:1:3,4:mean", "border:1,2"} {
		target, err := parseTarget(s)
		if err != nil || target.String() != s {
			t.Errorf("%q is read as %q, %v", s, target, err)
		}
	}
}
