//go:build linux

package main

import (
	"os"
	"testing"
	"time"

	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// Of 100 ticks of the machine 20 were idle and 70 ours: a tenth went elsewhere.
func TestElsewhere(t *testing.T) {
	before := ticks{machine: 1000, idle: 500, ours: 100}
	if got := measureOtherLoad(before, ticks{machine: 1100, idle: 520, ours: 170}); got < 0.0999 || got > 0.1001 {
		t.Errorf("%g went elsewhere, want 0.1", got)
	}
}

// Processor time that this process uses is counted as its own, and not as that of other programs.
func TestProcessorTimeIsOurs(t *testing.T) {
	before, ok := processorTime(os.Getpid())
	if !ok {
		t.Skip("the processors' time is read on Linux only")
	}
	for start := posix.ProcessorTime(); posix.ProcessorTime()-start < 200*time.Millisecond; {
		_ = median([]float64{3, 1, 2})
	}
	after, _ := processorTime(os.Getpid())
	if after.ours <= before.ours {
		t.Errorf("%+v, then %+v", before, after)
	}
}
