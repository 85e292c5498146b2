package source

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// A value in the sidecar is a number, or lists of numbers whose nesting is its shape.
func TestInputValueFromJSON(t *testing.T) {
	for text, want := range map[string]Value{
		"3":                {nil, []float32{3}},
		"[1, 2.5]":         {[]int{2}, []float32{1, 2.5}},
		"[[1, 2], [3, 4]]": {[]int{2, 2}, []float32{1, 2, 3, 4}},
		"[[[1], [2]]]":     {[]int{1, 2, 1}, []float32{1, 2}},
	} {
		var got Value
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"[[1, 2], [3]]":       "not equally long",
		"[[1], 2]":            "not equally deep",
		"[1, [2]]":            "not equally",
		`"wide"`:              "a number or a list of numbers",
		`{"a": 1}`:            "a number or a list of numbers",
		"[1, null]":           "a number or a list of numbers",
		"[[], [1]]":           "not equally long",
		"[[[1]], [[]]]":       "not equally long",
		"[[[1]], [[1], [2]]]": "not equally long",
	} {
		var got Value
		if err := json.Unmarshal([]byte(text), &got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %v, error %v; want %q", text, got, err, want)
		}
	}
}

// The sidecar says which input is the picture and what the others are.
func TestSidecarOfSeveralInputs(t *testing.T) {
	data, err := os.ReadFile(golden.Path("inputs", "about.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	open := func(sidecar string) (Model, error) {
		path := filepath.Join(t.TempDir(), "m#1.onnx") // a file's name may hold the sign
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(SidecarPath(path), []byte(sidecar), 0o600); err != nil {
			t.Fatal(err)
		}
		return Open(t.Context(), path, os.Stderr)
	}
	m, err := open(`{"picture": "image", "inputs": {"about": [1, 2, 3, 4], "size": [[32, 32]]}}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Feed(m, nil, 2); err != nil {
		t.Errorf("all is given: %v", err)
	}
	if m, err = open(`{"inputs": {"about": [1, 2]}}`); err != nil {
		t.Fatal(err)
	}
	if _, err := Feed(m, nil, 1); err == nil || !strings.Contains(err.Error(), "in its sidecar") {
		t.Errorf("a wrong shape: error %v", err)
	}
	if _, err = open(`{"inputs": {"abuot": [1, 2]}}`); err == nil ||
		!strings.Contains(err.Error(),
			`gives the input "abuot", which is none of the model's inputs besides the picture; it has "about"`) {
		t.Errorf("an unknown input: error %v", err)
	}
	if _, err = open(`{"picture": "about"}`); err == nil || !strings.Contains(err.Error(), "no batch of pictures") {
		t.Errorf("a vector for a picture: error %v", err)
	}
}

// An input needs no value if only nodes that were cut off read it.
func TestInputBehindTheCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.onnx")
	data, err := os.ReadFile(golden.Path("inputs", "about.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	sidecar := `{"labels": "labels.txt", "detector": {"decoder": "yolov8", "outputs": ["/early/early.1/Relu_output_0"]}}`
	for name, text := range map[string]string{SidecarPath(path): sidecar,
		filepath.Join(filepath.Dir(path), "labels.txt"): "a\nb\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m, err := ONNX(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Feed(m, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Layers(t.Context(), []int{1, 3, 32, 32}, ""); err != nil {
		t.Error(err)
	}
}
