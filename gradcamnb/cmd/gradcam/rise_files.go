package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"path/filepath"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/regular"
	"github.com/gradcam-go/gradcam/internal/strictjson"
)

// maxRunFile is the most bytes of JSON that are read.
const maxRunFile = 1 << 30

// runFile is run.json, which says which masks were drawn. The scores are in the file that it names.
type runFile struct {
	Masks     int      `json:"masks"` // number in a full run
	Done      int      `json:"done"`
	Grid      int      `json:"grid"`
	P         float64  `json:"p"`
	Seed      uint64   `json:"seed"`
	Batch     int      `json:"batch"`
	Design    string   `json:"design,omitempty"`
	Mean      float64  `json:"mean"`                // of the first target's scores
	Agreement *float64 `json:"agreement,omitempty"` // rank correlation of the maps of two halves, of the first target
	// Reliability is 2r/(1+r) of the agreement r: what that of the whole map with another of as many masks should be.
	Reliability *float64 `json:"reliability,omitempty"`
	// Boxes holds the box of each target if there are several, in pixels of the picture.
	Boxes []heatmap.Box `json:"boxes,omitempty"`
	// Weights is the file with the scores, in the same folder. It may hold more than Done scores.
	Weights string `json:"weights,omitempty"`
	SHA256  string `json:"weights_sha256,omitempty"` // of the first Done of each target, as float32, little-endian
}

// writeRuns writes weights.npy [targets, masks], stderr.npy and run.json, in this order. It may be interrupted
// anywhere: scores are only ever added to a run, and an older run.json describes the first of them.
func writeRuns(dir string, maps []*heatmap.Map) error {
	s := maps[0].Sampled
	f := runFile{Masks: s.Masks, Done: len(s.Weights), Grid: s.Grid, P: s.P, Seed: s.Seed, Batch: s.Batch,
		Design: s.Design, Mean: s.Mean, Agreement: finite(float32(s.Agreement)),
		Reliability: finite(float32(s.Reliability())), Weights: weightsFile}
	var weights, stderr []float32
	for _, m := range maps {
		weights, stderr = append(weights, m.Sampled.Weights...), append(stderr, m.StdErr.Values...)
		if len(maps) > 1 {
			f.Boxes = append(f.Boxes, m.Box)
		}
	}
	f.SHA256 = sumOf(weights)
	data, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("writing run.json: %w", err)
	}
	if err := npyfile.Write(filepath.Join(dir, weightsFile), []int{len(maps), len(s.Weights)}, weights); err != nil {
		return err
	}
	if e := maps[0].StdErr; len(stderr) > 0 {
		if err := npyfile.Write(filepath.Join(dir, "stderr.npy"), []int{len(maps), e.H, e.W}, stderr); err != nil {
			return err
		}
	}
	return atomicfile.Write(filepath.Join(dir, "run.json"), append(data, '\n'))
}

// readRunFile reads run.json.
func readRunFile(path string) (f runFile, err error) {
	data, err := regular.Read(path, maxRunFile)
	if err != nil {
		return f, fmt.Errorf("the run to resume: %w", err)
	}
	if err := strictjson.Unmarshal(data, &f); err != nil {
		return f, fmt.Errorf("%s is damaged: %w", path, err)
	}
	return f, nil
}

