package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/cli"
)

// benchFlags are what the user gave.
type benchFlags struct {
	cases, backends      []string
	batches              []int
	rounds               int
	peer, coldImage, out string
}

func benchCommand() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "bench --model M.onnx[=LAYER]",
		Short: "Measure explanations, alone or side by side with pytorch-grad-cam",
		Long: `Measure explanations: for every model, layer, batch and backend the median time of
Grad-CAM for the best class of each picture, from the model's input to the normalised
heatmap, once everything is compiled.

With --peer, which docs/benchmarks/peer.py is for, the peer's explanation and torch's
bare forward pass run in the same rounds, one after the other, so that all see the same
machine. With --cold-image also the time and memory from process start to the picture
written.`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error { return bench(c, f) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&f.cases, "model", nil, "ONNX file, and the layer if it is not to be the suggested one; may be repeated")
	flags.StringArrayVar(&f.backends, "backend", []string{"go"}, "backend; may be repeated")
	flags.IntSliceVar(&f.batches, "batch", []int{1}, "batch sizes")
	flags.IntVar(&f.rounds, "rounds", 9, "rounds, of which the median is reported")
	flags.StringVar(&f.peer, "peer", "", `the peer's command line, e.g. "python docs/benchmarks/peer.py"`)
	flags.StringVar(&f.coldImage, "cold-image", "", "picture to measure cold starts with")
	flags.StringVar(&f.out, "out", "", "file for the report, Markdown (default: standard output)")
	return c
}

func bench(c *cobra.Command, f benchFlags) error {
	if len(f.cases) == 0 {
		return cli.Usagef("--model is missing: name an ONNX file")
	}
	if f.rounds < 1 {
		return cli.Usagef("--rounds is %d and must be at least 1", f.rounds)
	}
	var cold []coldRow
	if f.coldImage != "" { // first, while this process is small: a child's peak memory begins at its parent's
		var err error
		if cold, err = f.cold(c.ErrOrStderr()); err != nil {
			return err
		}
	}
	var p *peer
	if f.peer != "" {
		var err error
		if p, err = startPeer(f.peer); err != nil {
			return err
		}
		defer p.stop()
	}
	rows, err := f.warm(p, c.ErrOrStderr())
	if err != nil {
		return err
	}
	report := benchReport(f, rows, cold)
	if f.out == "" {
		_, err := io.WriteString(c.OutOrStdout(), report)
		return err
	}
	return atomicfile.Write(f.out, []byte(report))
}

// benchRow is one line of the report: medians in seconds.
type benchRow struct {
	model, layer, backend string
	batch                 int
	first                 float64 // the first explanation, which compiles
	ours, peer, forward   float64 // peer and forward are zero where there is no peer
}

// warm measures everything that is compiled.
func (f benchFlags) warm(p *peer, progress io.Writer) ([]benchRow, error) {
	var rows []benchRow
	for _, backend := range f.backends {
		e := engine.New(backend)
		for _, c := range f.cases {
			path, layer, _ := strings.Cut(c, "=")
			s, err := e.Open(path)
			if err != nil {
				return nil, err
			}
			for _, batch := range f.batches {
				fmt.Fprintf(progress, "gradcam bench: %s, batch %d, on %s\n", c, batch, backend)
				row, err := f.row(gradcamnb.NewModel(s), p, path, layer, batch)
				if err != nil {
					return nil, err
				}
				row.backend = backend
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}

// row measures one case: rounds of our explanation, the peer's and torch's
// forward pass, one after the other.
func (f benchFlags) row(m *gradcamnb.Model, p *peer, path, layer string, batch int) (benchRow, error) {
	in, err := benchInput(m.Info(), batch)
	if err != nil {
		return benchRow{}, err
	}
	var choices []gradcamnb.Choice
	if layer != "" {
		choices = append(choices, gradcamnb.Layers(layer))
	}
	explain := func() (float64, error) {
		start := time.Now()
		results, err := m.ExplainTensor(in, choices...)
		if err != nil {
			return 0, err
		}
		for _, r := range results {
			r.Maps[0].Parity()
		}
		return time.Since(start).Seconds(), nil
	}
	name := strings.TrimSuffix(filepath.Base(path), ".onnx")
	row := benchRow{model: name, layer: layer, batch: batch}
	if row.first, err = explain(); err != nil {
		return benchRow{}, err
	}
	var ours, cams, forwards []float64
	for range f.rounds {
		seconds, err := explain()
		if err != nil {
			return benchRow{}, err
		}
		ours = append(ours, seconds)
		if p == nil {
			continue
		}
		cam, err := p.ask(name, layer, batch, "cam")
		if err != nil {
			return benchRow{}, err
		}
		forward, err := p.ask(name, layer, batch, "forward")
		if err != nil {
			return benchRow{}, err
		}
		cams, forwards = append(cams, cam), append(forwards, forward)
	}
	row.ours, row.peer, row.forward = median(ours), median(cams), median(forwards)
	return row, nil
}

// benchInput is a batch of values in [-2, 2], the same every time and the same as
// the peer's.
func benchInput(info gradcamnb.Info, batch int) (gradcamnb.Tensor, error) {
	dims := slices.Clone(info.Input)
	dims[0] = batch
	n := 1
	for _, d := range dims {
		if d < 0 {
			return gradcamnb.Tensor{}, fmt.Errorf("the model %s takes pictures of any size, %v: the benchmark needs one that says its size", info.Name, info.Input)
		}
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i*7919%1009)/1009*4 - 2
	}
	return gradcamnb.Tensor{Dims: dims, Values: values}, nil
}

// median of the values; zero where there are none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// peer is another implementation in a process of its own, asked by lines of JSON.
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startPeer(commandLine string) (*peer, error) {
	words := strings.Fields(commandLine)
	if len(words) == 0 {
		return nil, cli.Usagef("--peer is empty: name a command")
	}
	c := exec.Command(words[0], append(words[1:], "serve")...)
	c.Stderr = os.Stderr
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	if err := errors.Join(err1, err2, c.Start()); err != nil {
		return nil, fmt.Errorf("starting the peer: %w", err)
	}
	return &peer{c, in, bufio.NewScanner(out)}, nil
}

// ask has the peer do one thing and returns its seconds.
func (p *peer) ask(model, layer string, batch int, do string) (float64, error) {
	request, err := json.Marshal(map[string]any{"model": model, "layer": layer, "batch": batch, "do": do})
	if err != nil {
		return 0, err
	}
	if _, err := p.in.Write(append(request, '\n')); err != nil || !p.out.Scan() {
		return 0, errors.New("the peer ended without an answer; what it said stands above")
	}
	var answer struct{ Seconds float64 }
	if err := json.Unmarshal(p.out.Bytes(), &answer); err != nil {
		return 0, fmt.Errorf("the peer answered %q: %w", p.out.Text(), err)
	}
	time.Sleep(300 * time.Millisecond) // its threads spin for a while before they sleep
	return answer.Seconds, nil
}

func (p *peer) stop() {
	_ = p.in.Close() // it ends at the end of its input
	_ = p.cmd.Wait()
}
