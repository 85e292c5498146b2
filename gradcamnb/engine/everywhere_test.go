package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// network is a golden architecture, with what is explained there.
type network struct {
	name   string
	file   string // of testdata/models
	target gradcamnb.Target
	large  bool // a pass takes a second in pure Go
}

func networks() []network {
	whole := heatmap.NewGrid(64, 64)
	for i := range whole.Values {
		whole.Values[i] = 1
	}
	var out []network
	for _, name := range []string{"attributor", "convnext", "densenet", "inception", "mobilenet_v3", "resnet-basic",
		"squeezenet", "tagger", "unet", "vgg", "vit"} {
		n := network{name: name, file: name + ".dyn.onnx", target: gradcamnb.Class(1)}
		if name == "unet" {
			n.target = gradcamnb.Region(1, whole)
		}
		out = append(out, n)
	}
	return append(out,
		network{"efficientnet-lite0", "efficientnet-lite0.onnx", gradcamnb.Class(285), true},
		network{"centerface", "centerface.onnx", gradcamnb.Detection(1), true})
}

// request asks for one map of the network's first golden picture.
func (n network) request(t *testing.T) gradcamnb.Request {
	t.Helper()
	r := gradcamnb.Request{Targets: []gradcamnb.Target{n.target}, Sampling: gradcamnb.Sampling{Batch: 2, Masks: 4,
		Grid: 2}}
	if n.large {
		r.Sampling.Batch = 1
		picture := map[string]string{"efficientnet-lite0": "cat_224.png", "centerface": "astronaut.png"}[n.name]
		img, err := imgio.Open(golden.Path("images", picture))
		if err != nil {
			t.Fatal(err)
		}
		r.Pictures = []image.Image{img}
		return r
	}
	in := tiny(t, n.name)
	r.Tensor = &gradcamnb.Tensor{Dims: append([]int{1}, in.Dims[1:]...), Values: in.Values[:len(in.Values)/in.Dims[0]]}
	return r
}

