package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/gradcam-go/gradcam/internal/progress"
)

// steps shows long work step by step, and writes the output of the programs that it runs to a log file.
type steps struct {
	out  io.Writer
	live bool // out is a terminal: the seconds are counted while a step runs
	log  *os.File
}

func newSteps(h home, name string) (*steps, error) {
	log, err := os.OpenFile(h.join("log", name+".log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return &steps{out: os.Stdout, live: progress.IsTerminal(os.Stdout), log: log}, nil
}

// do runs one step and prints how long it took.
func (s *steps) do(what string, f func() error) error {
	start := time.Now()
	line := func(end string) { fmt.Fprintf(s.out, "%-58s%6.1f s%s", what+" ...", time.Since(start).Seconds(), end) }
	if !s.live {
		err := f()
		line(outcome(err))
		return err
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			line(outcome(err))
			return err
		case <-tick.C:
			line("\r")
		}
	}
}

func outcome(err error) string {
	if err != nil {
		return "  failed\n"
	}
	return "\n"
}

// run runs a program with its output in the log. The error says how the program ended, the last line that it printed,
// and where the rest is.
func (s *steps) run(ctx context.Context, env []string, dir, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	c.Env, c.Dir = append(os.Environ(), env...), dir
	said := &lastLine{}
	both := io.MultiWriter(s.log, said)
	c.Stdout, c.Stderr = both, both
	fmt.Fprintf(s.log, "\n$ %s %s\n", name, strings.Join(args, " "))
	switch err := c.Run(); {
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted; the log is %s", s.log.Name())
	case err != nil:
		return fmt.Errorf("%s %s: %w: %s; the log is %s", name, strings.Join(args, " "), err, said.text(), s.log.Name())
	}
	return nil
}

// lastLine keeps the end of what is written to it.
type lastLine struct{ tail []byte }

func (l *lastLine) Write(p []byte) (int, error) {
	const enough = 1000
	l.tail = append(l.tail, p...)
	l.tail = l.tail[max(0, len(l.tail)-enough):]
	return len(p), nil
}

// text returns the last line that is not empty.
func (l *lastLine) text() string {
	lines := strings.Split(strings.TrimSpace(string(l.tail)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
