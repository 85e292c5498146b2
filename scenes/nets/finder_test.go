package nets

import (
	"cmp"
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
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
	"github.com/gradcam-go/gradcam/scenes"
)

// truthOf returns the object that a detection finds: one of its shape, with an IoU above 1/2.
func truthOf(s scenes.Scene, d heatmap.Detection) *scenes.Object {
	for i, o := range s.Objects {
		box := heatmap.Box{float64(o.Box.Min.X), float64(o.Box.Min.Y), float64(o.Box.Max.X), float64(o.Box.Max.Y)}
		if int(o.Shape) == d.Class && d.Box.IoU(box) > 0.5 {
			return &s.Objects[i]
		}
	}
	return nil
}

// The finder's weights are those of a trained network: it finds most objects of unseen scenes and little else, and its
// masks cover them.
func TestFinder(t *testing.T) {
	finder := Finder.MustOpen(golden.Path("scenes", "finder"))
	objects, found, right := 0, 0, 0
	var cover float64
	for i := range uint64(20) {
		s := scenes.Draw(unseen+i, scenes.Options{})
		objects += len(s.Objects)
		detections := finder.MustDetect(s.Picture)
		found += len(detections)
		for _, d := range detections {
			o := truthOf(s, d)
			if o == nil {
				continue
			}
			right++
			half := heatmap.NewGrid(d.Mask.W, d.Mask.H) // the truth at the mask's resolution
			for p := range half.Values {
				half.Values[p] = o.Mask.At(2*(p%half.W)+1, 2*(p/half.W)+1)
			}
			cover += d.Mask.IoU(half)
		}
	}
	t.Logf("%d objects, %d found, %d right, mean IoU of masks %.2f", objects, found, right, cover/float64(right))
	if float64(right) < 0.7*float64(objects) || float64(right) < 0.8*float64(found) || cover < 0.6*float64(right) {
		t.Errorf("of %d objects %d are found right, among %d detections", objects, right, found)
	}
}

// explainedScene is a scene whose surest detection is explained.
type explainedScene struct {
	picture   image.Image
	detection heatmap.Detection
}

// explainedScenes returns the first n unseen scenes in which something is found.
func explainedScenes(finder *gradcamnb.Model, n int) (out []explainedScene) {
	for seed := uint64(unseen); len(out) < n; seed++ {
		s := scenes.Draw(seed, scenes.Options{})
		if d := finder.MustDetect(s.Picture); len(d) > 0 {
			out = append(out, explainedScene{s.Picture, d[0]})
		}
	}
	return out
}

// mapSource is a way to make a map of a detection.
type mapSource struct {
	name  string
	mapOf func(finder *gradcamnb.Model, e explainedScene) heatmap.Grid
}

// byDRISE returns D-RISE with a number of masks that a design draws.
func byDRISE(masks int, design string) mapSource {
	name := fmt.Sprintf("D-RISE, %d masks", masks)
	if design != "" {
		name += ", " + design
	}
	return mapSource{name, func(finder *gradcamnb.Model, e explainedScene) heatmap.Grid {
		o := gradcamnb.Sampling{Masks: masks, Grid: 12, Seed: 1, Batch: 64, Design: design}
		return finder.MustExplain(e.picture, gradcamnb.Detection(1), gradcamnb.Methods("D-RISE"),
			gradcamnb.Sampled(o)).Maps[0].Grid
	}}
}

// byGradient returns a method of the gradient at a layer.
func byGradient(method, layer string) mapSource {
	return mapSource{method + " of the box at " + layer, func(finder *gradcamnb.Model, e explainedScene) heatmap.Grid {
		return finder.MustExplain(e.picture, gradcamnb.Detection(1), gradcamnb.Methods(method),
			gradcamnb.Layers(layer)).Maps[0].Grid
	}}
}

