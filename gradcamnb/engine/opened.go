package engine

import (
	"os"
	"time"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
)

// opened is a model that the engine has read from files, and will not read again while
// they stay as they are.
type opened struct {
	session *session
	files   []stamp
}

// stamp tells whether a file is still the same; one that is missing has a size of -1.
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

func (o opened) fresh() bool {
	for _, f := range o.files {
		now := stampOf(f.path)
		if now.size != f.size || !now.modified.Equal(f.modified) {
			return false
		}
	}
	return true
}

// model is the session of a model that is read with read, or was before from the same
// files.
func (e *Engine) model(ref string, read func() (source.Model, error)) (*session, error) {
	keep, err := e.keeps()
	if err != nil {
		return nil, err
	}
	keep.mu.Lock()
	defer keep.mu.Unlock()
	if o, ok := e.open[ref]; ok {
		if o.fresh() {
			keep.touch(o.session.entry)
			return o.session, nil
		}
		keep.forget(o.session.entry)
	}
	start := time.Now()
	m, err := read()
	if err != nil {
		return nil, err
	}
	o := opened{session: e.newSession(m)}
	o.session.entry = &thing{drop: func() {
		delete(e.open, ref)
		o.session.forgetPrograms(keep)
	}}
	for _, path := range m.Card().Files {
		s := stampOf(path)
		if s.modified.After(start) { // it was written to while it was read
			s.modified = time.Time{}
		}
		o.files = append(o.files, s)
		o.session.entry.bytes += modelFactor * max(0, s.size)
	}
	e.open[ref] = o
	keep.add(o.session.entry)
	keep.trim(1)
	return o.session, nil
}
