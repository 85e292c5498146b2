package nets

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/golden"
	"github.com/gradcam-go/gradcam/scenes"
)

var regenFinder = flag.Bool("regen-finder", false, "write docs/benchmarks/drise-scenes.md anew")

// truthOf is the object that a detection finds: of its shape, with an IoU over 1/2.
func truthOf(s scenes.Scene, d heatmap.Detection) *scenes.Object {
	for i, o := range s.Objects {
		box := heatmap.Box{float64(o.Box.Min.X), float64(o.Box.Min.Y), float64(o.Box.Max.X), float64(o.Box.Max.Y)}
		if int(o.Shape) == d.Class && d.Box.IoU(box) > 0.5 {
			return &s.Objects[i]
		}
	}
	return nil
}

// The finder's weights are those of a trained network: it finds most objects of unseen
// scenes, little else, and its masks cover them.
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

// The instances of unseen scenes, explained by D-RISE with more and more masks, by
// Grad-CAM of the same box, and beside what needs no model: the middle of the box.
func TestFinderReport(t *testing.T) {
	if !*regenFinder {
		t.Skip("measures for a while; run with -regen-finder")
	}
	finder := Finder.MustOpen(golden.Path("scenes", "finder"))
	type row struct {
		name    string
		choices []gradcamnb.Choice
	}
	measured := gradcamnb.Measured(gradcamnb.Measuring{Metrics: []string{"insertion", "deletion"}, Steps: 16})
	var rows []row
	for _, design := range []string{"", "balanced"} {
		for _, masks := range []int{128, 512, 2048} {
			name := fmt.Sprintf("D-RISE, %d masks", masks)
			if design != "" {
				name += ", " + design
			}
			rows = append(rows, row{name, []gradcamnb.Choice{gradcamnb.Methods("D-RISE"), gradcamnb.Sampled(gradcamnb.Sampling{Masks: masks, Grid: 12, Seed: 1, Batch: 64, Design: design})}})
		}
	}
	rows = append(rows, row{"Grad-CAM of the box, at the last feature map", []gradcamnb.Choice{gradcamnb.Methods("Grad-CAM"), gradcamnb.Layers("/look")}})
	var b strings.Builder
	b.WriteString("# Explanations of boxes on scenes\n\nThe surest detection of 12 unseen scenes (`go test ./scenes/nets -run FinderReport -regen-finder`).\n" +
		"Pointing is the share of maps that are highest in the box, energy the share of the map there, area what a map\n" +
		"that is random or the same everywhere would get for either; the middle of the box points right by construction.\n\n" +
		"| | pointing | energy | insertion | deletion |\n|---|---|---|---|---|\n")
	var area float64
	const n = 12
	for _, r := range rows {
		var points, energy, insertion, deletion, count float64
		area = 0
		for i := range uint64(n) {
			s := scenes.Draw(unseen+i, scenes.Options{})
			d := finder.MustDetect(s.Picture)
			if len(d) == 0 {
				continue
			}
			res := finder.MustExplain(s.Picture, append(r.choices, gradcamnb.Detection(1), measured)...)
			m := res.Maps[0]
			count++
			area += m.Box.Area() / (96 * 96)
			if m.Points(res.Frame) {
				points++
			}
			if e := m.Energy(res.Frame); !math.IsNaN(e) {
				energy += e
			}
			insertion, deletion = insertion+m.Metrics["insertion"], deletion+m.Metrics["deletion"]
		}
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.3f | %.3f |\n", r.name, points/count, energy/count, insertion/count, deletion/count)
		area /= count
	}
	fmt.Fprintf(&b, "| random (area of the box) | %.2f | %.2f | | |\n| the middle of the box | 1.00 | | | |\n", area, area)
	if err := os.WriteFile(filepath.Join("..", "..", "docs", "benchmarks", "drise-scenes.md"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Log(b.String())
}
