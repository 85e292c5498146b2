package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// instead puts a model of our test data in the place of net.onnx, with a sidecar.
func instead(model, sidecar string) func(string) error {
	return func(dir string) error {
		data, err := os.ReadFile(golden.Path(model))
		return errors.Join(err, os.WriteFile(filepath.Join(dir, "net.onnx"), data, 0o600),
			os.WriteFile(filepath.Join(dir, "net.json"), []byte(sidecar), 0o600))
	}
}

// detector is a detector whose sidecar has this part on its outputs.
func detector(spec string) func(string) error {
	return instead("detectors/detect.onnx", `{"input": {"mean": [0], "scale": [1]}, "detector": `+spec+`}`)
}

// detecting is the command of a detector.
func detecting(more ...string) []string {
	return append([]string{"detect", "--model", onnx, "--image", cat, "--backend", "go"}, more...)
}

// ofResults explains what a COCO results file says that there is.
func ofResults(text string) (func(string) error, []string) {
	return several(detector(`{"decoder": "yolov8"}`), file("r.json", text)),
		detecting("--detections", "{}/r.json", "--explain", "--masks", "8", "--out", "{}/out")
}

// results is an attempt with a COCO results file.
func results(what, text, said string) attempt {
	prepare, args := ofResults(text)
	return attempt{"results", what, prepare, args, 1, said}
}

// volume explains an array as a volume.
func volume(what string, prepare func(string) error, array string, code int, said string) attempt {
	return attempt{"volume", what, prepare, []string{"explain", "--model", onnx, "--tensor", array, "--target", "class:1",
		"--out", "{}/out", "--backend", "go"}, code, said}
}

// npy is a NumPy file of float32 zeros whose header says the shape.
func npy(name, shape string, values int) func(string) error {
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }"
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	return file(name, "\x93NUMPY\x01\x00\x76\x00"+header+strings.Repeat("\x00", 4*values))
}

// commandIn is the command with arguments in which {} stands for a folder.
func commandIn(dir string, args []string) *exec.Cmd {
	var whole []string
	for _, a := range args {
		whole = append(whole, strings.ReplaceAll(a, "{}", dir))
	}
	c := exec.Command(os.Args[0], whole...)
	c.Env = append(os.Environ(), asCommand+"=1", "GOMLX_BACKEND=go")
	return c
}

// continued studies a picture, changes what lies in the folder of the results, and studies it again.
func continued(what string, change func(dir string) error, said string) attempt {
	args := hostileStudy("--pictures", cat, "--metric", "sparseness")
	first := func(dir string) error { return commandIn(dir, args).Run() }
	return attempt{"study", what, several(first, change), args, 1, said}
}

// copied copies the first part of the results to another name.
func copied(name string) func(string) error {
	return func(dir string) error {
		data, err := os.ReadFile(filepath.Join(dir, "out", "part-000000.parquet"))
		return errors.Join(err, os.WriteFile(filepath.Join(dir, "out", name), data, 0o600))
	}
}

// folder puts a folder into the place of a file.
func folder(name string) func(string) error {
	return func(dir string) error {
		return errors.Join(os.Remove(filepath.Join(dir, name)), os.Mkdir(filepath.Join(dir, name), 0o700))
	}
}

