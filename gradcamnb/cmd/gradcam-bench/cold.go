package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/peak"
)

// coldRow is a cold start that was measured: medians from process start to the picture written.
type coldRow struct {
	Who     string
	File    string // of the model
	Batch   int
	Rounds  int
	Seconds float64
	MiB     float64 // largest resident memory
}

// cold measures the processes of gradcam on each backend and of pytorch-grad-cam, one after the other in every round,
// for every model and batch that the record lacks.
func (f benchFlags) cold(ctx context.Context, rec *record, progress io.Writer) error {
	program, err := f.gradcamProgram()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "gradcam-bench")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	for _, m := range f.models {
		file, _, _ := strings.Cut(m, "=")
		for _, batch := range f.batches {
			starts := f.coldStarts(program, file, dir, batch)
			starts = slices.DeleteFunc(starts, func(s coldStart) bool { return rec.hasCold(s.who, file, batch) })
			if len(starts) == 0 {
				continue
			}
			fmt.Fprintf(progress, "gradcam-bench: cold starts of %s, batch %d\n", file, batch)
			rows, err := f.coldRows(ctx, starts)
			if err != nil {
				return err
			}
			for _, r := range rows {
				r.File, r.Batch = file, batch
				rec.Cold = append(rec.Cold, r)
			}
			if err := rec.save(); err != nil {
				return err
			}
		}
	}
	return nil
}

// gradcamProgram returns the path of the command whose starts are timed: the one that --gradcam names, or gradcam in
// this program's folder.
func (f benchFlags) gradcamProgram() (string, error) {
	if f.gradcam != "" {
		return f.gradcam, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	beside := filepath.Join(filepath.Dir(self), "gradcam"+filepath.Ext(self))
	if _, err := os.Stat(beside); err != nil {
		return "", cli.Usagef("there is no gradcam in the folder of this program, %s: build it there, or name it with --gradcam", filepath.Dir(self))
	}
	return beside, nil
}

func (r *record) hasCold(who, file string, batch int) bool {
	return slices.ContainsFunc(r.Cold, func(c coldRow) bool { return c.Who == who && c.File == file && c.Batch == batch })
}

// coldStart is a program with its command line and its environment.
type coldStart struct {
	who   string
	words []string
	env   []string
}

// coldStarts returns the starts of gradcam and of the peer. On XLA gradcam starts in two ways: like a later process,
// which finds its program kept, and like the first one, which compiles it.
func (f benchFlags) coldStarts(program, model, dir string, batch int) []coldStart {
	var out []coldStart
	for _, backend := range f.backends {
		words := []string{program, "explain", "--model", model, "--backend", backend, "--out", dir}
		for range batch {
			words = append(words, "--image", f.coldImage)
		}
		who := ours + " on " + backend
		out = append(out, coldStart{who, words, []string{engine.ProgramsEnv + "=" + filepath.Join(dir, "programs")}})
		if strings.HasPrefix(backend, "xla") {
			out = append(out, coldStart{who + ", compiling", words, []string{engine.ProgramsEnv + "=off"}})
		}
	}
	if f.peer != "" {
		words := append(strings.Fields(f.peer), "cold", model, filepath.Join(dir, "peer.png"))
		out = append(out, coldStart{peerLibraries[0], append(words, slices.Repeat([]string{f.coldImage}, batch)...), nil})
	}
	return out
}

func (f benchFlags) coldRows(ctx context.Context, starts []coldStart) ([]coldRow, error) {
	seconds, mib := make([][]float64, len(starts)), make([][]float64, len(starts))
	for round := range f.rounds + 1 {
		for i, s := range starts {
			c := exec.CommandContext(ctx, s.words[0], s.words[1:]...)
			c.Env = append(os.Environ(), s.env...)
			start := time.Now()
			out, err := c.CombinedOutput()
			took := time.Since(start).Seconds()
			if err != nil {
				return nil, fmt.Errorf("%s: %w: %s", s.who, err, strings.TrimSpace(string(out)))
			}
			if round == 0 { // reads the files from disk, and compiles the programs that later rounds find
				continue
			}
			seconds[i] = append(seconds[i], took)
			if mb, ok := peak.Memory(c.ProcessState); ok {
				mib[i] = append(mib[i], mb)
			}
		}
	}
	rows := make([]coldRow, len(starts))
	for i, s := range starts {
		rows[i] = coldRow{Who: s.who, Rounds: f.rounds, Seconds: median(seconds[i]), MiB: median(mib[i])}
	}
	return rows, nil
}
