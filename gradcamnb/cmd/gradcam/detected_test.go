package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/coco"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// faces runs a command on CenterFace and a picture, which is small so that it is quick.
func faces(t *testing.T, command string, args ...string) {
	t.Helper()
	args = append([]string{command, "--model", model("centerface.onnx"), "--image", picture("astronaut.png"), "--size",
		"64"}, args...)
	if code, _, said := call(t, args...); code != 0 {
		t.Fatalf("%q: %d\n%s", args, code, said)
	}
}

// rawOf are the values of the only file of that pattern.
func rawOf(t *testing.T, pattern string) []float32 {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %q, %v", pattern, files, err)
	}
	_, values, err := npyfile.Read(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// The surest detection and the near miss are explained by one run of masks, and each map is what drise alone makes of
// it.
func TestAllDetectionsShareTheirMasks(t *testing.T) {
	all, one := t.TempDir(), t.TempDir()
	masks := []string{"--masks", "8", "--grid", "4", "--seed", "3"}
	faces(t, "detect", append(masks, "--out", all, "--explain", "--near-miss", "--threshold", "0.3")...)
	for _, name := range []string{"detections.png", "detections.json", "explained.png", "overlay.png", "result.json"} {
		if _, err := os.Stat(filepath.Join(all, name)); err != nil {
			t.Error(err)
		}
	}
	for number, raw := range map[string]string{"1": "raw-detection_1_*.npy", "2": "raw-detection_2_*.npy"} {
		faces(t, "drise", append(masks, "--out", one, "--detection", number, "--threshold", "0.1")...)
		if got, want := rawOf(t, filepath.Join(all, raw)), rawOf(t, filepath.Join(one, "raw.npy")); !slices.Equal(got, want) {
			t.Errorf("detection %s has another map among all than alone", number)
		}
	}
}

// A run of masks for all detections that was stopped and continued ends with the maps of one run. It cannot be
// continued with other detections.
func TestDetectResumes(t *testing.T) {
	half, resumed, whole := t.TempDir(), t.TempDir(), t.TempDir()
	explain := []string{"--explain", "--threshold", "0.05", "--nms", "1", "--grid", "4", "--batch", "8", "--most", "2"}
	faces(t, "detect", append(explain, "--masks", "8", "--out", half)...)
	faces(t, "detect", append(explain, "--masks", "24", "--out", resumed, "--resume", half)...)
	faces(t, "detect", append(explain, "--masks", "24", "--out", whole)...)
	for name, shape := range map[string][]int{"weights.npy": {2, 24}, "stderr.npy": {2, 64, 64}} {
		dims, got, err := npyfile.Read(filepath.Join(resumed, name))
		_, want, err2 := npyfile.Read(filepath.Join(whole, name))
		if err != nil || err2 != nil || !slices.Equal(dims, shape) || !slices.Equal(got, want) {
			t.Errorf("%s of the resumed run, %v, is not that of the whole run; %v, %v", name, dims, err, err2)
		}
	}
	run := filepath.Join(half, "run.json")
	data, err := os.ReadFile(run)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	file["boxes"] = [][]float64{{0, 0, 9, 9}, {0, 0, 9, 9}}
	if data, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(run, data, 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"detect", "--model", model("centerface.onnx"), "--image", picture("astronaut.png"),
		"--size", "64", "--masks", "24", "--out", resumed, "--resume", half}, explain...)
	code, _, said := call(t, args...)
	if code == 0 || !strings.Contains(said, "is not among the detections now") {
		t.Errorf("a run of other boxes: %d, %s", code, said)
	}
}

