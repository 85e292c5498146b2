package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/npyfile"
)

// makeFolder makes a folder for results, and its parents.
func makeFolder(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the folder for the results: %s is a file or lies under one: name another folder", dir)
	}
	if err != nil {
		return fmt.Errorf("the folder for the results: %w", err)
	}
	return nil
}

// openFolder makes the folder for the results and checks that it can be written to, before anything is computed. It
// returns the folder.
func openFolder(dir string) (string, error) {
	if err := makeFolder(dir); err != nil {
		return "", err
	}
	probe, err := os.CreateTemp(dir, ".writable.*")
	if err != nil {
		return "", fmt.Errorf("the folder for the results cannot be written to: %w", err)
	}
	if err := probe.Close(); err != nil {
		return "", err
	}
	return dir, os.Remove(probe.Name())
}

// report is result.json.
type report struct {
	Model    string             `json:"model"`
	File     string             `json:"file"`
	SHA256   string             `json:"sha256"`
	Backend  string             `json:"backend"`
	Versions map[string]string  `json:"versions"`
	Seconds  map[string]float64 `json:"seconds"`
	Images   []reportImage      `json:"images"`
	Inputs   string             `json:"inputs,omitempty"` // with --batch: hash of the picture and the settings
}

type reportImage struct {
	Image string             `json:"image,omitempty"`
	Seen  *[4]int            `json:"seen,omitempty"` // the part that the model saw, x0, y0, x1, y1 in the picture's pixels
	Top   []reportPrediction `json:"top"`
	Maps  []reportMap        `json:"maps"`
}

type reportPrediction struct {
	Class       int      `json:"class"`
	Label       string   `json:"label,omitempty"`
	Score       *float64 `json:"score"`
	Probability *float64 `json:"probability"`
}

type reportMap struct {
	Layer     string   `json:"layer"`
	Method    string   `json:"method"`
	Target    string   `json:"target"`
	Class     int      `json:"class"`
	ClassName string   `json:"class_name,omitempty"`
	Score     *float64 `json:"score"`
	ScoreUnit string   `json:"score_unit"`

	Probability *float64 `json:"probability"`       // of the explained class; null if it has none
	Rank        int      `json:"rank,omitempty"`    // of the explained class, from 1, among so many classes
	Classes     int      `json:"classes,omitempty"` // of the output
	Note        string   `json:"note,omitempty"`    // what was taken for what --target names

	Unit   string `json:"unit"` // of the map
	Grid   [2]int `json:"grid"` // height, width, of a volume those of a slice
	Slices int    `json:"slices,omitempty"`

	// Shares of the input's height and width that lie before and behind raw.npy: the model cuts them off, or adds them
	// if they are less than 0.
	Beyond [2][2]float64 `json:"beyond,omitzero"`

	Range     [2]*float64 `json:"raw_range"` // lowest and highest value of raw.npy
	Diagnosis string      `json:"diagnosis,omitempty"`

	Metrics map[string]*float64 `json:"metrics,omitempty"` // null if a metric has no value
	Trust   []string            `json:"trust,omitempty"`   // how far the map can be believed, in words

	Box *heatmap.Box `json:"box,omitempty"` // of a detection: x0, y0, x1, y1 in the picture's pixels
	Hot *reportHot   `json:"hot,omitempty"` // with --hot
}

