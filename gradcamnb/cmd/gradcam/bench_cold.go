package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// coldRow is a cold start: medians from process start to the picture written.
type coldRow struct {
	who     string
	seconds float64
	mib     float64 // largest resident memory
}

// cold measures processes, ours on each backend and the peer, one after the other
// in every round, on the first model.
func (f benchFlags) cold(progress io.Writer) ([]coldRow, error) {
	model, _, _ := strings.Cut(f.cases[0], "=")
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "gradcam-bench")
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	var who []string
	var commands [][]string
	for _, backend := range f.backends {
		who = append(who, "gradcam on "+backend)
		commands = append(commands, []string{self, "explain", "--model", model, "--image", f.coldImage, "--backend", backend, "--out", dir})
	}
	if f.peer != "" {
		who = append(who, "pytorch-grad-cam")
		commands = append(commands, append(strings.Fields(f.peer), "cold", model, f.coldImage, filepath.Join(dir, "peer.png")))
	}
	seconds, mib := make([][]float64, len(who)), make([][]float64, len(who))
	for round := range f.rounds + 1 {
		fmt.Fprintf(progress, "gradcam bench: cold start, round %d of %d\n", round, f.rounds)
		for i, words := range commands {
			c := exec.Command(words[0], words[1:]...)
			start := time.Now()
			out, err := c.CombinedOutput()
			took := time.Since(start).Seconds()
			if err != nil {
				return nil, fmt.Errorf("%s: %w: %s", who[i], err, strings.TrimSpace(string(out)))
			}
			if round == 0 { // which reads the files from disk
				continue
			}
			seconds[i] = append(seconds[i], took)
			if peak, ok := peakMemory(c.ProcessState); ok {
				mib[i] = append(mib[i], peak)
			}
		}
	}
	rows := make([]coldRow, len(who))
	for i := range rows {
		rows[i] = coldRow{who[i], median(seconds[i]), median(mib[i])}
	}
	return rows, nil
}
