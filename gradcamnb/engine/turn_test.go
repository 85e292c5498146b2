package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/resident"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/processes"
)

// A call that waits while another one computes comes back when its context ends, and so does one that asks the resident
// engine. The other one does not end before, so a call that waited for it would never come back.
func TestWaitingEndsWithItsContext(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		s, in := open(t, e, "resnet-basic.dyn.onnx"), tiny(t, "resnet-basic")
		models := map[string]*gradcamnb.Model{"here": gradcamnb.NewModel(s),
			"resident": openResident(t, e, "resnet-basic.dyn.onnx")}
		if err := e.turn.take(t.Context()); err != nil { // another call computes
			t.Fatal(err)
		}
		for name, m := range models {
			for _, method := range []string{"Grad-CAM", "RISE"} {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				_, err := m.Run(ctx, gradcamnb.Request{Tensor: in, Methods: []string{method}})
				cancel()
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s, %s: came back with %v", name, method, err)
				}
			}
			if _, err := m.Layers(); err != nil {
				t.Errorf("%s: its layers need no turn: %v", name, err)
			}
		}
		e.turn.pass()
		for name, m := range models {
			if _, err := m.Run(t.Context(), gradcamnb.Request{Tensor: in}); err != nil {
				t.Errorf("%s: the next call: %v", name, err)
			}
		}
	})
}

// openResident opens a model in a resident engine, which is e.
func openResident(t *testing.T, e *Engine, file string) *gradcamnb.Model {
	t.Helper()
	l, err := resident.Listen(filepath.Join(t.TempDir(), "s", "x.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { _ = driver.Serve(l, func(string, io.Writer) driver.Engine { return e }) }()
	t.Setenv(driver.SocketEnv, l.Addr().String())
	return gradcamnb.MustOpen(golden.Path("models", file))
}

// While a model is being read, another one is opened and explained; who wants the same one
// waits for it, and may give up; and when its reader fails the next one reads.
func TestOpeningHoldsUpNobody(t *testing.T) {
	e := testEngine(t, "go")
	path := golden.Path("models", "resnet-basic.dyn.onnx")
	begun, release, first := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		_, err := e.model(t.Context(), "slow", func() (source.Model, error) {
			close(begun)
			<-release
			return nil, errors.New("the download broke")
		})
		first <- err
	}()
	<-begun
	explainTiny(t, open(t, e, "resnet-basic.dyn.onnx"), tiny(t, "resnet-basic"))

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := e.model(ctx, "slow", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who gave up waiting got %v", err)
	}
	second := make(chan error, 1)
	go func() {
		_, err := e.model(t.Context(), "slow", func() (source.Model, error) { return source.ONNX(path) })
		second <- err
	}()
	close(release)
	if err := <-first; err == nil || !strings.Contains(err.Error(), "broke") {
		t.Errorf("the reader got %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("the next reader got %v", err)
	}
}

// Files that cannot be opened as models leave none open and no goroutine behind. The process is the test's own, so that
// what other tests opened and started does not count.
func TestFailedOpensLeakNothing(t *testing.T) {
	if !processes.IsAgain() {
		processes.Again(t)
		return
	}
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skipf("needs /proc to count open files: %v", err)
		}
		return len(entries)
	}
	data, err := os.ReadFile(golden.Path("models", "resnet-basic.dyn.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sidecar := filepath.Join(dir, "sidecar.onnx")
	for name, content := range map[string]string{
		"damaged.onnx": string(data[:len(data)/2]), "no-graph.onnx": "", "sidecar.onnx": string(data),
		"sidecar.json": `{"inputs": {"there is none": 1}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := testEngine(t, "go")
	before, running := descriptors(), runtime.NumGoroutine()
	for range 50 {
		for _, path := range []string{filepath.Join(dir, "damaged.onnx"), filepath.Join(dir, "no-graph.onnx"), sidecar} {
			if _, err := e.Open(path); err == nil {
				t.Fatalf("%s can be opened", path)
			}
		}
	}
	// The hashing of a closed file ends soon.
	if !eventually.True(t, "150 failures leave no file open", func() bool { return descriptors() <= before+2 }) {
		t.Errorf("%d files are open after 150 failures, %d before", descriptors(), before)
	}
	if !eventually.True(t, "150 failures leave no goroutine", func() bool { return runtime.NumGoroutine() <= running+2 }) {
		t.Errorf("%d goroutines run after 150 failures, %d before", runtime.NumGoroutine(), running)
	}
}

// A closed model gives its memory back and works again when it is asked; a closed engine says
// that it is closed, also to who waited.
func TestClose(t *testing.T) {
	e := testEngine(t, "go")
	m, in := gradcamnb.NewModel(open(t, e, "resnet-basic.dyn.onnx")), tiny(t, "resnet-basic")
	ask := func() error {
		_, err := m.ExplainTensor(*in)
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	keep, err := e.keeps()
	if err != nil {
		t.Fatal(err)
	}
	err = m.Close()
	if things, bytes := keep.Usage(); err != nil || bytes != 0 || things != 0 {
		t.Errorf("after Close %d bytes in %d things are kept, %v", bytes, things, err)
	}
	if err := ask(); err != nil {
		t.Errorf("a closed model that is asked again: %v", err)
	}
	if err := e.turn.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	waiting, closed := make(chan error, 1), make(chan error, 1)
	go func() { waiting <- ask() }()
	go func() { closed <- e.Close() }()
	for !e.closed.Load() {
		time.Sleep(time.Millisecond)
	}
	e.turn.pass()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := <-waiting; err != nil && !errors.Is(err, ErrClosed) { // nil if it had its turn first
		t.Errorf("who waited got %v", err)
	}
	if err := ask(); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed engine says %v", err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}
