package engine

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
)

// Every number is done once, the first error counts, and a panic comes out.
func TestSideBySide(t *testing.T) {
	var done [100]atomic.Int32
	if err := sideBySide(len(done), func(i int) error { done[i].Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	for i := range done {
		if n := done[i].Load(); n != 1 {
			t.Errorf("%d is done %d times", i, n)
		}
	}
	first := errors.New("first")
	err := sideBySide(9, func(i int) error {
		if i == 3 {
			return first
		}
		if i > 3 {
			return errors.New("later")
		}
		return nil
	})
	if !errors.Is(err, first) {
		t.Error(err)
	}
	defer func() {
		if p := recover(); p != "here" {
			t.Errorf("it panics with %v", p)
		}
	}()
	err = sideBySide(2, func(i int) error {
		if i == 1 {
			panic("here")
		}
		return nil
	})
	t.Errorf("it returns %v although a call panics", err)
}

// Only metrics of the map and the truth are measured side by side.
func TestOnHost(t *testing.T) {
	for _, c := range []struct {
		metrics []string
		want    bool
	}{{[]string{"sparseness", "energy"}, true}, {[]string{"sparseness", "deletion"}, false}, {[]string{"MPRT"}, false},
		{[]string{"consistency", "energy"}, false}} {
		m, err := newMeasurement(gradcamnb.Measuring{Metrics: c.metrics}, 2)
		if err != nil {
			t.Fatal(err)
		}
		if m.onHost() != c.want {
			t.Errorf("%s: %v", slices.Sorted(slices.Values(c.metrics)), m.onHost())
		}
	}
}