// What is found is written as COCO's results, and those are explained as boxes. CenterFace has one class, so that a box
// of it weighs what the detection does.
func TestCOCOResultsAreWrittenAndExplained(t *testing.T) {
	dir := t.TempDir()
	names, results := filepath.Join(dir, "instances.json"), filepath.Join(dir, "results.json")
	if err := os.WriteFile(names,
		[]byte(`{"images": [{"id": 42, "file_name": "astronaut.png"}], "categories": [{"id": 7, "name": "face"}]}`),
		0o600); err != nil {
		t.Fatal(err)
	}
	faces(t, "detect", "--coco", results, "--coco-names", names)
	written, err := coco.Read(results)
	if err != nil || len(written) != 0 {
		t.Fatalf("of nothing found %+v is written, %v", written, err)
	}
	faces(t, "detect", "--coco", results, "--coco-names", names, "--threshold", "0.3")
	if written, err = coco.Read(results); err != nil || len(written) != 1 || written[0].Image != 42 ||
		written[0].Category != 7 || !(math.Abs(written[0].Box[2]-89) <= 0.2) {
		t.Fatalf("%+v, %v", written, err)
	}
	explained, alone := filepath.Join(dir, "explained"), filepath.Join(dir, "alone")
	masks := []string{"--masks", "8", "--grid", "4", "--threshold", "0.3"}
	faces(t, "detect", append(masks, "--explain", "--out", explained, "--detections", results, "--coco-names", names,
		"--hot", "quantile:0.9")...)
	faces(t, "drise", append(masks, "--out", alone)...)
	got, want := rawOf(t, filepath.Join(explained, "raw.npy")), rawOf(t, filepath.Join(alone, "raw.npy"))
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) <= 1e-5) { // the box went through the picture and back
			t.Fatalf("value %d is %g, and of the detection %g", i, got[i], want[i])
		}
	}
	report, err := os.ReadFile(filepath.Join(explained, "result.json"))
	if err != nil || !json.Valid(report) || !strings.Contains(string(report), "box at") {
		t.Errorf("%v\n%s", err, report)
	}
	hotOfAll(t, report, filepath.Join(explained, "mask.png"))
}

// hotOfAll checks that every map of a report is cut at its highest tenth, and that the first one's mask is a picture.
func hotOfAll(t *testing.T, data []byte, mask string) {
	t.Helper()
	var rep report
	if err := json.Unmarshal(data, &rep); err != nil {
		t.Fatal(err)
	}
	img, err := imgio.Open(mask)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range rep.Images[0].Maps {
		if m.Hot == nil || m.Hot.Area < 0.05 || m.Hot.Area > 0.15 || len(m.Hot.Polygons) == 0 {
			t.Fatalf("map %d: %+v", i, m.Hot)
		}
		runs, err := m.Hot.RLE.Grid()
		if err != nil || i == 0 && !slices.Equal(runs.Values, heatmap.MaskOf(img).Values) {
			t.Errorf("the run lengths of map %d are another mask, %v", i, err)
		}
	}
}

// An instance is compared by its mask, and so is a detection of a model that has masks, unless boxes are asked for.
func TestInstancesAreComparedByTheirMasks(t *testing.T) {
	made := golden.Path("detectors", "makers")
	about := []string{"--model", filepath.Join(made, "yolov5-s-instances", "model.onnx"), "--image",
		filepath.Join(made, "street.png"), "--threshold", "0.2", "--masks", "8", "--grid", "4", "--seed", "3", "--out"}
	weights := func(command string, more ...string) []float32 {
		dir := t.TempDir()
		args := slices.Concat([]string{command}, about, []string{dir}, more)
		if code, _, said := call(t, args...); code != 0 {
			t.Fatalf("%q: %d\n%s", args, code, said)
		}
		return rawOf(t, filepath.Join(dir, "weights.npy"))
	}
	instance, detection := weights("drise", "--instance", "1"), weights("drise", "--detection", "1")
	boxes := weights("drise", "--detection", "1", "--by-box")
	if !slices.Equal(instance, detection) {
		t.Errorf("of a detection the weights are %v, and of its instance %v", detection, instance)
	}
	if slices.Equal(instance, boxes) {
		t.Errorf("by boxes the weights are those by masks, %v", boxes)
	}
	for _, c := range []struct {
		want []float32
		more []string
	}{{instance, nil}, {boxes, []string{"--by-box"}}} {
		all := weights("detect", append(c.more, "--explain", "--most", "2")...)
		if !slices.Equal(all[:8], c.want) {
			t.Errorf("all detections together%q: the first has the weights %v, and alone %v", c.more, all[:8], c.want)
		}
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{2, "--instance and --by-box exclude each other", []string{"--instance", "1", "--by-box"}},
		{2, "--instance 0: detections are numbered from 1", []string{"--instance", "0"}},
	} {
		args := slices.Concat([]string{"drise"}, about, []string{t.TempDir()}, c.args)
		if code, _, said := call(t, args...); code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("%q: %d\n%s", args, code, said)
		}
	}
	code, _, said := call(t, "drise", "--model", model("centerface.onnx"), "--image", picture("astronaut.png"), "--size",
		"64", "--threshold", "0.3", "--instance", "1", "--out", t.TempDir())
	if code != 1 || !strings.Contains(said, "mask") {
		t.Errorf("an instance of a model without masks: %d\n%s", code, said)
	}
}

