package engine

import (
	"context"
	"os"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/memory"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// openedModel is a model that the engine has read from files. It is not read again while the files stay the same.
type openedModel struct {
	session *session
	files   []stamp
}

// stamp tells whether a file is still the same. If the file is missing, its size is -1.
type stamp struct {
	path     string
	size     int64
	modified time.Time
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{path: path, size: -1}
	}
	return stamp{path, info.Size(), info.ModTime()}
}

func (o openedModel) fresh() bool {
	for _, f := range o.files {
		now := stampOf(f.path)
		if now.size != f.size || !now.modified.Equal(f.modified) {
			return false
		}
	}
	return true
}

// findRemembered returns the session of a model that was read before from the same files, or nil if there is none.
func (e *Engine) findRemembered(keep *memory.Memory, ref string) *session {
	keep.Lock()
	o, ok := e.open[ref]
	keep.Unlock()
	if !ok {
		return nil
	}
	fresh := o.fresh() // asks the file system, so the memory is not locked
	keep.Lock()
	defer keep.Unlock()
	if fresh {
		keep.Touch(o.session.entry)
		return o.session
	}
	keep.Forget(o.session.entry)
	return nil
}

// model returns the session of a model that was read before from the same files, or else of one that read reads. Models
// of other references can be read at the same time.
func (e *Engine) model(ctx context.Context, ref string, read func() (source.Model, error)) (*session, error) {
	keep, err := e.keeps()
	if err != nil {
		return nil, err
	}
	end, err := e.reading.begin(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer end()
	if s := e.findRemembered(keep, ref); s != nil {
		return s, nil
	}
	start := time.Now()
	m, err := read()
	if err != nil {
		return nil, err
	}
	if err := m.Card().CheckLayout(); err != nil {
		return nil, err
	}
	keep.Lock()
	defer keep.Unlock()
	o := openedModel{session: e.newSession(m)}
	o.session.ref = ref
	o.session.entry = &memory.Entry{Drop: func() {
		delete(e.open, ref)
		o.session.forgetPrograms(keep)
		e.runtimes.Delete(o.session.entry)
	}}
	for _, path := range m.Card().Files {
		s := stampOf(path)
		if s.modified.After(start) { // the file changed while it was read
			s.modified = time.Time{}
		}
		o.files = append(o.files, s)
		o.session.entry.Bytes += memory.ModelFactor * max(0, s.size)
	}
	o.session.entry.Files = len(o.files) // at most, since only files with weights stay open
	e.open[ref] = o
	keep.Add(o.session.entry)
	keep.Trim(1)
	return o.session, nil
}
