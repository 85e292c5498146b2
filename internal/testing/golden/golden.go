// Package golden reads the reference results in testdata, which pytorch-grad-cam 1.5.7 and onnxruntime 1.32 computed
// for the golden models (testdata/golden/README.md).
package golden

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gradcam-go/gradcam/internal/npyfile"
)

// Case is one reference result.
type Case struct {
	ID     string                            // unique among all cases
	Models []struct{ File, Exporter string } // the files that it is a case of

	Image     string // for photo cases
	InputFile string `json:"input_file"` // for tiny networks

	Method string  // the method that made the map
	Target Target  // what is explained
	Layer  *Layer  // the layer that the map is of
	Layers []Layer // in place of Layer, in multi-layer cases
	Size   [2]int  `json:"output_size_hw"` // in synthetic cases: size of the heatmap
	Step   int     // one of this many rows and columns of the picture is kept; 0 for all

	Files Files // files with the peer's numbers

	// Degenerate says that the map is zero except for rounding, so that there is nothing to compare with; nil if there
	// is.
	Degenerate *struct{ Reason string }

	// Tolerance is how far each kind of number may be from the peer's.
	Tolerance struct { // how far a map may be off
		Activations float64 `json:"activations_rel"`
		Gradients   float64 `json:"gradients_rel"`
		Raw         float64 `json:"cam_raw_from_files_rel"`
		FromFiles   float64 `json:"heatmap_from_files_abs"`
		EndToEnd    float64 `json:"heatmap_end_to_end_abs"`
		Logits      float64 `json:"logits_abs"`
		Attribution float64 `json:"attribution_rel"`
	}
}

// Target is the target of a case.
type Target struct {
	Kind   string            // kind of the target, e.g. "class"
	Output string            // output that it reads
	Class  Ints              // number of the class
	Index  Ints              // number of the element
	Mask   string            // file with the region
	Tensor map[string]string `json:"onnx_tensor"` // tensor for each exporter
}

// Layer is the layer of a case.
type Layer struct {
	Torch string            // its name in torch
	ONNX  map[string]string // tensor for each exporter
}

// Files are the arrays of a case. Multi-layer cases have several of some.
type Files struct {
	Activations, Gradients Names  // of the layer, and the gradients of the score there
	Raw                    Names  `json:"cam_raw"` // the map before any normalising
	Heatmap                string // the map as the peer draws it
	Attribution            string // captum's, [batch, colours, H, W]
}

// Ints is a number or a list of numbers.
type Ints []int

// UnmarshalJSON reads a number or a list of numbers.
func (v *Ints) UnmarshalJSON(data []byte) error { return unmarshalOneOrMany((*[]int)(v), data) }

// Names is a name or a list of names.
type Names []string

// UnmarshalJSON reads a name or a list of names.
func (v *Names) UnmarshalJSON(data []byte) error { return unmarshalOneOrMany((*[]string)(v), data) }

func unmarshalOneOrMany[T any](v *[]T, data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		return json.Unmarshal(data, v)
	}
	*v = make([]T, 1)
	return json.Unmarshal(data, &(*v)[0])
}

// Thin returns the part of arrays [..., h, w] that a case keeps.
func (c Case) Thin(values []float32, h, w int) []float32 {
	if c.Step == 0 {
		return values
	}
	var out []float32
	for i, v := range values {
		if x, y := i%w, i/w%h; x%c.Step == 0 && y%c.Step == 0 {
			out = append(out, v)
		}
	}
	return out
}

// Path returns the path of a file in testdata: that of the source, or of $GRADCAM_TESTDATA for a test that runs on
// another machine than the one it was built on.
func Path(elem ...string) string {
	root := os.Getenv("GRADCAM_TESTDATA")
	if root == "" {
		_, file, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(file), "..", "..", "..", "testdata")
	}
	return filepath.Join(append([]string{root}, elem...)...)
}

// Cases reads the reference results of a method, by pytorch-grad-cam's name.
func Cases(t testing.TB, method string) []Case {
	t.Helper()
	var out []Case
	for _, c := range All(t) {
		if c.Method == method {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		t.Fatalf("there are no golden cases of %s", method)
	}
	return out
}

// All reads the reference results of every method.
func All(t testing.TB) []Case {
	t.Helper()
	data, err := os.ReadFile(Path("golden", "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []Case }
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all.Cases
}

// Find returns the reference result with an ID.
func Find(t testing.TB, method, id string) Case {
	t.Helper()
	for _, c := range Cases(t, method) {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no golden case %q of %s", id, method)
	return Case{}
}

// Array reads an array by its name in the index, a.npy. Most arrays are kept packed, as a.npy.gz.
func Array(t testing.TB, name string) ([]int, []float32) {
	t.Helper()
	path := Path(filepath.FromSlash(name))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		path += ".gz"
	}
	dims, values, err := npyfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return dims, values
}
