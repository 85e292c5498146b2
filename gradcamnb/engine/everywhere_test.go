package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/golden"
)

// architectures are the golden networks, each with what is explained.
func architectures() map[string]gradcamnb.Target {
	everywhere := heatmap.NewGrid(64, 64)
	for i := range everywhere.Values {
		everywhere.Values[i] = 1
	}
	out := map[string]gradcamnb.Target{"unet": gradcamnb.Region(1, everywhere)}
	for _, name := range []string{"attributor", "convnext", "densenet", "inception", "mobilenet_v3", "resnet-basic", "squeezenet", "tagger", "vgg", "vit"} {
		out[name] = gradcamnb.Class(1)
	}
	return out
}

// Every method on every golden architecture, on both backends, gives a map or says why not.
// With -regen all of it is run and written to docs/parity.md; without, the residual network,
// where every method but LeGrad works, and that the page names all methods.
func TestEveryMethodEverywhere(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "parity.md")
	if !*regen {
		onBackends(t, func(t *testing.T, e *Engine) {
			for method, why := range tryAll(t, e, "resnet-basic", architectures()["resnet-basic"]) {
				if (why != "") != (method == "LeGrad") {
					t.Errorf("%s: %q", method, why)
				}
			}
		})
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range cam.All() {
			if !strings.Contains(string(page), "\n| "+m.Name+" |") {
				t.Errorf("docs/parity.md lacks %s: run this test with -regen", m.Name)
			}
		}
		return
	}
	found := map[string]map[string]map[string]string{} // architecture, backend, method
	for name := range architectures() {
		found[name] = map[string]map[string]string{}
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	for backend, names := range map[string][]string{"go": slices.Sorted(maps.Keys(architectures())), "xla:cpu": compiled} {
		e := testEngine(t, backend)
		wait.Go(func() {
			for _, name := range names {
				tried := tryAll(t, e, name, architectures()[name])
				mu.Lock()
				found[name][backend] = tried
				mu.Unlock()
				t.Logf("%s on %s", name, backend)
			}
		})
	}
	wait.Wait()
	if err := os.WriteFile(path, []byte(parityPage(t, found)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compiled are the networks that are tried on XLA, too: compiling takes its time, and one of
// each family says the same as all. The parity tests have all of them on both backends.
var compiled = []string{"resnet-basic", "mobilenet_v3", "unet", "vit"}

// tryAll says of every method why it gives no map; nothing where it does.
func tryAll(t *testing.T, e *Engine, name string, target gradcamnb.Target) map[string]string {
	t.Helper()
	in := tiny(t, name)
	s := gradcamnb.NewModel(open(t, e, name+".dyn.onnx"))
	one := gradcamnb.Tensor{Dims: append([]int{1}, in.Dims[1:]...), Values: in.Values[:len(in.Values)/in.Dims[0]]}
	out := map[string]string{}
	for _, m := range cam.All() {
		r, err := firstPass(t.Context(), s, one, target, gradcamnb.Methods(m.Name))
		switch {
		case err != nil:
			out[m.Name] = err.Error()
		case len(r) != 1 || len(r[0].Maps) != 1:
			t.Errorf("%s on %s: not one map", m.Name, name)
		case strings.Contains(r[0].Maps[0].Diagnosis, "not numbers"):
			t.Errorf("%s on %s: %s", m.Name, name, r[0].Maps[0].Diagnosis)
		default:
			out[m.Name] = ""
		}
	}
	return out
}

// firstPass explains, and gives a method of many passes up after its first: the map so far
// shows that it works.
func firstPass(ctx context.Context, m *gradcamnb.Model, in gradcamnb.Tensor, choices ...gradcamnb.Choice) ([]*heatmap.Result, error) {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	r, err := m.Run(ctx, gradcamnb.Request{Tensor: &in, Progress: func(gradcamnb.Progress) { giveUp() }}, choices...)
	if errors.Is(err, context.Canceled) && len(r) > 0 {
		err = nil
	}
	return r, err
}

func parityPage(t *testing.T, found map[string]map[string]map[string]string) string {
	var b strings.Builder
	b.WriteString("# Every method on every architecture\n\nMade by `go test ./gradcamnb/engine -run EveryMethodEverywhere -regen`: each method on each golden network at the\n" +
		"suggested layer, on `go`, and those with a star on `xla:cpu`, too (methods of many passes: the map after the first).\n*ok* is a map; a number is the reason why there is none, below.\n" +
		"Compared are the cases of testdata/golden, end to end on both backends within each case's own tolerance, with\npytorch-grad-cam 1.5.7 or captum 0.9.0; what has none is held by examples worked by hand (`engine/cam/*_test.go`,\n`engine/target_test.go`).\n\n| method | compared cases |")
	names := slices.Sorted(maps.Keys(found))
	for _, n := range names {
		star := ""
		if slices.Contains(compiled, n) {
			star = "*"
		}
		fmt.Fprintf(&b, " %s%s |", n, star)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(names)) + "\n")
	cases := map[string]int{}
	for _, c := range golden.All(t) {
		name := strings.Replace(c.Method, "captum.LayerGradCam", "GradCAM", 1)
		if m, err := cam.ByName(strings.TrimPrefix(name, "captum.")); err == nil {
			cases[m.Name]++
		}
	}
	var reasons []string
	for _, m := range cam.All() {
		fmt.Fprintf(&b, "| %s | %d |", m.Name, cases[m.Name])
		for _, n := range names {
			cell := "ok"
			for _, backend := range slices.Sorted(maps.Keys(found[n])) {
				why := found[n][backend][m.Name]
				if why == "" {
					continue
				}
				why = strings.NewReplacer(" on "+backend, "", n+".dyn", "MODEL").Replace(why)
				if i := strings.Index(why, "at ["); i >= 0 { // the layers
					if j := strings.Index(why[i:], "]"); j >= 0 {
						why = why[:i] + why[i+j+1:]
					}
				}
				at := slices.Index(reasons, why)
				if at < 0 {
					at, reasons = len(reasons), append(reasons, why)
				}
				cell = fmt.Sprintf("(%d)", at+1)
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for i, why := range reasons {
		fmt.Fprintf(&b, "%d. %s\n", i+1, why)
	}
	b.WriteString(`
## Where the formula is not the peer's

- Eigen-CAM, Eigen-Grad-CAM, EigenSmooth: the sign is that the value furthest from zero is positive; the peer's is
  LAPACK's. Compared up to that.
- Ablation-CAM before a ReLU: the paper's zero, where pytorch-grad-cam 1.5.7 writes about -1e7 (i+1) for element i of a
  batch; its case on EfficientNet-Lite0 is not compared, that of the plain definition (AblationCAM-zero) is.
- AugSmooth keeps units where the peer averages maps scaled to [0, 1]: its golden heatmap is not compared.
- Guided Grad-CAM resizes bilinearly, as the paper; captum takes the nearest cell. The guided gradient is compared
  within captum's product.
- Saliency and integrated gradients of EfficientNet-Lite0 are not kept in testdata for their size.
- Max follows LayerCAM's authors without their tanh; Recipro-CAM, LeGrad, CAM, Smooth Grad-CAM++ and SESS have no golden
  case: their sums are written out in the tests.
`)
	return b.String()
}
