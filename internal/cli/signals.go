package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"
)

// patience is how long a command may take to end by itself after a signal, to write the results that it has.
const patience = 3 * time.Second

// wordsTime is how long the last words may take.
const wordsTime = time.Second

// Signals returns a context that ends at the first SIGINT, SIGTERM or SIGHUP, and at the limit of the processor's time
// (ulimit -t). A command that has not ended some seconds later, because it computes or waits without looking at a
// context, is then ended with the exit code 128 + the signal's number, as in shells. A second signal ends it at once.
// Files appear whole or not at all, so no half-written file is left.
func Signals() (ctx context.Context, stop func()) {
	return signals(patience, os.Exit)
}

// words are the functions to call before a command is ended that did not end by itself.
var words struct {
	sync.Mutex
	last []*func()
}

// LastWords registers a function to call before the process is ended, such as one that writes the results of a long
// run. takeBack removes it again.
func LastWords(say func()) (takeBack func()) {
	words.Lock()
	defer words.Unlock()
	words.last = append(words.last, &say)
	return func() {
		words.Lock()
		defer words.Unlock()
		words.last = slices.DeleteFunc(words.last, func(w *func()) bool { return w == &say })
	}
}

func sayLastWords() {
	words.Lock()
	defer words.Unlock()
	if len(words.last) == 0 {
		fmt.Fprintln(os.Stderr, "interrupted before there was a result")
	}
	for _, w := range words.last {
		(*w)()
	}
}

func signals(patience time.Duration, exit func(code int)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	got := make(chan os.Signal, 2)
	ignoreLimits()
	for _, s := range endings {
		if !signal.Ignored(s) { // nohup ignores SIGHUP
			signal.Notify(got, s)
		}
	}
	done := make(chan struct{})
	go func() {
		var s os.Signal
		select {
		case s = <-got:
		case <-done:
			return
		}
		cancel()
		select {
		case s = <-got:
		case <-time.After(patience):
		case <-done:
			return
		}
		code := 1
		if number, ok := s.(syscall.Signal); ok {
			code = 128 + int(number)
		}
		said := make(chan struct{})
		go func() { defer close(said); sayLastWords() }()
		select {
		case <-said:
		case <-time.After(wordsTime):
		}
		exit(code)
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(got)
		close(done)
		cancel()
	})
}
