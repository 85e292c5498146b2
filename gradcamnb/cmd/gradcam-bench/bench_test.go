package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/internal/cli"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// call runs the command and returns its exit code, and what it prints or what is told of its error.
func call(args ...string) (code int, said string) {
	c := benchCommand()
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&out)
	c.SetArgs(args)
	err := c.Execute()
	if err != nil {
		return cli.Code(err), err.Error()
	}
	return 0, out.String()
}

// Cold starts are measured with the command gradcam that --gradcam names, or that lies beside this program.
func TestColdStarts(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "gradcam")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho \"$@\" >>"+filepath.Join(dir, "asked")+"\n"),
		0o700); err != nil {
		t.Fatal(err)
	}
	net := golden.Path("models", "squeezenet.dyn.onnx")
	args := []string{"--model", net, "--rounds", "1", "--patience", "0", "--cold-image", "cat.png"}
	code, said := call(append(args, "--gradcam", script)...)
	asked, err := os.ReadFile(filepath.Join(dir, "asked"))
	if code != 0 || err != nil || bytes.Count(asked, []byte("\n")) != 2 ||
		!strings.HasPrefix(string(asked), "explain --model "+net+" --backend go --out ") {
		t.Errorf("exit code %d, %s; asked %q, %v", code, said, asked, err)
	}
	if !strings.Contains(said, "## Cold start and memory") {
		t.Errorf("the report lacks the cold starts: %s", said)
	}
	if code, said := call(args...); code != 2 || !strings.Contains(said, "name it with --gradcam") {
		t.Errorf("no command beside the program: exit code %d, %s", code, said)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v is %g, want %g", c.values, got, c.want)
		}
	}
}

// The report has the ratios to a peer that answers 0.5 s to everything, and 0.25 s to channels_last. A case that the
// record holds is not measured again.
func TestBench(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	script, asked := filepath.Join(dir, "peer.sh"), filepath.Join(dir, "asked")
	peer := `while read -r line; do echo "$line" >>` + asked +
		`; case $line in *channels_last*) echo '{"seconds": 0.25}';; *) echo '{"seconds": 0.5}';; esac; done`
	if err := os.WriteFile(script, []byte(peer), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "report.md")
	net := golden.Path("models", "squeezenet.dyn.onnx")
	args := []string{"--model", net, "--rounds", "1", "--patience", "0", "--peer", "sh " + script, "--record",
		filepath.Join(dir, "record.json"), "--out", out}
	if code, said := call(args...); code != 0 {
		t.Fatal(said)
	}
	first, err := os.ReadFile(asked)
	if err != nil {
		t.Fatal(err)
	}
	if code, said := call(append(args, "--batch", "1,2", "--grow", "classes=1,3", "--grow",
		"methods=Grad-CAM,LayerCAM")...); code != 0 {
		t.Fatal(said)
	}
	report, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| squeezenet.dyn | go | 1 | last |", "| squeezenet.dyn | go | 2 | last |", "| 250.0 *cl* |", "| 500.0 |",
		"## Cost by classes", "| last; 3 classes |", "## Cost by methods", "| last; Grad-CAM, LayerCAM |",
	} {
		if !strings.Contains(string(report), want) {
			t.Errorf("the report lacks %q:\n%s", want, report)
		}
	}
	all, err := os.ReadFile(asked)
	if err != nil {
		t.Fatal(err)
	}
	if one, six := bytes.Count(first, []byte("\n")), bytes.Count(all, []byte("\n")); one != len(peerWork) || six != 6*one {
		t.Errorf("the peer was asked %d times for one case and %d times for six", one, six)
	}
	if code, said := call("--model", net, "--rounds", "1", "--patience", "0", "--warm", "2"); code != 0 ||
		!strings.Contains(said, "| last; after 2 of the same |") {
		t.Errorf("exit code %d, %s", code, said)
	}
	if code, said := call("--model", net, "--peer", "sh -c exit"); code != 1 ||
		!strings.Contains(said, "the peer ended without an answer") {
		t.Errorf("a peer that ends: exit code %d, %s", code, said)
	}
	if code, said := call("--model", net, "--grow", "weight=3"); code != 2 ||
		!strings.Contains(said, "what grows is size") {
		t.Errorf("exit code %d, %s", code, said)
	}
}

// A case in which something else is quicker is a loss, and named.
func TestLosses(t *testing.T) {
	rows := []benchRow{
		{Case: benchCase{File: "a.onnx", Batch: 8}, Medians: map[string]float64{ours: 1, forward: 2, forwardChannelsLast: 0.5,
			"captum": 3}},
		{Case: benchCase{File: "b.onnx", Batch: 1}, Medians: map[string]float64{ours: 1, forward: 2, "captum": 0.75,
			"OpenVINO": 0.25}},
	}
	got := losses(rows)
	if strings.Count(got, "\n* ") != 3 || !strings.Contains(got, "OpenVINO takes 0.25 times") ||
		!strings.Contains(got, "a, batch 8") ||
		!strings.Contains(got, "forward pass takes 0.50 times") || !strings.Contains(got, "captum takes 0.75 times") {
		t.Errorf("losses: %s", got)
	}
}

// A model whose input is no picture is refused with a sentence.
func TestInputThatIsNoPicture(t *testing.T) {
	in := gradcamnb.Info{Name: "rows", Input: []int{1, 8}}
	if _, err := (benchCase{Batch: 1, Side: 8}).input(in); err == nil || !strings.Contains(err.Error(), "four axes") {
		t.Errorf("an input of two axes: %v", err)
	}
}
