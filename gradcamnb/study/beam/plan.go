// Command beam runs a study on Apache Beam. Each part of the study is an element. Workers write the parts' files into
// one folder that all of them can reach, and a combiner adds up the parts' summaries. Only names go from worker to
// worker; pictures do not.
//
//	go run . --model net.onnx --pictures photos --metric insertion --out study
//
// runs the study on this machine with Prism. The command is a module of its own, so that no other program links Beam.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"sync"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	_ "github.com/gradcam-go/gradcam/gradcamnb/engine/keepmemory"
	"github.com/gradcam-go/gradcam/gradcamnb/study"
)

// Plan holds all that a worker needs to know of a study. Its paths must mean the same on every worker.
type Plan struct {
	Models             []string
	Backend            string
	Pictures           []string
	Truth, TruthClass  string
	Target             string // as gradcam explain --target; empty means what the model predicts
	AtLabel            bool
	Layers, Methods    []string
	Metrics            []string
	Steps, Part, Batch int
	Baseline           string
	Out                string
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return fmt.Sprint([]string(*l)) }

func (l *list) Set(text string) error {
	*l = append(*l, text)
	return nil
}

// flags declares the plan's flags on a flag set. They are parsed together with Beam's own.
func (p *Plan) flags(f *flag.FlagSet) {
	f.Var((*list)(&p.Models), "model", "ONNX file; may be repeated to compare models")
	f.StringVar(&p.Backend, "backend", "", "go, xla:cpu, xla:cuda or onnxruntime")
	f.Var((*list)(&p.Pictures), "pictures", "folder, pattern, .csv, .tar or .parquet; may be repeated")
	f.StringVar(&p.Truth, "truth", "",
		"where the objects are: folder of masks or .xml files, COCO .json, or .csv of boxes")
	f.StringVar(&p.TruthClass, "truth-class", "", "count the objects of this name only; of masks, the pixels of this number")
	f.StringVar(&p.Target, "target", "", "what is explained, as gradcam explain --target")
	f.BoolVar(&p.AtLabel, "at-label", false, "explain the class that a picture's label names")
	f.Var((*list)(&p.Layers), "layer", `layer, or "stages"; may be repeated`)
	f.Var((*list)(&p.Methods), "method", "method; may be repeated")
	f.Var((*list)(&p.Metrics), "metric", "what is measured of every map; may be repeated")
	f.IntVar(&p.Steps, "steps", 0, "number of steps in which a picture is shown or hidden to measure a map; 0 means 8")
	f.StringVar(&p.Baseline, "baseline", "", "what replaces hidden parts of a picture: mean, blur, rise-blur or black")
	f.IntVar(&p.Part, "part", 64, "pictures in one part, which is one element and one file of rows")
	f.IntVar(&p.Batch, "batch", 8, "pictures in one pass")
	f.StringVar(&p.Out, "out", "", "folder for the results; every worker must be able to write to it")
}

// check returns an error if a flag is missing.
func (p Plan) check() error {
	switch {
	case len(p.Models) == 0:
		return errors.New("--model is missing: name an ONNX file that every worker can read")
	case len(p.Pictures) == 0:
		return errors.New("--pictures is missing: name a folder, a pattern, a .csv, .tar or .parquet file that every worker can read")
	case p.Out == "":
		return errors.New("--out is missing: name a folder that every worker can write to")
	}
	return nil
}

// openedStudy is a plan's study with its model.
type openedStudy struct {
	*study.Study
	parts int
}

var (
	mu    sync.Mutex
	plans = map[string]*openedStudy{} // the studies that this process has opened, by the plan as JSON
)

// open opens the plan's study and claims its folder. A process opens each plan once.
func (p Plan) open(ctx context.Context) (*openedStudy, error) {
	key, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("the study's plan: %w", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if o := plans[string(key)]; o != nil {
		return o, nil
	}
	pictures, err := study.OpenPictures(p.Pictures...)
	if err != nil {
		return nil, err
	}
	s := &study.Study{
		Pictures: pictures, AtLabel: p.AtLabel, Metrics: p.Metrics, Steps: p.Steps, Baseline: p.Baseline,
		Out: p.Out, Batch: p.Batch, Part: p.Part,
		Choices: []gradcamnb.Choice{gradcamnb.Layers(p.Layers...), gradcamnb.Methods(p.Methods...)},
	}
	if p.Truth != "" {
		if err := s.ReadTruths(p.Truth, p.TruthClass); err != nil {
			return nil, err
		}
	}
	e := engine.New(p.Backend)
	var models []*gradcamnb.Model
	for _, path := range p.Models {
		m, err := e.OpenModel(ctx, path)
		if err != nil {
			return nil, err
		}
		models = append(models, m)
	}
	s.Model, s.Others = models[0], models[1:]
	if p.Target != "" {
		t, err := gradcamnb.ParseTarget(p.Target)
		if err != nil {
			return nil, err
		}
		s.Choices = append(s.Choices, t)
	}
	parts, err := s.Prepare()
	if err != nil {
		return nil, err
	}
	o := &openedStudy{s, parts}
	plans[string(key)] = o
	return o, nil
}