// A study and a sheet explain detections. A picture in which nothing is found says so in its row.
func TestStudyAndSheetOfDetections(t *testing.T) {
	pictures, out := t.TempDir(), t.TempDir()
	for _, name := range []string{"astronaut.png", "cat_224.png"} {
		data, err := os.ReadFile(picture(name))
		if err == nil {
			err = os.WriteFile(filepath.Join(pictures, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	about := []string{"--model", model("centerface.onnx"), "--size", "64", "--threshold", "0.3", "--target", "detection:1",
		"--method", "HiResCAM", "--out"}
	code, said, wrong := call(t, slices.Concat([]string{"study"}, about, []string{out, "--pictures", pictures, "--metric",
		"sparseness"})...)
	for _, want := range []string{"2 of 2 pictures, 1 maps", "sparseness", `"cat_224.png": target detection:1: the model finds nothing`} {
		if code != 0 || !strings.Contains(said+wrong, want) {
			t.Errorf("a study of detections: %d, without %q:\n%s%s", code, want, said, wrong)
		}
	}
	sheet := t.TempDir()
	code, _, said = call(t, slices.Concat([]string{"sheet"}, about, []string{sheet, "--image", picture("astronaut.png"),
		"--steps", "2"})...)
	if code != 0 {
		t.Fatalf("a sheet of a detection: %d\n%s", code, said)
	}
	scores, err := os.ReadFile(filepath.Join(sheet, "scores.csv"))
	if err != nil || !strings.Contains(string(scores), "face") {
		t.Errorf("the sheet's scores are of no face, %v:\n%s", err, scores)
	}
}

// What does not go together is said before anything is computed.
func TestDetectUsage(t *testing.T) {
	for _, c := range []struct {
		want string
		args []string
	}{
		{"goes with --out", []string{"--explain"}},
		{"--hot goes with --explain", []string{"--hot", "otsu"}},
		{"goes with --explain", []string{"--masks", "8"}},
		{"--most 0", []string{"--explain", "--out", t.TempDir(), "--most", "0"}},
		{"exclude each other", []string{"--explain", "--out", t.TempDir(), "--near-miss", "--detections", "r.json"}},
		{"goes with --coco", []string{"--coco-names", "n.json"}},
		{"--layer goes with --method", []string{"--explain", "--out", t.TempDir(), "--size", "64", "--threshold", "0.3",
			"--layer", "levels"}},
	} {
		code, _, said := call(t, append([]string{"detect", "--model", model("centerface.onnx"), "--image",
			picture("astronaut.png")}, c.args...)...)
		if code != 2 || !strings.Contains(said, c.want) {
			t.Errorf("%q: %d\n%s", c.args, code, said)
		}
	}
	code, _, said := call(t, "detect", "--model", model("centerface.onnx"), "--image", picture("astronaut.png"), "--size",
		"64", "--coco", filepath.Join(t.TempDir(), "r.json"))
	if code != 1 || !strings.Contains(said, "--coco-names") {
		t.Errorf("a picture without a number: %d\n%s", code, said)
	}
}
