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
	"strings"
	"time"

	"github.com/gradcam-go/gradcam/internal/cli"
)

// These are the tasks of docs/benchmarks/peer.py, by the names that requests use.
const (
	ours                = "gradcam"
	forward             = "forward"
	forwardChannelsLast = "forward channels_last"
)

var (
	peerLibraries = []string{"pytorch-grad-cam", "torch-cam", "captum"}
	peerWork      = append([]string{forward, forwardChannelsLast}, peerLibraries...)
)

// peer is a process that runs other implementations. It takes requests as lines of JSON.
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

// ask has the peer run one task and returns the seconds that it took.
func (p *peer) ask(do string, c benchCase, side int) (float64, error) {
	layers := c.Layers
	if len(layers) == 0 {
		layers = []string{""}
	}
	file, err := filepath.Abs(c.File)
	if err != nil {
		return 0, fmt.Errorf("finding %s: %w", c.File, err)
	}
	request, err := json.Marshal(map[string]any{
		"do": do, "model": c.model(), "file": file, "batch": c.Batch, "side": side,
		"layers": layers, "methods": c.Methods, "classes": c.classes(), "warm": c.Warm,
	})
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
