package gradcamnb_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/method"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

// The figure of an explanation as a PNG, which says how it was made.
func Example_png() {
	model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
	r := model.MustExplain(imgio.MustOpen("../testdata/images/cat.png"))
	figure := render.Card(r, r.Maps[0], nil)
	png, err := render.EncodePNG(figure, render.Provenance(r, r.Maps[0]))
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "gradcamnb")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "why.png")
	if err := os.WriteFile(path, png, 0o600); err != nil {
		fmt.Println(err)
		return
	}
	written, err := os.ReadFile(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	says, err := render.ReadTexts(written)
	fmt.Println(says["gradcam:method"], "of", says["gradcam:target"], err)
	// Output:
	// Grad-CAM of top 1, class 285 <nil>
}

// A class by its label. If it is not exactly one, the map says what was taken.
func ExampleLabel() {
	model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
	cat := imgio.MustOpen("../testdata/images/cat.png")
	r, err := model.Explain(cat, gradcamnb.Label("tiger cat"), gradcamnb.Label("Persian"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range r.Maps {
		fmt.Printf("%s: %q\n", m.Class, m.Note)
	}
	_, err = model.Explain(cat, gradcamnb.Label("tigre cat"))
	fmt.Println(errors.Is(err, gradcamnb.ErrNoClass))
	fmt.Println(err)
	// Output:
	// tiger cat: ""
	// Persian cat: "\"Persian\" was taken for Persian cat (283)"
	// true
	// target class:tigre cat: there is no class "tigre cat"; the nearest labels are "tiger cat", "fireboat", "Siamese cat", "tiger", "polecat"
}

// Layers down and methods across, in one program and one forward pass.
func ExampleModel_Sheet() {
	model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
	sheet, err := model.Sheet(imgio.MustOpen("../testdata/images/cat.png"), heatmap.ByLayer, heatmap.ByMethod,
		gradcamnb.Layers("_blocks.10", "_blocks.14"), gradcamnb.Methods(method.GradCAM, method.LayerCAM),
		gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{}})) // nothing is measured, which takes passes of its own
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sheet)
	// Output:
	// EfficientNet-Lite0, Egyptian cat: 2 rows (_blocks.10 (add_5); _blocks.14 (add_8)) by 2 columns (Grad-CAM; LayerCAM)
}

// A folder of pictures, a batch at a time. A picture that cannot be read does not stop the others.
func ExampleModel_ExplainEach() {
	model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
	paths := []string{"../testdata/images/cat.png", "../testdata/images/LICENSES.md", "../testdata/images/astronaut.png"}
	pictures := func(yield func(image.Image, error) bool) {
		for _, path := range paths {
			if !yield(imgio.Open(path)) {
				return
			}
		}
	}
	i := 0
	for r, err := range model.ExplainEach(context.Background(), pictures, 2) {
		if _, ok := errors.AsType[*gradcamnb.PictureError](err); ok {
			fmt.Println(filepath.Base(paths[i]), "is left out")
		} else if err != nil {
			fmt.Println(err)
			return
		} else {
			fmt.Println(filepath.Base(paths[i]), "is explained as", r.Top[0].Label)
		}
		i++
	}
	// Output:
	// cat.png is explained as Egyptian cat
	// LICENSES.md is left out
	// astronaut.png is explained as bobsled
}

// What a detector finds in a picture, and with D-RISE where it looked for the surest detection.
func ExampleModel_Detect() {
	model := gradcamnb.MustOpen("../testdata/detectors/heads.onnx") // a small one with random weights
	picture := imgio.MustOpen("../testdata/images/cat.png")
	found, err := model.Detect(picture)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range found {
		fmt.Printf("%s %.2f\n", d.Label, d.Score)
	}
	r, err := model.Explain(picture, gradcamnb.Detection(1), gradcamnb.Methods(method.RISE),
		gradcamnb.Sampled(gradcamnb.Sampling{Masks: 64, Seed: 1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	m := r.Maps[0]
	fmt.Println(m.Method, "of", len(m.Sampled.Weights), "masks;", m.W, "x", m.H, "pixels")
	// Output:
	// b 0.57
	// a 0.42
	// D-RISE of 64 masks; 64 x 64 pixels
}

// Raw numbers in and out: a batch as the model takes it, and signed maps in the unit of the score.
func ExampleModel_ExplainTensor() {
	model := gradcamnb.MustOpen("../testdata/models/resnet-basic.dyn.onnx")
	x := gradcamnb.Tensor{Dims: []int{2, 3, 64, 64}, Values: make([]float32, 2*3*64*64)}
	results, err := model.ExplainTensor(x, gradcamnb.Class(3, 7)) // one class a picture
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		m := r.Maps[0]
		fmt.Println(m.Target, m.Unit, m.Raw.W, "x", m.Raw.H, len(m.Raw.Values), "values; for the input", m.W, "x", m.H)
	}
	// Output:
	// class 3 logits 4 x 4 16 values; for the input 64 x 64
	// class 7 logits 4 x 4 16 values; for the input 64 x 64
}

// A target as text, as the command line has it, and the same for another class.
func ExampleParseTarget() {
	t, err := gradcamnb.ParseTarget("softmax:285")
	fmt.Println(t, err)
	other, err := t.WithIndex(282)
	fmt.Println(other, err)
	_, err = gradcamnb.ParseTarget("binary:cat")
	fmt.Println(err)
	// Output:
	// softmax:285 <nil>
	// softmax:282 <nil>
	// target "binary:cat": "cat" is no number, and this target takes no names
}

// Methods that are made of another take it in parentheses.
func ExampleMethods() {
	model := gradcamnb.MustOpen("../testdata/models/resnet-basic.dyn.onnx")
	x := gradcamnb.Tensor{Dims: []int{1, 3, 64, 64}, Values: make([]float32, 3*64*64)}
	results, err := model.ExplainTensor(x, gradcamnb.Methods(method.HiResCAM, "SESS(LayerCAM)"), gradcamnb.Class(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range results[0].Maps {
		fmt.Println(m.Method)
	}
	_, err = model.ExplainTensor(x, gradcamnb.Methods("grad-cma"))
	message, _, _ := strings.Cut(err.Error(), ";")
	fmt.Println(message)
	// Output:
	// HiResCAM
	// SESS(LayerCAM)
	// there is no method "grad-cma", did you mean "Grad-CAM"?
}

// A server: the request's context ends the explanation, and what the caller did wrong is told from
// what went wrong here.
func Example_handler() {
	model := gradcamnb.MustOpen("../testdata/models/efficientnet-lite0.onnx")
	handler := func(w http.ResponseWriter, r *http.Request) {
		target, err := gradcamnb.ParseTarget(r.FormValue("target"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		picture, err := imgio.Open("../testdata/images/cat.png") // or read the request's body
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		result, err := model.ExplainContext(r.Context(), picture, target)
		switch {
		case errors.Is(err, gradcamnb.ErrNoClass):
			http.Error(w, err.Error(), http.StatusNotFound)
		case err != nil:
			http.Error(w, "the explanation failed", http.StatusInternalServerError)
		default:
			fmt.Fprintf(w, "%s, %s", result.Maps[0].Method, result.Maps[0].Class)
		}
	}
	for _, query := range []string{"?target=class:tiger+cat", "?target=class:1000"} {
		w := httptest.NewRecorder()
		handler(w, httptest.NewRequest(http.MethodGet, "/"+query, nil))
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 Grad-CAM, tiger cat
	// 404 target class:1000: there is no class 1000: the tensor "logits" has 1000, numbered from 0 to 999
}
