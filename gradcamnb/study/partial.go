package study

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Partial is a summary of some parts of a study that can be added to that of others, on one machine or many. Its size
// grows with the layers, methods and metrics of a study, but not with its pictures. The same parts make the same
// summary to the last bit, in whatever order they were added: neighbours are joined in pairs, as in a binary tree over
// the numbers of the parts.
type Partial struct {
	manifest manifest
	blocks   map[block]*tally
}

// block is a run of 1 << Level parts, which begins with part Index << Level.
type block struct{ Level, Index int }

// isWithin tells whether the block lies within another or is the same.
func (b block) isWithin(o block) bool {
	return b.Level <= o.Level && b.Index>>(o.Level-b.Level) == o.Index
}

// start returns the first part of the block.
func (b block) start() int { return b.Index << b.Level }

// Parts returns the numbers of the parts whose files are in the study's folder, in rising order.
func Parts(dir string) ([]int, error) {
	names, err := fs.Glob(os.DirFS(dir), "part-*.parquet")
	if err != nil {
		return nil, fmt.Errorf("the study's parts: %w", err)
	}
	var out []int
	for _, name := range names {
		var k int
		if _, err := fmt.Sscanf(name, "part-%d.parquet", &k); err != nil || k < 0 || partName(k) != name {
			return nil, fmt.Errorf("%s in %s is no part of a study", name, dir)
		}
		out = append(out, k)
	}
	slices.Sort(out)
	return out, nil
}

// partName returns the name of the file of part k.
func partName(k int) string { return fmt.Sprintf("part-%06d.parquet", k) }

// ReadPart reads part k of the study in a folder and returns its summary.
func ReadPart(dir string, k int) (*Partial, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	p := &Partial{m, map[block]*tally{}}
	return p, p.read(dir, k)
}

// read adds the rows of a part's file.
func (p *Partial) read(dir string, k int) error {
	m := p.manifest
	if k > (m.Pictures-1)/m.Part {
		return fmt.Errorf("%s in %s is no part of the study of %d pictures in parts of %d: delete it", partName(k), dir,
			m.Pictures, m.Part)
	}
	t := newTally(m)
	add := func(r Row) error {
		if r.Index < 0 || r.Index >= m.Pictures || r.Index/m.Part != k {
			return fmt.Errorf("%s in %s has a row of the picture number %d, which is not of this part: delete it, and the study "+
				"writes it again", partName(k), dir, r.Index)
		}
		if n := len(r.Map) / 2; r.Error == "" && (min(r.Width, r.Height) < 1 || max(r.Width, r.Height) > n || r.Width*r.Height != n) {
			return fmt.Errorf("%s in %s has a map of %d x %d with %d values: delete it, and the study writes it again",
				partName(k), dir, r.Width, r.Height, n)
		}
		return t.add(r)
	}
	if err := readRows(filepath.Join(dir, partName(k)), m.Metrics, add); err != nil {
		return err
	}
	t.close()
	p.insert(block{0, k}, t)
	return nil
}

// insert adds a block. If its neighbour is there, insert joins the two and adds the joined block in the same way.
func (p *Partial) insert(b block, t *tally) {
	for {
		neighbour := block{b.Level, b.Index ^ 1}
		o, ok := p.blocks[neighbour]
		if !ok {
			p.blocks[b] = t
			return
		}
		delete(p.blocks, neighbour)
		if b.Index%2 == 1 {
			t, o = o, t
		}
		t.merge(o)
		b = block{b.Level + 1, b.Index >> 1}
	}
}

// Add adds other parts of the same study. A part that is in both counts once. It returns an error if the studies
// differ, or if o joins parts of which only some were counted before. o must not be used afterwards.
func (p *Partial) Add(o *Partial) error {
	if p.blocks == nil {
		*p = *o
		return nil
	}
	if len(o.blocks) > 0 && p.manifest.Settings != o.manifest.Settings {
		return fmt.Errorf("parts of two studies do not add up: their settings are %.8s and %.8s", p.manifest.Settings,
			o.manifest.Settings)
	}
	for _, b := range slices.SortedFunc(maps.Keys(o.blocks), func(a, b block) int { return a.start() - b.start() }) {
		counted := false
		for there := range p.blocks {
			counted = counted || b.isWithin(there)
			if there != b && there.isWithin(b) {
				return fmt.Errorf("parts %d to %d were counted before, and parts %d to %d, which are to be added, include them",
					there.start(), there.start()+1<<there.Level-1, b.start(), b.start()+1<<b.Level-1)
			}
		}
		if !counted {
			p.insert(b, o.blocks[b])
		}
	}
	return nil
}

