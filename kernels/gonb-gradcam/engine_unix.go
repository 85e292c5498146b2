//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gradcam-go/gradcam/internal/resident"
)

// engine is the resident engine of the kernel. Its socket exists from before the first cell until the kernel ends,
// whatever happens to the engine. Cells that come while it starts wait at the socket.
type engine struct {
	listener *net.UnixListener
	command  func() (*exec.Cmd, error) // builds it if necessary
	stop     context.CancelFunc
	stopped  sync.WaitGroup
}

const (
	// If the engine ends by itself manyTimes, each time within tooShort, it is not started again.
	manyTimes = 3
	tooShort  = 5 * time.Second
)

// startEngine starts the resident engine, and starts it again whenever it ends.
func startEngine(ctx context.Context, command func() (*exec.Cmd, error)) (*engine, error) {
	dir, err := os.MkdirTemp(socketFolder(), "gradcamnb-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the engine's socket: %w", err)
	}
	l, err := resident.Listen(filepath.Join(dir, "engine.sock"))
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	e := &engine{listener: l, command: command}
	ctx, e.stop = context.WithCancel(ctx)
	e.stopped.Go(func() { e.keepRunning(ctx) })
	return e, nil
}

// socketFolder returns the temporary folder, unless its name is too long. A socket's name may have only 104 bytes on
// every system (unix(7)).
func socketFolder() string {
	if dir := os.TempDir(); len(dir) < 60 {
		return dir
	}
	return "/tmp"
}

func (e *engine) socket() string { return e.listener.Addr().String() }

// end ends the engine and removes its socket.
func (e *engine) end() {
	e.stop()
	_ = e.listener.Close() // this ends resident.Refuse, too
	e.stopped.Wait()
	_ = os.RemoveAll(filepath.Dir(e.socket())) // a temporary folder
}

// keepRunning runs engines, one after another. If none can run, cells get the reason instead.
func (e *engine) keepRunning(ctx context.Context) {
	for failures := 0; failures < manyTimes; failures++ {
		start := time.Now()
		err := e.runOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(start) > tooShort {
			failures = -1 // the engine ran well, so its next failure counts as the first
		}
		if failures == manyTimes-1 || errors.As(err, new(*buildError)) {
			resident.Refuse(e.listener, fmt.Sprintf("it does not start: %v", err))
			return
		}
	}
}

// buildError says that there is no engine to run.
type buildError struct{ error }

func (b *buildError) Unwrap() error { return b.error }

// runOnce runs one engine until it ends, or until ctx does.
func (e *engine) runOnce(ctx context.Context) error {
	c, err := e.command()
	if err != nil {
		return &buildError{err}
	}
	socket, err := e.listener.File()
	if err != nil {
		return fmt.Errorf("handing the socket over: %w", err)
	}
	defer func() { _ = socket.Close() }()
	c.ExtraFiles = []*os.File{socket}
	// The engine has a process group of its own, so that an interrupt of the kernel does not end it. It ends when its
	// input ends, which happens when this process ends, in whatever way.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	alive, err := c.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting the engine: %w", err)
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("starting the engine: %w", err)
	}
	stop := context.AfterFunc(ctx, func() {
		_ = alive.Close()
		time.AfterFunc(time.Second, func() { _ = c.Process.Kill() }) // it fails if the process has ended
	})
	defer stop()
	if err := c.Wait(); err != nil {
		return fmt.Errorf("the engine ended: %w", err)
	}
	return errors.New("the engine ended")
}
