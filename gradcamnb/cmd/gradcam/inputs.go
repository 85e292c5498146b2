package main

import (
	"image"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/ask"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/npyfile"
)

const inputHelp = `value of another input than the picture: NAME=1,2,3 or NAME=FILE.npy or NAME=PICTURE, which
is prepared as the first picture is; may be repeated. If the inputs' shapes do not tell
which one is the picture, --model M.onnx#NAME does`

// inputValue reads NAME=VALUE of --input.
func (f explainFlags) inputValue(m *gradcamnb.Model, r gradcamnb.Request,
	given string) (name string, t gradcamnb.Tensor, err error) {
	name, value, ok := strings.Cut(given, "=")
	if !ok || name == "" || value == "" {
		return "", t, cli.Usagef("--input %q: write NAME=1,2,3 or NAME=FILE.npy or NAME=PICTURE", given)
	}
	if numbers, ok := parseNumbers(value); ok {
		return name, gradcamnb.Numbers(numbers...), nil
	}
	if strings.EqualFold(filepath.Ext(value), ".npy") {
		t.Dims, t.Values, err = npyfile.Read(value)
		return name, t, err
	}
	img, err := imgio.Open(value)
	if err != nil {
		return "", t, err
	}
	var how []ask.InputChoice
	if r.Prep != nil {
		how = append(how, gradcamnb.Prepared(*r.Prep))
	}
	t, err = m.Prepare(img, how...)
	return name, t, err
}

func parseNumbers(list string) ([]float32, bool) {
	var out []float32
	for part := range strings.SplitSeq(list, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 32)
		if err != nil {
			return nil, false
		}
		out = append(out, float32(v))
	}
	return out, true
}

// addInputs adds the values of the inputs besides the picture to a request.
func (f explainFlags) addInputs(m *gradcamnb.Model, r *gradcamnb.Request) error {
	for _, given := range f.given {
		name, t, err := f.inputValue(m, *r, given)
		if err != nil {
			return err
		}
		if _, twice := r.Inputs[name]; twice {
			return cli.Usagef("--input %s is given twice", name)
		}
		*r = r.With(gradcamnb.Input(name, t))
	}
	return nil
}

// parseBox reads x0,y0,x1,y1 of --in-box.
func parseBox(s string) (image.Rectangle, error) {
	var v [4]int
	parts := strings.Split(s, ",")
	ok := len(parts) == len(v)
	for i := 0; ok && i < len(v); i++ {
		var err error
		v[i], err = strconv.Atoi(strings.TrimSpace(parts[i]))
		ok = err == nil
	}
	if !ok || v[0] >= v[2] || v[1] >= v[3] {
		return image.Rectangle{},
			cli.Usagef("--in-box %q: write x0,y0,x1,y1 in whole pixels of the picture, with x0 < x1 and y0 < y1", s)
	}
	return image.Rect(v[0], v[1], v[2], v[3]), nil
}
