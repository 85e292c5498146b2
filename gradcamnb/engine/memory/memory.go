// Package memory keeps models and programs within a limit, and forgets what was not used for longest.
package memory

import (
	"container/list"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// Env names the environment variable that bounds what an engine keeps of models
// and programs that nobody uses at the moment, e.g. 500MB or 8GB; the default is 2GB.
const Env = "GRADCAMNB_MEMORY"

const (
	defaultMemory = 2 << 30

	// ProgramBytes is what a program counts as. It was measured at 5 MB in pure Go and 20 to 35 MB on XLA
	// (EfficientNet-Lite0).
	ProgramBytes = 32 << 20
	// ModelFactor is how many times its files a model counts as: as read, as the compiled programs want it, and on the
	// device.
	ModelFactor = 3
)

// Memory keeps things within a limit: what was not used for longest goes first. It
// forgets, and the garbage collector frees, so whatever is in use at that moment, or
// held by the program itself, lives on.
type Memory struct {
	sync.Mutex

	limit int64
	used  int64
	order *list.List // of *Kept, the most recently used first

	fileLimit, files int // files that models keep open
}

// Entry is something kept: a model or a program.
type Entry struct {
	Bytes int64  // that it counts as
	Files int    // that it keeps open
	Drop  func() // forgets it where it is found; called with the memory locked
	at    *list.Element
}

// New returns a memory within the limit that the environment gives.
func New() (*Memory, error) {
	limit, err := memoryLimit(os.Getenv(Env))
	return &Memory{limit: limit, order: list.New(), fileLimit: fileLimit()}, err
}

// memoryLimit reads a number of bytes such as 500MB or 8GB.
func memoryLimit(text string) (int64, error) {
	if text == "" {
		return defaultMemory, nil
	}
	number, unit := strings.TrimRight(strings.ToUpper(text), "IB"), int64(1)
	for suffix, size := range map[string]int64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40} {
		if rest, ok := strings.CutSuffix(number, suffix); ok {
			number, unit = rest, size
		}
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(n > 0) {
		return 0, fmt.Errorf("%s=%q is no amount of memory: write it as 500MB or 8GB", Env, text)
	}
	return int64(n * float64(unit)), nil
}

// Add keeps a thing. The memory must be locked.
func (m *Memory) Add(t *Entry) {
	t.at = m.order.PushFront(t)
	m.used += t.Bytes
	m.files += t.Files
}

// Touch marks a thing as used now. The memory must be locked.
func (m *Memory) Touch(t *Entry) {
	if t.at != nil {
		m.order.MoveToFront(t.at)
	}
}

// Forget drops a thing, which may be forgotten already. The memory must be locked.
func (m *Memory) Forget(t *Entry) {
	if t.at == nil {
		return
	}
	m.order.Remove(t.at)
	t.at = nil
	m.used -= t.Bytes
	m.files -= t.Files
	t.Drop()
}

// Trim forgets what was not used for longest until the rest is within the limits, but
// never the n things used last. The memory must be locked.
func (m *Memory) Trim(n int) {
	trimmed := false
	for (m.used > m.limit || m.fileLimit > 0 && m.files > m.fileLimit) && m.order.Len() > n {
		m.Forget(m.order.Back().Value.(*Entry))
		trimmed = true
	}
	if trimmed {
		go runtime.GC() // which does not know how much a backend holds, and would wait too long
	}
}

// Clear forgets everything. The memory must be locked.
func (m *Memory) Clear() {
	for m.order.Len() > 0 {
		m.Forget(m.order.Back().Value.(*Entry))
	}
}

// Held returns how many things are kept, and their bytes. The memory must be locked.
func (m *Memory) Held() (things int, bytes int64) { return m.order.Len(), m.used }
