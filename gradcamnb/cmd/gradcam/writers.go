package main

import (
	"runtime"
	"sync"
)

// writers writes results, as many at a time as there are cores, since drawing a picture costs several times what
// explaining it does.
type writers struct {
	free chan struct{}
	wait sync.WaitGroup

	mu      sync.Mutex
	written int
	err     error // the first error
}

func newWriters() *writers { return &writers{free: make(chan struct{}, runtime.GOMAXPROCS(0))} }

// start writes one result as soon as a core is free. It returns an error if an earlier result could not be written.
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

// countDone returns the number of results that are written.
func (w *writers) countDone() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written
}

// end waits until all results are written. It returns their number and the first error.
func (w *writers) end() (written int, err error) {
	w.wait.Wait()
	return w.written, w.err
}
