package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/invented"
	"github.com/gradcam-go/gradcam/internal/npyfile"
	"github.com/gradcam-go/gradcam/internal/printable"
)

// checkScript is the Python program that runs the model with onnxruntime.
//
//go:embed check.py
var checkScript []byte

// checkFlags holds the flags of gradcam check.
type checkFlags struct {
	explainFlags
	python    string
	tolerance float64
	all       bool
}

func checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check --model M.onnx",
		Short: "Compare every tensor of a model with onnxruntime",
		Long: `Compare every tensor of a model with onnxruntime's, and name the first one that differs in
shape, or by more than --tolerance times the tensor's largest value. Python must have
onnxruntime installed.

The input is --image, or the same invented values every time. The exit code is 0 if all
tensors agree, 1 if one differs, and 2 if they could not be compared.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return check(c, f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.model, "model", "", "ONNX file, or one on the hub: hf://owner/name/file.onnx[@revision]")
	flags.StringArrayVar(&f.images, "image", nil, "picture")
	flags.StringVar(&f.backend, "backend", "", backendHelp)
	flags.StringVar(&f.size, "size", "",
		"size of the model's input, 224 or 320x240 (width x height), instead of the sidecar's")
	flags.StringVar(&f.mean, "mean", "", "mean of a channel in 0..255, one number or three, instead of the sidecar's")
	flags.StringVar(&f.scale, "scale", "", "divisor of a channel, one number or three, instead of the sidecar's")
	flags.StringArrayVar(&f.given, "input", nil, inputHelp)
	flags.StringVar(&f.python, "python", "", "Python that has onnxruntime (default: python3 or python)")
	flags.Float64Var(&f.tolerance, "tolerance", 1e-4,
		"largest difference allowed, relative to the tensor's largest value; give 5e-3 for a model in float16")
	flags.BoolVar(&f.all, "all", false, "list every tensor")
	return c
}

// check compares the tensors. If they could not be compared, it returns a usage error, exit code 2.
func check(c *cobra.Command, f checkFlags) error {
	if f.model == "" {
		return cli.Usagef("--model is missing: name an ONNX file, or hf://owner/name/file.onnx")
	}
	python, err := findPython(f.python)
	if err != nil {
		return cli.Usage(err)
	}
	e := engine.New(f.backend)
	s, err := e.OpenContext(c.Context(), f.model)
	if err != nil {
		return cli.Usage(err)
	}
	r, err := f.request(gradcamnb.NewModel(s))
	if err != nil {
		return cli.Usage(err)
	}
	v, err := e.Values(c.Context(), f.model, r)
	if err != nil {
		return cli.Usage(err)
	}
	theirs, version, err := reference(c.Context(), python, v)
	if err != nil {
		return cli.Usage(err)
	}
	return compare(c.OutOrStdout(), f, v, theirs, version)
}

// request returns a request with the picture or, if there is none, with values in [-2, 2] in the model's shape.
func (f checkFlags) request(m *gradcamnb.Model) (r gradcamnb.Request, err error) {
	if len(f.images) > 0 {
		return r, f.input(m, &r)
	}
	info := m.Info()
	if f.size != "" {
		if f.mean == "" && f.scale == "" && info.Prep == nil {
			f.mean, f.scale = "0", "1" // no picture is prepared
		}
		if info.Prep, err = f.prep(info.Prep); err != nil {
			return r, err
		}
	}
	dims, err := inventedShape(info, f.size != "")
	if err != nil {
		return r, err
	}
	in := invented.Input(dims)
	r.Tensor = &in
	return r, f.addInputs(m, &r)
}

// inventedShape returns the shape of the model's input with a number for each free axis: one picture, and the channels
// and the size of the preprocessing. If the user gave a size, it replaces the model's own.
func inventedShape(info gradcamnb.Info, sized bool) ([]int, error) {
	dims := slices.Clone(info.Input)
	dims[0] = max(1, dims[0])
	if info.Prep != nil && len(dims) == 4 {
		c, h, w := invented.Axes(info.Layout)
		for axis, n := range map[int]int{c: info.Prep.Channels(), h: info.Prep.Height, w: info.Prep.Width} {
			if dims[axis] < 0 || sized && axis != c {
				dims[axis] = n
			}
		}
	}
	if slices.Min(dims) < 0 {
		return nil, fmt.Errorf("the model %s takes pictures of any size, %v: give one with --size 224", info.Name, info.Input)
	}
	return dims, nil
}

// findPython returns the path of the Python that the user names, or of one that is installed.
func findPython(named string) (string, error) {
	candidates := []string{"python3", "python"}
	if named != "" {
		candidates = []string{named}
	}
	for _, name := range candidates {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("there is no %s: install Python with onnxruntime, or name one that has it with --python",
		strings.Join(candidates, " and no "))
}

// reference returns the same tensors from onnxruntime. It works in a temporary folder that nobody else can write to.
// The model's author is not trusted, so no name in the model's file becomes a file name or a part of the script.
func reference(ctx context.Context, python string,
	v *engine.Values) (out []gradcamnb.Tensor, version string, err error) {
	dir, err := os.MkdirTemp("", "gradcam-check")
	if err != nil {
		return nil, "", fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	model, err := v.ONNX()
	if err != nil {
		return nil, "", err
	}
	for name, data := range map[string][]byte{"model.onnx": model, "check.py": checkScript} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, "", fmt.Errorf("writing the model for onnxruntime: %w", err)
		}
	}
	inputs := map[string]string{v.Picture: "input.npy"} // never a name from the model's file
	if err := npyfile.Write(filepath.Join(dir, "input.npy"), v.Input.Dims, v.Input.Values); err != nil {
		return nil, "", err
	}
	for name, t := range v.OtherInputs {
		inputs[name] = fmt.Sprintf("input%d.npy", len(inputs))
		if err := npyfile.Write(filepath.Join(dir, inputs[name]), t.Dims, t.Values); err != nil {
			return nil, "", err
		}
	}
	list, err := json.Marshal(inputs)
	if err != nil {
		return nil, "", fmt.Errorf("writing the inputs for onnxruntime: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "inputs.json"), list, 0o600); err != nil {
		return nil, "", fmt.Errorf("writing the inputs for onnxruntime: %w", err)
	}
	c := exec.CommandContext(ctx, python, filepath.Join(dir, "check.py"), dir)
	c.Dir = dir
	var said, failed bytes.Buffer
	c.Stdout, c.Stderr = &said, &failed
	if err := c.Run(); err != nil {
		why := strings.Join(strings.Fields(failed.String()), " ")
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == 3 {
			return nil, "", fmt.Errorf(
				"onnxruntime is missing: %s; install it with %q, or name a Python that has it with --python", why,
				python+" -m pip install onnxruntime")
		}
		return nil, "", fmt.Errorf("onnxruntime did not run the model: %w: %s", err, why)
	}
	for i := range v.Tensors {
		dims, values, err := npyfile.Read(filepath.Join(dir, fmt.Sprintf("%d.npy", i)))
		if err != nil {
			return nil, "", err
		}
		out = append(out, gradcamnb.Tensor{Dims: dims, Values: values})
	}
	return out, strings.TrimSpace(said.String()), nil
}

// compare reports how far the tensors agree. It returns an error that names the first tensor that differs.
func compare(w io.Writer, f checkFlags, v *engine.Values, theirs []gradcamnb.Tensor, version string) error {
	var failed error
	var worst float64
	worstName := ""
	differ := 0
	for i, ours := range v.Tensors {
		d := difference(ours.Tensor, theirs[i])
		if f.all {
			fmt.Fprintf(w, "%.1e  %s  %s %v\n", d.relative, printable.Line(ours.Name), printable.Line(ours.Op), ours.Dims)
		}
		if d.relative > worst {
			worst, worstName = d.relative, ours.Name
		}
		if d.relative <= f.tolerance {
			continue
		}
		differ++
		if failed == nil {
			failed = fmt.Errorf("the tensor %q is the first that differs from onnxruntime %s: operator %s%s, shape %v here and %v there%s",
				ours.Name, version, ours.Op, module(ours.Module), ours.Dims, theirs[i].Dims, d.words)
		}
	}
	if failed != nil {
		return fmt.Errorf("%w; %d of %d tensors differ, on %s", failed, differ, len(v.Tensors), v.Backend)
	}
	fmt.Fprintf(w, "%d tensors agree with onnxruntime %s, on %s; the largest difference is %.1e of the tensor's largest value, at %s.\n", len(v.Tensors), version, v.Backend, worst, worstName)
	return nil
}

func module(path string) string {
	if path == "" {
		return ""
	}
	return " in the module " + path
}

// gap is how far two tensors are from each other.
type gap struct {
	relative float64 // largest difference over the reference's largest value; infinite if shapes differ
	words    string
}

// difference returns how far two tensors are from each other. NaN at the same place in both counts as equal.
func difference(a, b gradcamnb.Tensor) gap {
	if !slices.Equal(a.Dims, b.Dims) {
		return gap{relative: math.Inf(1)}
	}
	var scale, worst float64
	at := 0
	for i, v := range b.Values {
		x, y := float64(a.Values[i]), float64(v)
		if !math.IsNaN(y) && !math.IsInf(y, 0) {
			scale = max(scale, math.Abs(y))
		}
		d := math.Abs(x - y)
		if x == y || math.IsNaN(x) && math.IsNaN(y) {
			d = 0
		} else if math.IsNaN(d) {
			d = math.Inf(1)
		}
		if d > worst {
			worst, at = d, i
		}
	}
	if worst == 0 {
		return gap{}
	}
	return gap{
		relative: worst / max(scale, math.SmallestNonzeroFloat32),
		words: fmt.Sprintf(", largest difference %.3g (of a largest value of %.3g) at %v: %g here and %g there", worst,
			scale, indices(at, a.Dims), a.Values[at], b.Values[at]),
	}
}

// indices returns the index along each axis for a flat index.
func indices(at int, dims []int) []int {
	out := make([]int, len(dims))
	for i := len(dims) - 1; i >= 0; i-- {
		out[i], at = at%dims[i], at/dims[i]
	}
	return out
}