// readRuns reads what writeRuns wrote and returns one run for each target.
func readRuns(dir string) ([]*heatmap.SampledRun, error) {
	path := filepath.Join(dir, "run.json")
	f, err := readRunFile(path)
	if err != nil {
		return nil, err
	}
	if f.Weights != "" && f.Weights != filepath.Base(f.Weights) {
		return nil, fmt.Errorf("%s is damaged: the file %q with its scores is not beside it", path, f.Weights)
	}
	file := cmp.Or(f.Weights, weightsFile)
	dims, weights, err := npyfile.Read(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	if !f.fits(dims) {
		return nil, fmt.Errorf("%s and %s beside it are not of one run", path, file)
	}
	if f.SHA256 == "" && f.Design == "balanced" && bits.OnesCount(uint(f.Grid)) == 1 { // the blocks were larger then
		return nil, fmt.Errorf("%s was written by an earlier version, which drew other balanced masks for a grid of %d: start a new run",
			path, f.Grid)
	}
	var runs []*heatmap.SampledRun
	var told []float32 // the scores that run.json knows of
	for target := range dims[0] {
		scores := weights[target*dims[1]:][:f.Done]
		told = append(told, scores...)
		runs = append(runs, &heatmap.SampledRun{Masks: f.Masks, Grid: f.Grid, P: f.P, Seed: f.Seed, Batch: f.Batch,
			Design: f.Design, Weights: scores, Mean: f.Mean})
	}
	if f.SHA256 != "" && sumOf(told) != f.SHA256 {
		return nil, fmt.Errorf("%s and %s beside it are not of one run", path, file)
	}
	return runs, nil
}

// checkBoxes returns an error if the run in a folder explained other boxes than those of the detections.
func checkBoxes(dir string, found []heatmap.Detection) error {
	path := filepath.Join(dir, "run.json")
	f, err := readRunFile(path)
	if err != nil {
		return err
	}
	const near = 0.01 // pixels
	for i, b := range f.Boxes {
		for k := range b {
			if i >= len(found) || math.Abs(b[k]-found[i].Box[k]) > near {
				return fmt.Errorf("%s holds a run that explained %d boxes, and number %d, at %.0f, is not among the detections now: explain the same detections, or start a new run", path, len(f.Boxes), i+1, b)
			}
		}
	}
	return nil
}

// fits tells whether scores of that shape can belong to the run. Without a checksum there must be exactly Done of them.
func (f runFile) fits(dims []int) bool {
	if len(dims) != 2 || dims[0] != max(1, len(f.Boxes)) || f.Done < 1 {
		return false
	}
	return dims[1] == f.Done || dims[1] > f.Done && f.SHA256 != ""
}

// weightsFile is the file with the scores of a run.
const weightsFile = "weights.npy"

// sumOf returns the SHA-256 of values, in hex.
func sumOf(values []float32) string {
	h := sha256.New()
	var b [4]byte
	for _, v := range values {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		h.Write(b[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// referenceFile is the JSON file of targets and of the detections under each mask.
type referenceFile struct {
	Targets    []referenceDetection   `json:"targets"`
	Detections [][]referenceDetection `json:"detections"` // by mask; none is an empty list
}

type referenceDetection struct {
	Box        heatmap.Box `json:"box"`
	Probs      []float32   `json:"probs"`
	Objectness *float32    `json:"objectness"` // missing if the detector has none
}

func (d referenceDetection) detection() heatmap.Detection {
	out := heatmap.Detection{Box: d.Box, Scores: d.Probs, Objectness: 1}
	if d.Objectness != nil {
		out.Objectness = *d.Objectness
	}
	return out
}

// weigh returns the weight of every mask and the map, for each target.
func (f referenceFile) weigh(masks []float32, pixels int) (weights, saliency []float32) {
	for _, t := range f.Targets {
		sum := make([]float64, pixels)
		for i, detections := range f.Detections {
			var under []heatmap.Detection
			for _, d := range detections {
				under = append(under, d.detection())
			}
			w := t.detection().Weight(under)
			weights = append(weights, float32(w))
			for p, m := range masks[i*pixels : (i+1)*pixels] {
				sum[p] += w * float64(m)
			}
		}
		for _, v := range sum {
			saliency = append(saliency, float32(v))
		}
	}
	return weights, saliency
}

// referenceDRISE computes D-RISE from given masks and detections. The weight of a mask is the best match among its
// detections, and the map is the weighted sum of the masks.
func referenceDRISE(masks, found, out string) error {
	switch {
	case masks == "" || found == "":
		return cli.Usagef("--reference-masks and --reference-detections go together")
	case out == "":
		return cli.Usagef("--out is missing: name a folder for the results")
	}
	dims, values, err := npyfile.Read(masks)
	if err != nil {
		return err
	}
	if len(dims) != 3 {
		return fmt.Errorf("%s has the shape %v and must be [masks, height, width]", masks, dims)
	}
	data, err := regular.Read(found, maxRunFile)
	if err != nil {
		return fmt.Errorf("reading the detections: %w", err)
	}
	var f referenceFile
	if err := strictjson.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("%s does not have the form {\"targets\": [...], \"detections\": [[...], ...]}: %w", found, err)
	}
	if err := f.check(found, dims[0]); err != nil {
		return err
	}
	dir, err := openFolder(out)
	if err != nil {
		return err
	}
	pixels := dims[1] * dims[2]
	weights, saliency := f.weigh(values, pixels)
	if err := npyfile.Write(filepath.Join(dir, "weights.npy"), []int{len(f.Targets), dims[0]}, weights); err != nil {
		return err
	}
	return npyfile.Write(filepath.Join(dir, "saliency.npy"), []int{len(f.Targets), dims[1], dims[2]}, saliency)
}

func (f referenceFile) check(path string, masks int) error {
	switch {
	case len(f.Targets) == 0:
		return fmt.Errorf("%s has no targets", path)
	case masks == 0:
		return fmt.Errorf("there are no masks: give at least one")
	case len(f.Detections) != masks:
		return fmt.Errorf("%s has detections for %d masks, but there are %d masks", path, len(f.Detections), masks)
	}
	classes := len(f.Targets[0].Probs)
	for _, list := range append([][]referenceDetection{f.Targets}, f.Detections...) {
		for _, d := range list {
			if len(d.Probs) != classes || classes == 0 {
				return fmt.Errorf("%s has detections of %d and of %d classes", path, classes, len(d.Probs))
			}
		}
	}
	return nil
}
