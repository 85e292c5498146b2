package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/invented"
)

// benchCase is one case to measure.
type benchCase struct {
	Grown   string   // what grows in the case's table; empty in the main table
	File    string   // of the model
	Backend string   // of gradcam
	Batch   int      // pictures
	Side    int      // of the pictures, in pixels; 0 means the model's own size
	Layers  []string // none means the suggested one
	Methods []string
	Classes int // number of classes, from class 0 on; 0 means each picture's best class
	Warm    int // warm-up calls before each timed call
}

// model returns the name by which the peers know the network.
func (c benchCase) model() string { return strings.TrimSuffix(filepath.Base(c.File), ".onnx") }

// key returns a text that differs for two cases.
func (c benchCase) key() string { return fmt.Sprintf("%+v", c) }

func (c benchCase) classes() []int {
	out := make([]int, c.Classes)
	for i := range out {
		out[i] = i
	}
	return out
}

// choices returns the choices of the case's explanation.
func (c benchCase) choices() []gradcamnb.Choice {
	out := []gradcamnb.Choice{gradcamnb.Methods(c.Methods...), gradcamnb.Layers(c.Layers...)}
	for _, class := range c.classes() {
		out = append(out, gradcamnb.Class(class))
	}
	return out
}

// cases returns the cases that the flags ask for, those of --grow last.
func (f benchFlags) cases() ([]benchCase, error) {
	var out []benchCase
	for _, backend := range f.backends {
		for _, m := range f.models {
			for _, batch := range f.batches {
				out = append(out, f.base(m, backend, batch))
			}
		}
	}
	for _, backend := range f.backends {
		for _, g := range f.grow {
			grown, err := grow(f.base(f.models[0], backend, f.batches[0]), g)
			if err != nil {
				return nil, err
			}
			out = append(out, grown...)
		}
	}
	return out, nil
}

func (f benchFlags) base(model, backend string, batch int) benchCase {
	file, layers, _ := strings.Cut(model, "=")
	c := benchCase{File: file, Backend: backend, Batch: batch, Methods: f.methods, Warm: f.warmCalls}
	if layers != "" {
		c.Layers = strings.Split(layers, ",")
	}
	return c
}

// grow returns one case for each value of --grow, such as "size=112,224".
func grow(base benchCase, what string) ([]benchCase, error) {
	name, list, _ := strings.Cut(what, "=")
	values := strings.Split(list, ",")
	base.Grown = name
	var out []benchCase
	for i, value := range values {
		c := base
		var number *int
		switch name {
		case "size":
			number = &c.Side
		case "batch":
			number = &c.Batch
		case "classes":
			number = &c.Classes
		case "layers":
			c.Layers = slices.Clone(values[:i+1])
		case "methods":
			c.Methods = slices.Clone(values[:i+1])
		default:
			return nil, cli.Usagef("--grow %q: what grows is size, batch, classes, layers or methods, as in size=112,224", what)
		}
		if number != nil {
			var err error
			if *number, err = strconv.Atoi(value); err != nil || *number < 1 {
				return nil, cli.Usagef("--grow %q: %q is no number from 1", what, value)
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// input returns a batch of invented values, the same as the peers use.
func (c benchCase) input(info gradcamnb.Info) (gradcamnb.Tensor, error) {
	if len(info.Input) != 4 {
		return gradcamnb.Tensor{}, fmt.Errorf("the model %s has the input %v, and a picture has four axes: batch, height, width and channels",
			info.Name, info.Input)
	}
	dims := slices.Clone(info.Input)
	dims[0] = c.Batch
	if c.Side > 0 {
		_, h, w := invented.Axes(info.Layout)
		dims[h], dims[w] = c.Side, c.Side
	}
	if slices.Min(dims) < 0 {
		return gradcamnb.Tensor{}, fmt.Errorf("the model %s takes pictures of any size, %v: give a size with --grow size=224",
			info.Name, info.Input)
	}
	return invented.Input(dims), nil
}
