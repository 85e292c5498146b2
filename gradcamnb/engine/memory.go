package engine

import (
	"container/list"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// MemoryEnv names the environment variable that bounds what an engine keeps of models
// and programs that nobody uses at the moment, e.g. 500MB or 8GB; the default is 2GB.
const MemoryEnv = "GRADCAMNB_MEMORY"

const (
	defaultMemory = 2 << 30

	// What things are counted as. A program was measured at 5 MB in pure Go and 20 to 35
	// MB on XLA (EfficientNet-Lite0), and a model at three times its files: as read, as
	// the compiled programs want it, and on the device.
	programBytes = 32 << 20
	modelFactor  = 3
)

// memory keeps things within a limit: what was not used for longest goes first. It
// forgets, and the garbage collector frees, so whatever is in use at that moment, or
// held by the program itself, lives on.
type memory struct {
	mu    sync.Mutex
	limit int64
	used  int64
	order *list.List // of *thing, the most recently used first

	fileLimit, files int // files that models keep open
}

// thing is something kept: a model or a program.
type thing struct {
	bytes int64
	files int    // that it keeps open
	drop  func() // forgets it where it is found; called with the memory locked
	at    *list.Element
}

// newMemory is a memory within the limit that the environment gives.
func newMemory() (*memory, error) {
	limit, err := memoryLimit(os.Getenv(MemoryEnv))
	return &memory{limit: limit, order: list.New(), fileLimit: fileLimit()}, err
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
		return 0, fmt.Errorf("%s=%q is no amount of memory: write it as 500MB or 8GB", MemoryEnv, text)
	}
	return int64(n * float64(unit)), nil
}

// add keeps a thing. The memory must be locked.
func (m *memory) add(t *thing) {
	t.at = m.order.PushFront(t)
	m.used += t.bytes
	m.files += t.files
}

// touch marks a thing as used now. The memory must be locked.
func (m *memory) touch(t *thing) {
	if t.at != nil {
		m.order.MoveToFront(t.at)
	}
}

// forget drops a thing, which may be forgotten already. The memory must be locked.
func (m *memory) forget(t *thing) {
	if t.at == nil {
		return
	}
	m.order.Remove(t.at)
	t.at = nil
	m.used -= t.bytes
	m.files -= t.files
	t.drop()
}

// trim forgets what was not used for longest until the rest is within the limits, but
// never the n things used last. The memory must be locked.
func (m *memory) trim(n int) {
	trimmed := false
	for (m.used > m.limit || m.fileLimit > 0 && m.files > m.fileLimit) && m.order.Len() > n {
		m.forget(m.order.Back().Value.(*thing))
		trimmed = true
	}
	if trimmed {
		go runtime.GC() // which does not know how much a backend holds, and would wait too long
	}
}
