package main

import (
	"runtime"
	"sync"
)

// writers write results, as many at a time as there are cores: drawing a picture costs
// several times what explaining it does.
type writers struct {
	free chan struct{}
	wait sync.WaitGroup

	mu      sync.Mutex
	written int
	err     error // the first
}

func newWriters() *writers { return &writers{free: make(chan struct{}, runtime.GOMAXPROCS(0))} }

// start writes one result as soon as a core is free. It is an error if an earlier one
// could not be written.
func (w *writers) start(write func() error) error {
	w.free <- struct{}{}
	w.mu.Lock()
	err := w.err
	w.mu.Unlock()
	if err != nil {
		<-w.free
		return err
	}
	w.wait.Go(func() {
		defer func() { <-w.free }()
		err := write()
		w.mu.Lock()
		defer w.mu.Unlock()
		if err == nil {
			w.written++
		} else if w.err == nil {
			w.err = err
		}
	})
	return nil
}

// countDone is how many are written.
func (w *writers) countDone() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written
}

// end waits for what was started.
func (w *writers) end() (written int, err error) {
	w.wait.Wait()
	return w.written, w.err
}
