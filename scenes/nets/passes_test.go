package nets

import (
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
	"github.com/gradcam-go/gradcam/scenes"
)

// passMethods returns the methods of many passes.
func passMethods(t *testing.T) (names []string, layered map[string]bool) {
	t.Helper()
	layered = map[string]bool{}
	add := func(m perturb.Method) { names, layered[m.Name] = append(names, m.Name), m.AtLayers }
	for _, m := range cam.All() {
		m, err := cam.ByName(m.Name) // of those that are made of others, the usual one
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := perturb.FromCAM(m); ok {
			add(p)
		}
	}
	for _, m := range perturb.All() {
		add(m)
	}
	slices.Sort(names)
	t.Log(names)
	return names, layered
}

// riseMasks is how many masks RISE draws here: few, for the network is small.
const riseMasks = 500

// passes measures methods of many passes on n scenes that no network learned from.
func (q question) passes(t *testing.T, n int, names []string, layered map[string]bool) questionScores {
	t.Helper()
	m := q.net.MustOpen(golden.Path("scenes", q.net.Name))
	a := questionScores{by: map[string]map[string]*figure{}}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		s := scenes.Draw(unseen+uint64(i), scenes.Options{Least: 2, Most: 3})
		target, truth, box := q.about(s)
		seen, boxes := s.Picture.Bounds(), []image.Rectangle(nil)
		if !box.Empty() {
			seen, boxes = box, []image.Rectangle{box}
		}
		a.floors(seen, truth, r)
		res, err := m.Explain(s.Picture, target, gradcamnb.Methods(names...), gradcamnb.Layers(q.layers...),
			gradcamnb.InBox(boxes...),
			gradcamnb.Sampled(gradcamnb.Sampling{Masks: riseMasks, Batch: 32}))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range res.Maps {
			layer := wholePicture
			if layered[m.Method] {
				layer = m.Layer
			}
			if a.by[m.Method] == nil {
				a.by[m.Method] = map[string]*figure{}
			}
			if a.by[m.Method][layer] == nil {
				a.by[m.Method][layer] = &figure{}
			}
			a.by[m.Method][layer].add(m.OnPicture(res.Frame), truth)
		}
	}
	return a
}

// Methods of many passes have more of their map on the right object than noise has, at some layer. Three of them on a
// few scenes stand for all; with -slow all are measured, and -update writes their figures.
func TestTruthOfManyPasses(t *testing.T) {
	needsXLA(t)
	all, layered := passMethods(t)
	names, n := []string{"Integrated gradients", "Occlusion", "SmoothGrad"}, 2
	if require.IsSlow() || require.Update() {
		names, n = all, 12
	}
	var tables strings.Builder
	for _, q := range questions {
		a := q.passes(t, n, names, layered)
		for _, name := range names {
			if in := a.best(name, figure.inside); in <= a.random.inside() {
				t.Errorf("%s: %s has %.2f of its energy there, no more than noise's %.2f", q.name, name, in, a.random.inside())
			}
		}
		q.tableOf(&tables, a, names)
	}
	page := filepath.Join("..", "..", "docs", "which-layer.md")
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if require.Update() {
		head, rest, ok1 := strings.Cut(text, beginPasses)
		_, tail, ok2 := strings.Cut(rest, endPasses)
		if !ok1 || !ok2 {
			t.Fatal("docs/which-layer.md has no place for the figures of many passes")
		}
		text = fmt.Sprintf("%s%s\n\n%d scenes for each question; RISE with %d masks.\n%s%s%s", head, beginPasses, n, riseMasks,
			&tables, endPasses, tail)
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, part, _ := strings.Cut(text, beginPasses)
	for _, name := range all {
		if !strings.Contains(part, "| "+name+" |") {
			t.Errorf("docs/which-layer.md has no figures of %s: run this test with -update", name)
		}
	}
}

// The test writes the page between these marks.
const beginPasses, endPasses = "<!-- many passes: go test ./scenes/nets -run ManyPasses -update -->",
	"<!-- end of many passes -->"
