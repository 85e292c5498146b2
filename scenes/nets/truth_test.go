package nets

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
	"github.com/gradcam-go/gradcam/scenes"
)

// question is one thing that a network is asked about scenes, with the truth.
type question struct {
	name   string
	net    Net
	layers []string
	last   int // of the layers, the one with the lowest resolution

	// about returns what is asked about a scene: the target, where the truth lies, and the part of the picture that the
	// network sees, empty for all of it.
	about func(s scenes.Scene) (t gradcamnb.Target, truth heatmap.Grid, box image.Rectangle)
}

func stageNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("/stage%d.1", i+1))
	}
	return names
}

var questions = []question{
	{"a shape, of the tagger", Tagger, stageNames(4), 3, func(s scenes.Scene) (gradcamnb.Target, heatmap.Grid,
		image.Rectangle) {
		shape := s.Objects[0].Shape
		return gradcamnb.Tag(int(shape)), s.Mask(func(o scenes.Object) bool { return o.Shape == shape }), image.Rectangle{}
	}},
	{"a colour, of the tagger", Tagger, stageNames(4), 3, func(s scenes.Scene) (gradcamnb.Target, heatmap.Grid,
		image.Rectangle) {
		color := s.Objects[0].Color
		return gradcamnb.Tag(len(scenes.Shapes) + int(color)), s.Mask(func(o scenes.Object) bool { return o.Color == color }),
			image.Rectangle{}
	}},
	{"the shape in a crop, of the attributor", Attributor, stageNames(3), 2,
		func(s scenes.Scene) (gradcamnb.Target, heatmap.Grid, image.Rectangle) {
			o := s.Objects[0]
			return gradcamnb.Output("shape", int(o.Shape)), o.Mask, Crop(s.Picture.Bounds(), o.Box)
		}},
	{"the colour in a crop, of the attributor", Attributor, stageNames(3), 2,
		func(s scenes.Scene) (gradcamnb.Target, heatmap.Grid, image.Rectangle) {
			o := s.Objects[0]
			return gradcamnb.Output("color", int(o.Color)), o.Mask, Crop(s.Picture.Bounds(), o.Box)
		}},
	{"the region of a shape, of the segmenter", Segmenter, append(stageNames(4), "/up1", "/up2", "/up3"), 3,
		func(s scenes.Scene) (gradcamnb.Target, heatmap.Grid, image.Rectangle) {
			shape := s.Objects[0].Shape
			return gradcamnb.Region(1 + int(shape)), s.Mask(func(o scenes.Object) bool { return o.Shape == shape }),
				image.Rectangle{}
		}},
}

// figure is the score of a kind of map over scenes.
type figure struct{ hits, energy, n float64 }

// add counts a map, in pixels of the picture. A map without a positive value points
// nowhere and has no energy inside.
func (f *figure) add(m, truth heatmap.Grid) {
	f.n++
	if _, hi, ok := m.Range(); ok && hi > 0 && metrics.Pointing(m, truth, 0) {
		f.hits++
	}
	if e := metrics.Energy(m, truth); !math.IsNaN(e) {
		f.energy += e
	}
}

func (f figure) pointing() float64 { return f.hits / f.n }
func (f figure) inside() float64   { return f.energy / f.n }

func (f figure) String() string { return fmt.Sprintf("%.0f %% / %.2f", 100*f.pointing(), f.inside()) }

// questionScores are the figures of a question: by method and layer, and of the two floors.
type questionScores struct {
	by             map[string]map[string]*figure
	middle, random figure
}

// methods returns the methods of one pass that work on any network, which cost no more than a look at another layer.
func methods() (out []cam.Method) {
	for _, m := range cam.All() {
		switch m.Procedure.(type) {
		case cam.Terms, cam.Map, cam.Pixels, cam.Retargeting:
			out = append(out, m)
		}
	}
	return out
}

