//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// patience is how long a kernel may take to end after it was told to.
const patience = 10 * time.Second

// supervise runs the kernel until it ends, and leaves no process behind. It passes signals on to the kernel. It tells
// the kernel to end when Jupyter is gone, or on Linux also when this process is killed. After the kernel has ended, it
// kills what still runs in the kernel's process group, such as the program of a cell.
func supervise(kernel *exec.Cmd) error {
	runtime.LockOSThread() // the kernel ends with the thread that started it
	defer runtime.UnlockOSThread()
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	kernel.SysProcAttr = ownGroup()
	jupyter := os.Getppid()
	if err := kernel.Start(); err != nil {
		return fmt.Errorf("starting the kernel: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- kernel.Wait() }()
	look := time.NewTicker(time.Second)
	defer look.Stop()
	var tooLate <-chan time.Time
	for {
		select {
		case s := <-signals:
			sendSignal(kernel, s.(syscall.Signal))
			if s != syscall.SIGINT && tooLate == nil {
				tooLate = time.After(patience)
			}
		case <-look.C:
			if os.Getppid() != jupyter && tooLate == nil {
				sendSignal(kernel, syscall.SIGTERM)
				tooLate = time.After(patience)
			}
		case <-tooLate:
			sendSignal(kernel, syscall.SIGKILL)
		case err := <-ended:
			_ = syscall.Kill(-kernel.Process.Pid, syscall.SIGKILL) // it fails if nothing is left
			if err != nil {
				return fmt.Errorf("the kernel ended: %w", err)
			}
			return nil
		}
	}
}

// sendSignal sends a signal to the kernel. It does nothing if the kernel has ended.
func sendSignal(kernel *exec.Cmd, s syscall.Signal) {
	if err := kernel.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		fmt.Fprintf(os.Stderr, "gonb-gradcam: sending %s to the kernel: %v\n", s, err)
	}
}