// Summary returns the summary of the parts so far.
func (p *Partial) Summary() *Summary {
	t := newTally(p.manifest)
	for _, b := range slices.SortedFunc(maps.Keys(p.blocks), func(a, b block) int { return a.start() - b.start() }) {
		t.merge(p.blocks[b])
	}
	return t.summary()
}

// packedTally is a tally in the form in which it goes from one machine to another.
type packedTally struct {
	Block                    block
	Pictures, Maps, Failures int
	Answers                  []Answers
	Failed                   []Row
	Values                   []packedValue
	Pairs                    []packedPair
	Ranks                    []packedValue
	Examples                 map[string]Examples
	Layers, Methods          []string
	Curves                   curveSums
	Classes                  classSums
	Sample                   sample
}

type packedValue struct {
	Cell    Cell
	Metric  string
	Moments moments
	Sample  bootstrap
}

type packedPair struct {
	A, B    Cell
	Metric  string
	Moments moments
}

// MarshalBinary writes the partial for another process of the same program.
func (p *Partial) MarshalBinary() ([]byte, error) {
	var out bytes.Buffer
	e := gob.NewEncoder(&out)
	if err := e.Encode(p.manifest); err != nil {
		return nil, fmt.Errorf("writing what parts of a study say: %w", err)
	}
	all := []packedTally{}
	for b, t := range p.blocks {
		w := packedTally{Block: b, Pictures: t.pictures, Maps: t.maps, Failures: t.failures, Answers: t.answers,
			Failed: t.failed, Examples: t.examples, Layers: t.layers, Methods: t.methods, Curves: t.curves, Classes: t.classes,
			Sample: t.sample}
		for k, v := range t.values {
			w.Values = append(w.Values, packedValue{k.cell, k.metric, v.moments, v.sample})
		}
		for k, m := range t.pairs {
			w.Pairs = append(w.Pairs, packedPair{k.a, k.b, k.metric, *m})
		}
		for k, m := range t.ranks {
			w.Ranks = append(w.Ranks, packedValue{Cell: k.cell, Metric: k.metric, Moments: *m})
		}
		all = append(all, w)
	}
	if err := e.Encode(all); err != nil {
		return nil, fmt.Errorf("writing what parts of a study say: %w", err)
	}
	return out.Bytes(), nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (p *Partial) UnmarshalBinary(data []byte) error {
	d := gob.NewDecoder(bytes.NewReader(data))
	var all []packedTally
	var m manifest
	if err := d.Decode(&m); err != nil {
		return fmt.Errorf("reading what parts of a study say: %w", err)
	}
	if err := d.Decode(&all); err != nil {
		return fmt.Errorf("reading what parts of a study say: %w", err)
	}
	*p = Partial{m, map[block]*tally{}}
	for _, w := range all {
		t := newTally(m)
		t.pictures, t.maps, t.failures, t.answers, t.failed = w.Pictures, w.Maps, w.Failures, w.Answers, w.Failed
		if w.Examples != nil {
			t.examples = w.Examples
		}
		t.layers, t.methods, t.sample = w.Layers, w.Methods, w.Sample
		if w.Curves != nil {
			t.curves = w.Curves
		}
		if w.Classes != nil {
			t.classes = w.Classes
		}
		for _, v := range w.Values {
			t.values[key{v.Cell, v.Metric}] = &value{v.Moments, v.Sample}
		}
		for _, v := range w.Pairs {
			t.pairs[pair{v.A, v.B, v.Metric}] = &v.Moments
		}
		for _, v := range w.Ranks {
			t.ranks[key{v.Cell, v.Metric}] = &v.Moments
		}
		p.blocks[w.Block] = t
	}
	return nil
}
