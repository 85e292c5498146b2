package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// checkpoint writes what a long run has, once in a while and when the process is about to be ended, so that
// --resume goes on from there after whatever happens.
type checkpoint struct {
	dir   string
	every time.Duration
	say   io.Writer

	mu      sync.Mutex
	latest  []*heatmap.Map // the run so far, a map each target; none before the first scores
	written bool           // the latest is
	when    time.Time      // the last time
	over    bool
	failed  bool
}

func newCheckpoint(dir string, every time.Duration, say io.Writer) *checkpoint {
	return &checkpoint{dir: dir, every: every, say: say, when: time.Now()}
}

// report takes the progress of a run.
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

// write writes the latest map's run. A failure, as of a full disk, is told once: the run goes on, and so
// does trying. The lock is held.
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

// lastWords writes what there is before the process is ended, and says so.
func (c *checkpoint) lastWords() {
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

// end ends writing: the results are complete.
func (c *checkpoint) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
}
