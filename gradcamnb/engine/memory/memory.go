// Package memory keeps models and programs within a limit. It forgets first what was used least recently.
package memory

import (
	"container/list"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// Env is the name of the environment variable that limits the memory of models and programs that an engine keeps while
// no call uses them, e.g. 500MB or 8GB. The default is 2GB.
const Env = "GRADCAMNB_MEMORY"

const (
	defaultMemory = 2 << 30

	// ProgramBytes is the size that a program counts as. Programs of EfficientNet-Lite0 were measured at 5 MB in pure Go
	// and 20 to 35 MB on XLA.
	ProgramBytes = 32 << 20
	// ModelFactor times the size of its files is the size that a model counts as: it may be in memory as read, as compiled
	// programs need it, and on the device.
	ModelFactor = 3
)

// Memory keeps entries within a limit. It forgets first the entry that was used least recently. It only forgets; the
// garbage collector frees. So an entry that is in use, or that the program itself holds, lives on.
type Memory struct {
	sync.Mutex

	limit int64
	used  int64
	order *list.List // of *Entry, the most recently used first

	fileLimit, files int // files that models keep open
}

// Entry is a model or a program that is kept.
type Entry struct {
	Bytes int64  // that it counts as
	Files int    // that it keeps open
	Drop  func() // removes it from its owner; called with the memory locked
	at    *list.Element
}

// New returns a memory with the limit of the environment variable [Env].
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
	if n *= float64(unit); err != nil || !(n > 0 && n < math.MaxInt64) {
		return 0, fmt.Errorf("%s=%q is no amount of memory: write it as 500MB or 8GB", Env, text)
	}
	return int64(n), nil
}

// Add adds an entry. The memory must be locked.
func (m *Memory) Add(t *Entry) {
	t.at = m.order.PushFront(t)
	m.used += t.Bytes
	m.files += t.Files
}

// Touch marks an entry as used now. The memory must be locked.
func (m *Memory) Touch(t *Entry) {
	if t.at != nil {
		m.order.MoveToFront(t.at)
	}
}

// Forget drops an entry. It does nothing if the entry is forgotten already. The memory must be locked.
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

// Trim forgets the entries that were used least recently until the rest is within the limits. It never forgets the n
// entries that were used last. The memory must be locked.
func (m *Memory) Trim(n int) {
	trimmed := false
	for (m.used > m.limit || m.fileLimit > 0 && m.files > m.fileLimit) && m.order.Len() > n {
		m.Forget(m.order.Back().Value.(*Entry))
		trimmed = true
	}
	if trimmed {
		go runtime.GC() // by itself it would wait too long, since it does not know how much a backend holds
	}
}

// Clear forgets everything. The memory must be locked.
func (m *Memory) Clear() {
	for m.order.Len() > 0 {
		m.Forget(m.order.Back().Value.(*Entry))
	}
}

// Usage returns the number of entries that are kept, and their bytes. The memory must be locked.
func (m *Memory) Usage() (entries int, bytes int64) { return m.order.Len(), m.used }
