package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// checkpoint writes the state of a long run from time to time and when the process is about to be ended, so that
// --resume can continue the run.
type checkpoint struct {
	dir   string
	every time.Duration
	say   io.Writer

	mu      sync.Mutex
	latest  []*heatmap.Map // the run so far, one map for each target; nil before the first scores
	written bool           // latest is written
	when    time.Time      // of the last write
	over    bool
	failed  bool
}

func newCheckpoint(dir string, every time.Duration, say io.Writer) *checkpoint {
	return &checkpoint{dir: dir, every: every, say: say, when: time.Now()}
}

// report takes the progress of a run and writes it if it is time.
func (c *checkpoint) report(p gradcamnb.Progress) {
	if len(p.Partial) == 0 || len(p.Partial[0].Maps) == 0 || p.Partial[0].Maps[0].Sampled == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest, c.written = p.Partial[0].Maps, false
	if time.Since(c.when) >= c.every {
		c.write()
	}
}

// write writes the latest state. If it fails, for example because the disk is full, it says so once; the run goes on,
// and write tries again later. The caller holds the lock.
func (c *checkpoint) write() {
	if c.latest == nil || c.written || c.over {
		return
	}
	c.when = time.Now()
	if err := writeRuns(c.dir, c.latest); err != nil {
		if !c.failed {
			fmt.Fprintf(c.say, "gradcam: the run continues, but its checkpoint cannot be written: %v\n", err)
		}
		c.failed = true
		return
	}
	c.written, c.failed = true, false
}

// writeLast writes the state before the process is ended, and says so.
func (c *checkpoint) writeLast() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest == nil || c.over {
		return
	}
	done, all := len(c.latest[0].Sampled.Weights), c.latest[0].Sampled.Masks
	if c.write(); !c.failed {
		fmt.Fprintf(c.say, "gradcam: interrupted after %d of %d masks; --resume %s continues\n", done, all, c.dir)
	}
}

// end stops writing, since the results are complete.
func (c *checkpoint) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
}