// ask measures the methods on n scenes that no network learned from.
func (q question) ask(t *testing.T, n int) questionScores {
	t.Helper()
	m := q.net.MustOpen(golden.Path("scenes", q.net.Name))
	a := questionScores{by: map[string]map[string]*figure{}}
	r := rand.New(rand.NewPCG(1, 2))
	var pictures []image.Image
	var truths []heatmap.Grid
	var boxes []image.Rectangle
	var target gradcamnb.Target
	for i := range n {
		s := scenes.Draw(unseen+uint64(i), scenes.Options{Least: 2, Most: 3})
		one, truth, box := q.about(s)
		target.Kind, target.Name, target.Index = one.Kind, one.Name, append(target.Index, one.Index...)
		pictures, truths = append(pictures, s.Picture), append(truths, truth)
		seen := s.Picture.Bounds()
		if !box.Empty() {
			seen, boxes = box, append(boxes, box)
		}
		a.floors(seen, truth, r)
	}
	first := target
	first.Index = target.Index[:1]
	everywhere, atTheLast := q.accepted(t, pictures[0], first)
	for _, ask := range []struct{ names, layers []string }{{everywhere, q.layers},
		{atTheLast, q.layers[q.last : q.last+1]}} {
		if len(ask.names) == 0 {
			continue
		}
		results, err := m.ExplainAll(pictures, target, gradcamnb.Methods(ask.names...), gradcamnb.Layers(ask.layers...),
			gradcamnb.InBox(boxes...))
		if err != nil {
			t.Fatal(err)
		}
		for i, res := range results {
			for _, m := range res.Maps {
				if a.by[m.Method] == nil {
					a.by[m.Method] = map[string]*figure{}
				}
				layer := m.Layer
				if !slices.Contains(q.layers, layer) {
					layer = wholePicture
				}
				if a.by[m.Method][layer] == nil {
					a.by[m.Method][layer] = &figure{}
				}
				a.by[m.Method][layer].add(m.OnPicture(res.Frame), truths[i])
			}
		}
	}
	return a
}

// accepted returns the methods that take every layer of the network, and those that take only the last one, such as
// CAM. The pure-Go backend tells that without compiling.
func (q question) accepted(t *testing.T, img image.Image, target gradcamnb.Target) (everywhere, atTheLast []string) {
	t.Helper()
	store, err := Store(golden.Path("scenes", q.net.Name))
	if err != nil {
		t.Fatal(err)
	}
	src, err := source.GoMLX(q.net.Card(), store, q.net.Graph)
	if err != nil {
		t.Fatal(err)
	}
	m := gradcamnb.NewModel(engine.New("go").Session(src))
	for _, method := range methods() {
		takes := func(layer string) bool {
			_, err := m.Explain(img, target, gradcamnb.Methods(method.Name), gradcamnb.Layers(layer))
			return err == nil
		}
		switch {
		case takes(q.layers[0]):
			everywhere = append(everywhere, method.Name)
		case takes(q.layers[q.last]):
			atTheLast = append(atTheLast, method.Name)
		}
	}
	return everywhere, atTheLast
}

// floors adds the scores of maps made without looking at the model: a bump in the middle of the seen part, and noise.
func (a *questionScores) floors(seen image.Rectangle, truth heatmap.Grid, r *rand.Rand) {
	middle, random := heatmap.NewGrid(truth.W, truth.H), heatmap.NewGrid(truth.W, truth.H)
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		for x := seen.Min.X; x < seen.Max.X; x++ {
			random.Values[y*truth.W+x] = r.Float32()
			dx, dy := float64(2*x+1-seen.Min.X-seen.Max.X)/float64(seen.Dx()),
				float64(2*y+1-seen.Min.Y-seen.Max.Y)/float64(seen.Dy())
			middle.Values[y*truth.W+x] = float32(math.Exp(-2 * (dx*dx + dy*dy)))
		}
	}
	a.middle.add(middle, truth)
	a.random.add(random, truth)
}

// best returns the highest figure of a method at any layer.
func (a questionScores) best(method string, of func(figure) float64) float64 {
	best := 0.0
	for _, f := range a.by[method] {
		best = max(best, of(*f))
	}
	return best
}

