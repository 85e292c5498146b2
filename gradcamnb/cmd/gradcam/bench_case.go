package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/cli"
)

// benchCase is one thing to measure.
type benchCase struct {
	Grown   string   // what grows in the table that it belongs to; empty in the main one
	File    string   // of the model
	Backend string   // ours
	Batch   int      //
	Side    int      // of the pictures; 0 for the model's own
	Layers  []string // none means the suggested one
	Methods []string
	Classes int // the first so many classes; 0 for each picture's best
	Warm    int // calls of the same by the same, not timed, right before each that is
}

// model is the name that the peers know the network by.
func (c benchCase) model() string { return strings.TrimSuffix(filepath.Base(c.File), ".onnx") }

// key tells cases apart.
func (c benchCase) key() string { return fmt.Sprintf("%+v", c) }

func (c benchCase) classes() []int {
	out := make([]int, c.Classes)
	for i := range out {
		out[i] = i
	}
	return out
}

// choices are the case as an explanation's.
func (c benchCase) choices() []gradcamnb.Choice {
	out := []gradcamnb.Choice{gradcamnb.Methods(c.Methods...), gradcamnb.Layers(c.Layers...)}
	for _, class := range c.classes() {
		out = append(out, gradcamnb.Class(class))
	}
	return out
}

// cases are what the flags ask for, the growing ones last.
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

// grow makes one case a value: "size=112,224".
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

// input is a batch of values in [-2, 2], the same every time and the same as the
// peers'.
func (c benchCase) input(info gradcamnb.Info) (gradcamnb.Tensor, error) {
	dims := slices.Clone(info.Input)
	dims[0] = c.Batch
	if c.Side > 0 {
		h := heightAxis(info)
		dims[h], dims[h+1] = c.Side, c.Side
	}
	n := 1
	for _, d := range dims {
		if d < 0 {
			return gradcamnb.Tensor{}, fmt.Errorf("the model %s takes pictures of any size, %v: the benchmark needs one that says its size, or --grow size=", info.Name, info.Input)
		}
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i*7919%1009)/1009*4 - 2
	}
	return gradcamnb.Tensor{Dims: dims, Values: values}, nil
}

// heightAxis is the axis of the model's input that is the height; the width follows.
func heightAxis(info gradcamnb.Info) int {
	if info.Input[1] != 3 && info.Input[3] == 3 {
		return 1
	}
	return 2
}