// The floors are maps made without looking at the model: noise, and a bump in the middle of the box, half as wide as
// the box.
var (
	byChance = mapSource{"random", func(_ *gradcamnb.Model, e explainedScene) heatmap.Grid {
		r := rand.New(rand.NewPCG(1, uint64(e.detection.Box[0]*1000)))
		g := heatmap.NewGrid(finderSide, finderSide)
		for i := range g.Values {
			g.Values[i] = r.Float32()
		}
		return g
	}}
	byMiddle = mapSource{"the middle of the box", func(_ *gradcamnb.Model, e explainedScene) heatmap.Grid {
		g, b := heatmap.NewGrid(finderSide, finderSide), e.detection.Box
		for i := range g.Values {
			x := (2*float64(i%g.W) + 1 - b[0] - b[2]) / (b[2] - b[0])
			y := (2*float64(i/g.W) + 1 - b[1] - b[3]) / (b[3] - b[1])
			g.Values[i] = float32(math.Exp(-2 * (x*x + y*y)))
		}
		return g
	}}
)

const finderSide = 96 // of the scenes and of the network's input, which are the same pixels

// mapScore is the score of a map.
type mapScore struct{ pointing, energy, insertion, deletion float64 }

// worth measures a map of a detection: the pointing game and the energy in its box, and the areas of insertion and
// deletion as engine/metrics defines them, for the best match with the detection among all candidates. Hidden parts are
// grey in both. The paper blurs for insertion, but a plain shape is found as well when it is blurred.
func worth(t *testing.T, finder *gradcamnb.Model, e explainedScene, g heatmap.Grid) (s mapScore) {
	t.Helper()
	whole := imgio.Frame{PictureW: finderSide, PictureH: finderSide, ModelW: finderSide, ModelH: finderSide, ScaleX: 1,
		ScaleY: 1}
	m := heatmap.Map{Grid: g, Box: e.detection.Box}
	if _, hi, ok := g.Range(); ok && hi > 0 { // one that is nowhere positive points nowhere
		s.energy = m.Energy(whole)
		if m.Points(whole) {
			s.pointing = 1
		}
	}
	s.insertion, s.deletion = area(t, finder, e, g, true), area(t, finder, e, g, false)
	return s
}

// area returns the area under the best match's curve while the picture is revealed on grey, or hidden by grey, in 16
// steps by falling value of the map (trapezoid rule).
func area(t *testing.T, finder *gradcamnb.Model, e explainedScene, g heatmap.Grid, insert bool) float64 {
	t.Helper()
	const steps = 16
	values, _, err := Finder.Prep().Tensor(e.picture, imgio.ChannelsLast)
	if err != nil {
		t.Fatal(err)
	}
	order := make([]int, len(g.Values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(g.Values[b], g.Values[a]) })
	from, to := values, make([]float32, len(values))
	if insert {
		from, to = to, from
	}
	var batch []float32
	for k := range steps + 1 {
		shown := slices.Clone(from)
		for _, p := range order[:k*len(order)/steps] {
			copy(shown[3*p:3*p+3], to[3*p:3*p+3])
		}
		batch = append(batch, shown...)
	}
	all := gradcamnb.Reading{Threshold: 1e-9, NMS: 1} // every candidate
	found, err := finder.DetectAll(t.Context(),
		gradcamnb.Request{Reading: all, Tensor: &gradcamnb.Tensor{Dims: []int{steps + 1, finderSide, finderSide, 3},
			Values: batch}})
	if err != nil {
		t.Fatal(err)
	}
	wanted := e.detection
	wanted.Mask = heatmap.Grid{} // boxes are compared
	var sum float64
	for k, f := range found {
		presence := slices.Clone(f)
		for i := range presence { // of a detector without objectness it is the best class's score
			presence[i].Objectness = presence[i].Score
		}
		w := wanted.Weight(presence)
		if k == 0 || k == steps {
			w /= 2
		}
		sum += w / steps
	}
	return sum
}

// average returns the mean score over scenes of one way to make maps.
func average(t *testing.T, finder *gradcamnb.Model, way mapSource, of []explainedScene) (mean mapScore) {
	t.Helper()
	for _, e := range of {
		s := worth(t, finder, e, way.mapOf(finder, e))
		mean.pointing, mean.energy = mean.pointing+s.pointing, mean.energy+s.energy
		mean.insertion, mean.deletion = mean.insertion+s.insertion, mean.deletion+s.deletion
	}
	n := float64(len(of))
	mean = mapScore{mean.pointing / n, mean.energy / n, mean.insertion / n, mean.deletion / n}
	t.Logf("%s: %+v", way.name, mean)
	return mean
}