// finite returns the value, or nil if it is NaN or infinite, for which JSON has no number.
func finite(v float32) *float64 {
	f := float64(v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

// write writes the files of gradcam explain into a folder.
func write(dir string, f explainFlags, m *gradcamnb.Model, results []*heatmap.Result, o *render.Options) error {
	maps := results[0].Maps
	var heat []float32
	for _, r := range results {
		fused, err := heatmap.Fuse(keepFirstTarget(r.Maps)...)
		if err != nil {
			return err
		}
		heat = append(heat, fused.Values...)
	}
	first := results[0].Maps[0]
	if err := npyfile.Write(filepath.Join(dir, "heatmap.npy"), shapeOf(len(results), first.Grid), heat); err != nil {
		return err
	}
	if err := writeRaw(filepath.Join(dir, "raw.npy"), results, 0); err != nil {
		return err
	}
	if err := writeFigure(filepath.Join(dir, "overlay.png"), results, 0, o); err != nil {
		return err
	}
	if err := removeMask(dir); err != nil { // writeReport writes a new one
		return err
	}
	page, err := render.Page(results, o)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(dir, "card.html"), []byte(page)); err != nil {
		return err
	}
	if len(maps) > 1 {
		taken := map[string]bool{}
		for i, m := range maps {
			tag := fileName(m.Target + " " + m.Layer)
			if len(f.layers) == len(maps) {
				tag = fileName(f.layers[i])
			}
			// Names may differ only in characters that a file name cannot hold.
			if err := writeLayer(dir, freeName(taken, tag, i+1), results, i, o); err != nil {
				return err
			}
		}
	}
	return writeReport(filepath.Join(dir, "result.json"), f, m, results)
}

// keepFirstTarget returns the maps of the first of several targets, such as tags.
func keepFirstTarget(maps []*heatmap.Map) []*heatmap.Map {
	n := 1
	for n < len(maps) && maps[n].Target == maps[0].Target {
		n++
	}
	return maps[:n]
}

// writeLayer writes the files of one of several layers.
func writeLayer(dir, tag string, results []*heatmap.Result, i int, o *render.Options) error {
	var heat []float32
	for _, r := range results {
		heat = append(heat, r.Maps[i].Parity().Values...)
	}
	m := results[0].Maps[i]
	if err := npyfile.Write(filepath.Join(dir, "heatmap-"+tag+".npy"), shapeOf(len(results), m.Grid), heat); err != nil {
		return err
	}
	if err := writeRaw(filepath.Join(dir, "raw-"+tag+".npy"), results, i); err != nil {
		return err
	}
	return writeFigure(filepath.Join(dir, "overlay-"+tag+".png"), results, i, o)
}

func writeRaw(path string, results []*heatmap.Result, i int) error {
	var raw []float32
	for _, r := range results {
		raw = append(raw, r.Maps[i].Raw.Values...)
	}
	return npyfile.Write(path, shapeOf(len(results), results[0].Maps[i].Raw), raw)
}

// shapeOf returns the shape of so many grids, one after the other.
func shapeOf(n int, g heatmap.Grid) []int { return append([]int{n}, g.Dims()...) }

func writeFigure(path string, results []*heatmap.Result, i int, o *render.Options) error {
	r := results[0]
	png, err := render.EncodePNG(figure(results, i, o), render.Provenance(r, r.Maps[i]))
	if err != nil {
		return err
	}
	return atomicfile.Write(path, png)
}

func writeReport(path string, f explainFlags, m *gradcamnb.Model, results []*heatmap.Result) error {
	r0 := results[0]
	rep := report{Inputs: f.inputs, Model: r0.Model, File: f.model, SHA256: r0.SHA256, Backend: m.Info().Backend,
		Versions: r0.Versions, Seconds: map[string]float64{}}
	for step, d := range r0.Timings {
		rep.Seconds[step] = d.Seconds()
	}
	for i, r := range results {
		img := reportImage{Top: []reportPrediction{}}
		if len(f.images) > 0 {
			img.Image = f.images[i]
			seen := r.Frame.Seen()
			img.Seen = &[4]int{seen.Min.X, seen.Min.Y, seen.Max.X, seen.Max.Y}
		}
		for _, p := range r.Top {
			img.Top = append(img.Top, reportPrediction{p.Index, p.Label, finite(p.Score), finite(p.Probability)})
		}
		for _, m := range r.Maps {
			e := newReportMap(r, m)
			if f.hot.Cut != nil {
				h, err := r.Hot(m, *f.hot.Cut)
				if err != nil {
					return err
				}
				e.Hot = newReportHot(h)
				if m == r0.Maps[0] {
					if err := writeMask(filepath.Dir(path), r, h); err != nil {
						return err
					}
				}
			}
			img.Maps = append(img.Maps, e)
		}
		rep.Images = append(rep.Images, img)
	}
	data, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return atomicfile.Write(path, slices.Concat(data, []byte("\n")))
}

// likelihoodOf returns the probability of the class that a map explains, or nil if it has none.
func likelihoodOf(r *heatmap.Result, m *heatmap.Map) *float64 {
	p, ok := r.Likelihood(m)
	if !ok {
		return nil
	}
	return finite(p)
}

func newReportMap(r *heatmap.Result, m *heatmap.Map) reportMap {
	e := reportMap{
		Layer: m.Layer, Method: m.Method, Target: m.Target, Class: m.Index, ClassName: m.Class,
		Score: finite(m.Score), ScoreUnit: m.ScoreUnit, Unit: m.Unit, Grid: [2]int{m.Raw.H / max(1, m.Raw.Slices), m.Raw.W},
		Slices: m.Raw.Slices, Beyond: m.Raw.Beyond, Diagnosis: m.Diagnosis, Probability: likelihoodOf(r, m), Rank: m.Rank,
		Classes: m.Classes, Note: m.Note,
	}
	for name, v := range m.Metrics {
		if e.Metrics == nil {
			e.Metrics = map[string]*float64{}
		}
		e.Metrics[name] = finite(float32(v))
	}
	if m.Trust != nil {
		e.Trust = m.Trust.Words
	}
	if m.Box.Area() > 0 {
		e.Box = &m.Box
	}
	if lo, hi, ok := m.Raw.Range(); ok {
		e.Range = [2]*float64{finite(lo), finite(hi)}
	}
	return e
}
