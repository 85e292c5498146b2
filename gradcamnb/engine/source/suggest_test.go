package source

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Attention, the windows that it looks at, and tokens that stand before the batch have the shape of maps but are no
// maps. They are told apart at batch 1, too.
func TestAttentionIsNoMap(t *testing.T) {
	for _, name := range []string{"vit.dyn-18", "vit.ts-14", "deit.dyn-18", "swin.dyn-18", "swin-v2.dyn-18",
		"maxvit.dyn-18"} {
		m, err := ONNX(golden.Path("zoo", name+".onnx"))
		if err != nil {
			t.Fatal(err)
		}
		for batch := 1; batch <= 2; batch++ {
			layers, err := m.Layers(t.Context(), []int{batch, 3, 64, 64}, "")
			if err != nil {
				t.Fatal(err)
			}
			softmax := 0
			for _, l := range layers {
				if l.Op == "Softmax" {
					softmax++
				}
				if !l.Spatial() {
					continue
				}
				if l.Op == "Softmax" || l.Shape[0] != batch {
					t.Errorf("%s: %s %s %v is listed as a map %v", name, l.Op, l.Name, l.Shape, l.Grid)
				}
				if strings.Contains(name, "it.") && !strings.HasPrefix(name, "max") && len(l.Shape) == 4 && l.Op != "Conv" {
					t.Errorf("%s: %s %s %v is listed as a map; only the patches' convolution is one of rank 4", name, l.Op, l.Name,
						l.Shape)
				}
			}
			if softmax == 0 {
				t.Errorf("%s has no softmax: the test looks at nothing", name)
			}
		}
	}
}

func zooLayers(t *testing.T, name string, size int) []Layer {
	t.Helper()
	m, err := ONNX(golden.Path("zoo", name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	layers, err := m.Layers(t.Context(), []int{2, 3, size, size}, "")
	if err != nil {
		t.Fatal(err)
	}
	return layers
}

// The suggested layer is a feature map and not the answer: not the class scores of a segmentation before their last
// resize, nor those of a detector before they are joined. A transformer's tokens are found whether a layer norm is one
// operator or nine.
func TestSuggested(t *testing.T) {
	for name, want := range map[string]struct {
		module string // that the layer lies in
		grid   [2]int
	}{
		"fcn.dyn-18":       {"net.classifier", [2]int{8, 8}},
		"deeplab.ts-11":    {"net.classifier", [2]int{8, 8}},
		"unet.dyn-18":      {"mid", [2]int{16, 16}},
		"ssd.ts-16":        {"body.layer4", [2]int{2, 2}},
		"yolo-v5.ts-9":     {"out", [2]int{4, 4}},
		"yolo-v8.dyn-18":   {"", [2]int{4, 4}},
		"vit.dyn-18":       {"encoder.layers.encoder_layer_1.ln_1", [2]int{8, 8}},
		"vit.ts-14":        {"encoder.layers.encoder_layer_1.ln_1", [2]int{8, 8}},
		"deit.dyn-18":      {"encoder.layers.encoder_layer_1.ln_1", [2]int{8, 8}},
		"squeezenet.ts-10": {"", [2]int{3, 3}},
	} {
		l, err := SuggestedLayer(zooLayers(t, name, 64))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if [2]int(l.Grid[:2]) != want.grid || !strings.HasPrefix(l.Path, want.module) || l.answer {
			t.Errorf("%s: %s (%s) of %v is suggested, want %v in %q", name, l.Name, l.Path, l.Grid, want.grid, want.module)
		}
	}
}

// The parts that Swin cuts from its maps when it shifts its windows are no maps: every map in the list has the aspect
// ratio of the picture.
func TestPartsOfMapsAreNotListed(t *testing.T) {
	files, err := filepath.Glob(golden.Path("zoo", "swin*.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Swin in the zoo: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx")
		layers := zooLayers(t, name, 64)
		for _, l := range layers {
			if l.Spatial() && l.Shape[0] == 2 && l.Grid[0] != l.Grid[1] {
				t.Errorf("%s: %s %v is listed as a map %v of a square picture", name, l.Name, l.Shape, l.Grid)
			}
		}
		if !slices.ContainsFunc(layers, func(l Layer) bool { return l.Grid == [2]int{8, 8} && l.Channels == 24 }) {
			t.Errorf("%s: the last maps, 8 x 8 of 24 channels, are not listed", name)
		}
	}
}

// layerOf returns a layer of side x side cells, or of none if side is 0.
func layerOf(name, op string, side int, inputs ...string) Layer {
	l := Layer{Name: name, Op: op, Feeds: true, inputs: inputs, Shape: []int{1, 6}}
	if side > 0 {
		l.Grid, l.Channels, l.upright, l.Shape = [2]int{side, side}, 6, true, []int{1, 6, side, side}
	}
	return l
}

// A spatial pyramid lists the maxima of a map at several sizes one after another. No level of it is suggested, since
// the others go around it, but the map that all of them read. A pool that everything goes through may be suggested.
func TestSuggestedBeforePyramid(t *testing.T) {
	answer := layerOf("answer", "Gemm", 0, "joined")
	answer.answer = true
	pyramid := []Layer{layerOf("conv", "Conv", 8, "image"), layerOf("act", "Relu", 8, "conv"),
		layerOf("two", "MaxPool", 4, "act"), layerOf("four", "MaxPool", 2, "act"), layerOf("list two", "Flatten", 0, "two"),
		layerOf("list four", "Flatten", 0, "four"), layerOf("joined", "Concat", 0, "list two", "list four"), answer}
	chain := []Layer{layerOf("conv", "Conv", 8, "image"), layerOf("act", "Relu", 8, "conv"),
		layerOf("two", "MaxPool", 4, "act"), layerOf("joined", "Flatten", 0, "two"), answer}
	for want, layers := range map[string][]Layer{"act": pyramid, "two": chain} {
		suggest(layers)
		if l, err := SuggestedLayer(layers); err != nil || l.Name != want {
			t.Errorf("%q is suggested, want %q: %v", l.Name, want, err)
		}
	}
}

// A map that is made smaller only for the keys and values of attention, as in SegFormer, is not suggested, though it
// has fewer cells than the last map. It may be if the queries are of another map.
func TestSuggestedBesideReducedKeys(t *testing.T) {
	answer := layerOf("answer", "Gemm", 0, "last")
	answer.answer = true
	net := func(asks string) []Layer {
		return []Layer{layerOf("other", "Conv", 7, "image"), layerOf("stem", "Conv", 7, "image"),
			layerOf("map", "LayerNormalization", 7, "stem"),
			layerOf("queries", "MatMul", 7, asks, "w1"), layerOf("smaller", "Conv", 3, "map"),
			layerOf("norm", "LayerNormalization", 3, "smaller"), layerOf("keys", "MatMul", 3, "norm", "w2"),
			layerOf("values", "MatMul", 3, "norm", "w3"), layerOf("scores", "MatMul", 0, "queries", "keys"),
			layerOf("weights", "Softmax", 0, "scores"), layerOf("attention", "MatMul", 7, "weights", "values"),
			layerOf("added", "Add", 7, "stem", "attention"), layerOf("last", "Conv", 4, "added"), answer}
	}
	for asks, want := range map[string]string{"map": "last", "other": "norm"} {
		layers := net(asks)
		suggest(layers)
		if l, err := SuggestedLayer(layers); err != nil || l.Name != want {
			t.Errorf("with queries of %q, %q is suggested, want %q: %v", asks, l.Name, want, err)
		}
	}
}
