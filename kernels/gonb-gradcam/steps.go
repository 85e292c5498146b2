package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// steps shows long work step by step, and keeps what the programs it runs print
// in a log file.
type steps struct {
	out io.Writer
	log *os.File
}

func newSteps(h home, name string) (*steps, error) {
	log, err := os.Create(h.join("log", name+".log"))
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	return &steps{out: os.Stdout, log: log}, nil
}

// do runs one step and prints how long it took.
func (s *steps) do(what string, f func() error) error {
	fmt.Fprintf(s.out, "%-58s", what+" ...")
	start := time.Now()
	err := f()
	if err != nil {
		fmt.Fprintln(s.out, "failed")
		return err
	}
	fmt.Fprintf(s.out, "%6.1f s\n", time.Since(start).Seconds())
	return nil
}

// run runs a program with its output in the log.
func (s *steps) run(env []string, dir, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Env, c.Dir = append(os.Environ(), env...), dir
	c.Stdout, c.Stderr = s.log, s.log
	fmt.Fprintf(s.log, "\n$ %s %s\n", name, strings.Join(args, " "))
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %s: %w; see %s", name, strings.Join(args, " "), err, s.log.Name())
	}
	return nil
}

// command is a program on this terminal.
func command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	return c
}