// edited replaces a part of a file's text.
func edited(name, old, with string) func(string) error {
	return func(dir string) error {
		data, err := os.ReadFile(filepath.Join(dir, name))
		text := strings.ReplaceAll(string(data), old, with)
		return errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

var ofNewer = []attempt{
	{"detector", "a decoder of 10^6 letters", detector(`{"decoder": "` + strings.Repeat("y", 1e6) + `"}`), detecting(), 1,
		"no detection decoder"},
	{"detector", "a decoder with escapes", detector(`{"decoder": "\u001b[2J\u202e"}`), detecting(), 1, `"\x1b[2J\u202e"`},
	{"detector", "a list", detector(`[]`), detecting(), 1, "should be an object"},
	{"detector", "a threshold past the largest", detector(`{"decoder": "yolov8", "threshold": 1e400}`), detecting(), 1, "1e400"},
	{"detector", "an overlap of 7", detector(`{"decoder": "yolov8", "nms": 7}`), detecting(), 1, "nms 7"},
	{"detector", "100,000 outputs", detector(`{"decoder": "yolov8", "outputs": [` +
		strings.TrimSuffix(strings.Repeat(`"x",`, 1e5), ",") + `]}`), detecting(), 1, `"x", which no node`},
	{"detector", "no outputs", detector(`{"decoder": "yolov8", "outputs": []}`), detecting(), 1, "0 outputs"},
	{"detector", "numbers that there are not", detector(`{"decoder": "yolov8", "numbers": {"\u001b[2J": 1}}`), detecting(), 1,
		"no field"},
	{"detector", "labels with escapes", several(detector(`{"decoder": "yolov8"}, "labels": "l.txt"`),
		file("l.txt", "\x1b[2J\n<script>\n\u202etree")), detecting(), 0, `\u202etree`},
	results("an object", `{}`, "should be a list"),
	results("a box of text", `[{"bbox": "x"}]`, `"bbox" is a text`),
	results("a box of NaN", `[{"bbox": [0, 0, NaN, 1]}]`, "line 1"),
	results("cut off", `[{"bbox": [0, 0`, "ends too early"),
	volume("of no slices", several(instead("volumes/plain.onnx", "{}"), npy("a.npy", "1, 2, 0, 8, 12", 0)), "{}/a.npy", 1,
		"no values"),
	volume("an array of a picture", several(instead("volumes/plain.onnx", "{}"), npy("a.npy", "1, 2, 4, 8", 64)),
		"{}/a.npy", 1, "[1 2 4 8]"),
	volume("of 2^62 slices", several(instead("volumes/free.onnx", `{"slices": 4611686018427387904}`),
		npy("a.npy", "1, 2, 4, 8, 12", 768)), "{}/a.npy", 1, "4611686018427387904"),
	volume("of half a slice", several(instead("volumes/free.onnx", `{"slices": 0.5}`), npy("a.npy", "1, 2, 4, 8, 12", 768)),
		"{}/a.npy", 1, "should be a whole number"),
	{"volume", "a picture", instead("volumes/plain.onnx", "{}"), explaining("--image", cat), 1, "a picture is none"},
	{"truth", "a list in the place of a COCO file", file("t.json", "[]"), ofTruth("{}/t.json"), 1, "should be an object"},
	{"truth", "boxes of text in a COCO file", cocoOf(`"bbox": "x"`), ofTruth("{}/t.json"), 1, `"bbox" is a text`},
	{"list", "lines of other columns", file("in.csv", "picture"+strings.Repeat(",", 1e5)+"\ncat.png\n"),
		hostileStudy("--pictures", "{}/in.csv"), 1, "line 2: it has more or fewer columns"},
	{"list", "a label of 2^62", file("in.csv", "picture,label\ncat.png,4611686018427387904\n"),
		[]string{"study", "--model", onnx, "--size", "64", "--mean", "127", "--scale", "64", "--pictures", "{}/in.csv",
			"--at-label", "--out", "{}/out", "--backend", "go"}, 1, "no picture could be explained"},
	continued("of another number of pictures", edited("out/study.json", `"pictures": 1`, `"pictures": -1`), "another study"),
	continued("with a part that is not of it", copied("part-000007.parquet"), "no part of the study of 1 pictures"),
	continued("with a part of 10^12", copied("part-999999999999.parquet"), "no part of the study"),
	continued("whose part is a pipe", pipe("out/part-000000.parquet"), "a pipe and no regular file"),
	continued("whose report is a folder", folder("out/report.html"), "it is a folder"),
	{"flags", "masks of letters", nothing, []string{"rise", "--model", onnx, "--image", cat, "--masks", "abc"}, 2,
		`--masks "abc": write a whole number`},
	{"flags", "a time of letters", nothing, []string{"rise", "--model", onnx, "--image", cat, "--time", "abc"}, 2,
		`--time "abc": write a time`},
	{"flags", "no value", nothing, []string{"rise", "--masks"}, 2, "--masks has no value"},
	{"flags", "10^9 steps", nothing, hostileStudy("--pictures", cat, "--metric", "deletion", "--steps", "1000000000"), 1,
		"ask for at most"},
	{"flags", "a file of ../ on the hub", nothing, []string{"layers", "--model", "hf://a/b/../../c.onnx"}, 1,
		"not within"},
}