// D-RISE finds the object of the detection. Its map points into the box and has most of its energy there, unlike noise.
// The parts that it marks make the object appear sooner than noise does, and vanish sooner.
func TestFinderExplained(t *testing.T) {
	needsXLA(t)
	finder := Finder.MustOpen(golden.Path("scenes", "finder"))
	of := explainedScenes(finder, 6)
	drise, noise := average(t, finder, byDRISE(512, "balanced"), of), average(t, finder, byChance, of)
	if drise.pointing < 1 || drise.energy < 4*noise.energy {
		t.Errorf("D-RISE points at %.2f of the objects with %.2f of its energy, noise has %.2f there", drise.pointing,
			drise.energy, noise.energy)
	}
	if drise.insertion <= noise.insertion || drise.deletion >= noise.deletion {
		t.Errorf("insertion %.3f and deletion %.3f are no better than noise's %.3f and %.3f", drise.insertion, drise.deletion,
			noise.insertion, noise.deletion)
	}
}

// A drawn mask is explained as the object that is found there. On an object the match is good and the map is highest
// there; without an object nothing matches.
func TestDrawnInstance(t *testing.T) {
	finder := Finder.MustOpen(golden.Path("scenes", "finder"))
	kind := scenes.Kind{Shape: scenes.Circle, Color: scenes.Red, Size: scenes.Medium}
	s := scenes.Draw(unseen+7, scenes.Options{Kinds: []scenes.Kind{kind}})
	object := s.Objects[0]
	corner := heatmap.Polygon(finderSide, finderSide, [2]float64{1, 1}, [2]float64{21, 1}, [2]float64{21, 21},
		[2]float64{1, 21})
	if corner.IoU(object.Mask) > 0 {
		t.Fatal("the object lies in the corner")
	}
	o := gradcamnb.Sampling{Masks: 256, Grid: 8, Seed: 1, Design: "balanced"}
	r := finder.MustExplain(s.Picture, gradcamnb.Mask(object.Mask, int(object.Shape)),
		gradcamnb.Mask(corner, int(object.Shape)), gradcamnb.Methods("D-RISE"), gradcamnb.Sampled(o))
	there, nowhere := r.Maps[0], r.Maps[1]
	if there.Score < 0.6 || !there.Points(r.Frame) {
		t.Errorf("the object's own mask matches %g, and the map points into it: %t", there.Score, there.Points(r.Frame))
	}
	if nowhere.Score > 0.05 {
		t.Errorf("a mask of nothing matches %g", nowhere.Score)
	}
}

// The figures of docs/benchmarks/drise-scenes.md: D-RISE with more and more masks, the
// gradient of the same box, and floors.
func TestFinderReport(t *testing.T) {
	if !require.Update() {
		t.Skip("measures for a while; run with -update")
	}
	finder := Finder.MustOpen(golden.Path("scenes", "finder"))
	var ways []mapSource
	for _, design := range []string{"", "balanced"} {
		for _, masks := range []int{128, 512, 2048} {
			ways = append(ways, byDRISE(masks, design))
		}
	}
	for _, layer := range []string{"/look", "/stage4.1"} {
		for _, method := range []string{"Grad-CAM", "HiResCAM", "ODAM", "LayerCAM"} {
			ways = append(ways, byGradient(method, layer))
		}
	}
	ways = append(ways, byMiddle, byChance)
	of := explainedScenes(finder, 40)
	var b strings.Builder
	for _, way := range ways {
		s := average(t, finder, way, of)
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.3f | %.3f |\n", way.name, s.pointing, s.energy, s.insertion, s.deletion)
	}
	page := filepath.Join("..", "..", "docs", "benchmarks", "drise-scenes.md")
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(data), finderBegin)
	_, tail, _ := strings.Cut(rest, finderEnd)
	text := head + finderBegin + "\n| | pointing | energy | insertion | deletion |\n|---|---|---|---|---|\n" + b.String() +
		finderEnd + tail
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The test writes the page between these marks.
const finderBegin, finderEnd = "<!-- figures: go test ./scenes/nets -run FinderReport -update -->",
	"<!-- end of figures -->"