// Every method on every golden architecture, on both backends, gives a map of numbers or
// says why not, which is what docs/methods-everywhere.md says; -update writes it, network by
// network. All methods of one pass are one program. Those of many passes are given up after
// the first, whose map shows that they work.
//
// Without -slow the residual network and the transformer are tried with every method on
// both backends, and two other small ones with the methods of one pass in pure Go: the rest
// takes minutes.
func TestEveryMethodEverywhere(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "methods-everywhere.md")
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, n := range networks() {
			full := n.name == "resnet-basic" || n.name == "vit"
			quick := full || e.name == "go" && (n.name == "convnext" || n.name == "attributor")
			if !require.IsSlow() && !quick {
				continue
			}
			t.Run(n.name, func(t *testing.T) {
				page := readEverywhere(t, path)
				for method, why := range tryAll(t, e, n, !n.large || require.IsSlow(), full || n.large || require.IsSlow()) {
					if want := page.of(method, n.name, e.name); !require.Update() && want != why {
						t.Errorf("%s: %q, and docs/methods-everywhere.md says %q (-update writes it)", method, why, want)
					}
					page.add(method, n.name, e.name, why)
				}
				if require.Update() && !t.Failed() {
					if err := os.WriteFile(path, []byte(page.text()), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	})
	single, many := everyMethod()
	page := readEverywhere(t, path)
	for _, m := range append(single, many...) {
		for _, n := range networks() {
			for _, backend := range []string{"go", "xla:cpu"} {
				if page.of(m, n.name, backend) == untried {
					t.Errorf("docs/methods-everywhere.md lacks %s of %s on %s: run this test with -slow -update", m, n.name, backend)
				}
			}
		}
	}
}

// tryAll says of every method, of one pass or of many, why it gives no map; nothing where
// it does.
func tryAll(t *testing.T, e *Engine, n network, onePass, manyPasses bool) map[string]string {
	t.Helper()
	s, err := e.Open(golden.Path("models", n.file))
	if err != nil {
		t.Fatal(err)
	}
	r := n.request(t)
	out := map[string]string{}
	single, many := everyMethod()
	if onePass {
		tryTogether(t, s, r, single, out)
	}
	if manyPasses {
		for _, name := range many {
			out[name] = try(t, s, r, name)
		}
	}
	return out
}

// everyMethod names the methods of one pass and those of many.
func everyMethod() (single, many []string) {
	for _, m := range cam.All() {
		made, err := cam.ByName(m.Name)
		if err != nil {
			panic(err)
		}
		if _, passes := perturb.Passes(made); passes {
			many = append(many, m.Name)
		} else {
			single = append(single, m.Name)
		}
	}
	for _, m := range perturb.All() {
		many = append(many, m.Name)
	}
	return single, many
}

// tryTogether tries methods in one program, and where that fails in two halves.
func tryTogether(t *testing.T, s driver.Session, r gradcamnb.Request, methods []string, out map[string]string) {
	t.Helper()
	why := try(t, s, r, methods...)
	if why == "" || len(methods) == 1 {
		for _, m := range methods {
			out[m] = why
		}
		return
	}
	half := len(methods) / 2
	tryTogether(t, s, r, methods[:half], out)
	tryTogether(t, s, r, methods[half:], out)
}

// try explains by the methods, up to the first progress, and checks the maps.
func try(t *testing.T, s driver.Session, r gradcamnb.Request, methods ...string) (why string) {
	t.Helper()
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	r.Methods, r.Progress = methods, func(gradcamnb.Progress) { giveUp() }
	results, err := gradcamnb.NewModel(s).Run(ctx, r)
	// it has no map before its end
	if errors.Is(err, context.Canceled) && (len(results) == 0 || len(results[0].Maps) == 0) {
		r.Progress = func(gradcamnb.Progress) {}
		results, err = gradcamnb.NewModel(s).Run(t.Context(), r)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return reason(err)
	}
	if len(results) != 1 || len(results[0].Maps) != len(methods) {
		t.Fatalf("%q: %d results, want one of %d maps", methods, len(results), len(methods))
	}
	for _, m := range results[0].Maps {
		f := results[0].Frame
		if m.W != f.ModelW || m.H != f.ModelH || len(m.Values) != m.W*m.H || len(m.Raw.Values) != m.Raw.W*m.Raw.H ||
			m.Raw.W == 0 {
			t.Errorf("%s: a map of %d x %d (%d values) and a raw map of %d x %d (%d values) of a picture of %d x %d",
				m.Method, m.W, m.H, len(m.Values), m.Raw.W, m.Raw.H, len(m.Raw.Values), f.ModelW, f.ModelH)
		}
		if i := slices.IndexFunc(append(m.Raw.Values, m.Values...), func(v float32) bool {
			return math.IsNaN(float64(v)) ||
				math.IsInf(float64(v), 0)
		}); i >= 0 {
			t.Errorf("%s: value %d is no number: %s", m.Method, i, m.Diagnosis)
		}
	}
	return ""
}

var explaining = regexp.MustCompile(`^(explaining|running) .* on (go|xla:cpu)[^:]*: `)

// reason is what an error says besides where it came up.
func reason(err error) string {
	return explaining.ReplaceAllString(strings.ReplaceAll(err.Error(), "\n", " "), "")
}

// everywherePage says by method and network why there is no map, by backend.
type everywherePage map[[2]string]map[string]string

func (p everywherePage) add(method, network, backend, why string) {
	key := [2]string{method, network}
	if p[key] == nil {
		p[key] = map[string]string{}
	}
	p[key][backend] = why
}

const untried = "-"

// of is the reason at one backend.
func (p everywherePage) of(method, network, backend string) string {
	if why, ok := p[[2]string{method, network}][backend]; ok {
		return why
	}
	return untried
}

const everywhereHead = `# Every method on every architecture

Made by ` + "`go test ./gradcamnb/engine -run EveryMethodEverywhere -slow -update`" +
	`, which without -update checks it: each method on
each network of testdata, at the suggested layer, on ` + "`go`" + ` and on ` + "`xla:cpu`" +
	`. *ok* is a map of finite numbers of the
right size (of a method of many passes: after its first pass); a number is the reason why there is none, below.
What takes minutes is made and checked with -slow only: on ` + "`xla:cpu`" + ` the small networks but
resnet-basic and vit, in pure Go the small ones' methods of many passes and the two large networks, on both the large
ones' methods of one pass.
The methods: [methods.md](methods.md); what their maps are compared with: [parity.md](parity.md).

`

// text is the page.
func (p everywherePage) text() string {
	var b strings.Builder
	b.WriteString(everywhereHead + "| method |")
	for _, n := range networks() {
		fmt.Fprintf(&b, " %s |", n.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(networks())) + "\n")
	var reasons []string
	single, many := everyMethod()
	methods := slices.Concat(single, many)
	slices.Sort(methods)
	for _, m := range methods {
		fmt.Fprintf(&b, "| %s |", m)
		for _, n := range networks() {
			fmt.Fprintf(&b, " %s |", p.cell(m, n.name, &reasons))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for i, why := range reasons {
		fmt.Fprintf(&b, "%d. %s\n", i+1, why)
	}
	return b.String()
}

// cell is "ok" or the number of the reason; by backend where they differ.
func (p everywherePage) cell(method, network string, reasons *[]string) string {
	var of []string
	for _, backend := range []string{"go", "xla:cpu"} {
		why := p.of(method, network, backend)
		if why == "" || why == untried {
			of = append(of, cmp.Or(why, "ok"))
			continue
		}
		at := slices.Index(*reasons, why)
		if at < 0 {
			at, *reasons = len(*reasons), append(*reasons, why)
		}
		of = append(of, strconv.Itoa(at+1))
	}
	switch {
	case of[0] == of[1]:
		return of[0]
	case of[1] == untried:
		return "go " + of[0]
	}
	return "go " + of[0] + ", xla:cpu " + of[1]
}

// readEverywhere reads the page.
func readEverywhere(t *testing.T, path string) everywherePage {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && (!require.Update() || !errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	if len(data) == 0 {
		return everywherePage{}
	}
	var rows [][]string
	reasons := map[string]string{"ok": "", untried: untried}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if cells, ok := strings.CutPrefix(line, "| "); ok {
			rows = append(rows, strings.Split(strings.TrimSuffix(cells, " |"), " | "))
		} else if n, why, ok := strings.Cut(line, ". "); ok {
			reasons[n] = why
		}
	}
	page := everywherePage{}
	for _, row := range rows[1:] {
		for i, cell := range row[1:] {
			onGo, onXLA := cell, cell
			if both, differ := strings.CutPrefix(cell, "go "); differ {
				var two bool
				if onGo, onXLA, two = strings.Cut(both, ", xla:cpu "); !two {
					onXLA = untried
				}
			}
			page.add(row[0], rows[0][i+1], "go", reasons[onGo])
			page.add(row[0], rows[0][i+1], "xla:cpu", reasons[onXLA])
		}
	}
	return page
}