// Every method that knows the target is right at some layer more often than noise and, if the network sees the whole
// picture, than a bump in its middle. Its highest value lies on the right object, and more of the map lies there. In a
// crop, a third of which is the object, a highest value lies on it by luck too often for a dozen scenes to tell, so
// only the second counts.
func TestTruth(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	n := 12
	if require.IsSlow() || require.Update() { // on more scenes
		n = 48
	}
	var tables strings.Builder
	for _, q := range questions {
		a := q.ask(t, n)
		floors := []figure{a.random, a.middle}
		crop := q.net.Name == Attributor.Name
		if crop { // its object is in the middle
			floors = floors[:1]
		}
		for _, m := range methods() {
			if m.Unit == "activation" || len(a.by[m.Name]) < len(q.layers) && a.by[m.Name][wholePicture] == nil {
				continue // it does not know the target, or has no choice of layers here
			}
			for _, floor := range floors {
				if hits := a.best(m.Name, figure.pointing); !crop && hits <= floor.pointing() {
					t.Errorf("%s: %s points at it in %.0f %% of the scenes, no more than the floor's %.0f %%", q.name, m.Name,
						100*hits, 100*floor.pointing())
				}
				if in := a.best(m.Name, figure.inside); in <= floor.inside() {
					t.Errorf("%s: %s has %.2f of its energy there, no more than the floor's %.2f", q.name, m.Name, in, floor.inside())
				}
			}
		}
		q.table(&tables, a)
	}
	page := filepath.Join("..", "..", "docs", "which-layer.md")
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if require.Update() {
		head, rest, _ := strings.Cut(text, begin)
		_, tail, _ := strings.Cut(rest, end)
		text = head + begin + "\n" + tables.String() + end + tail
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range methods() {
		if !strings.Contains(text, "| "+m.Name+" |") {
			t.Errorf("docs/which-layer.md has no figures of %s: run this test with -update", m.Name)
		}
	}
}

// The test writes the page between these marks.
const begin, end = "<!-- figures: go test ./scenes/nets -run Truth -update -->", "<!-- end of figures -->"

// table writes the figures of a question: methods down, layers across.
func (q question) table(b *strings.Builder, a questionScores) {
	var names []string
	for _, m := range methods() {
		names = append(names, m.Name)
	}
	q.tableOf(b, a, names)
}

func (q question) tableOf(b *strings.Builder, a questionScores, methods []string) {
	columns := append(slices.Clone(q.layers), wholePicture)
	fmt.Fprintf(b, "\n**Asked for %s.** By chance: a bump in the middle of the model's view has %s, and noise has %s.\n\n| method |",
		q.name, a.middle, a.random)
	for _, l := range columns {
		fmt.Fprintf(b, " %s |", strings.TrimPrefix(l, "/"))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(columns)) + "\n")
	for _, name := range methods {
		fmt.Fprintf(b, "| %s |", name)
		for _, l := range columns {
			if f := a.by[name][l]; f != nil {
				fmt.Fprintf(b, " %s |", f)
			} else {
				b.WriteString(" |")
			}
		}
		b.WriteString("\n")
	}
}

// wholePicture is the column of methods that have no layer.
const wholePicture = "the picture"

// TestPagePictures makes the sheets that the page shows.
func TestPagePictures(t *testing.T) {
	if !require.Update() {
		t.Skip("draws pictures with -update only")
	}
	s := scenes.Draw(5, scenes.Options{Kinds: []scenes.Kind{{Shape: scenes.Circle, Color: scenes.Red, Size: scenes.Large},
		{Shape: scenes.Triangle, Color: scenes.Blue, Size: scenes.Medium},
		{Shape: scenes.Cross, Color: scenes.Yellow, Size: scenes.Medium}}})
	for file, c := range map[string]struct {
		net     Net
		target  gradcamnb.Target
		layers  []string
		methods []string
	}{
		"which-layer-shape.png": {Tagger, gradcamnb.Tag(int(scenes.Triangle)), []string{"stages"},
			[]string{"Grad-CAM", "HiResCAM", "Eigen-CAM"}},
		"which-layer-colour.png": {Tagger, gradcamnb.Tag(len(scenes.Shapes) + int(scenes.Blue)), []string{"stages"},
			[]string{"Grad-CAM", "HiResCAM"}},
		"which-layer-region.png": {Segmenter, gradcamnb.Region(1 + int(scenes.Triangle)),
			[]string{"/stage4.1", "/up1", "/up3"}, []string{"Grad-CAM", "HiResCAM"}},
	} {
		sheet, err := c.net.MustOpen(golden.Path("scenes", c.net.Name)).Sheet(s.Picture, heatmap.ByLayer, heatmap.ByMethod,
			c.target, gradcamnb.Layers(c.layers...), gradcamnb.Methods(c.methods...),
			gradcamnb.Measured(gradcamnb.Measuring{Steps: 8}))
		if err != nil {
			t.Fatal(err)
		}
		figure := render.Sheet(sheet, nil)
		for i, v := range figure.Pix { // 32 levels a channel, so that the file stays small
			figure.Pix[i] = v&0xf8 | v>>5
		}
		png, err := render.EncodePNG(figure, map[string]string{"Title": sheet.Title})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("..", "..", "docs", "images", file), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
