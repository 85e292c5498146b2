package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// maxRecord is the most bytes of a record that are read.
const maxRecord = 1 << 30

// record holds the measurements. If path is set, they are kept in that file.
type record struct {
	path string
	Rows []benchRow
	Cold []coldRow
}

// benchRow is one case that was measured. Times are in seconds.
type benchRow struct {
	Case      benchCase
	Rounds    int
	Disturbed int                // rounds in which other processes took too much of the machine
	Import    float64            // time to read the file and pass over its graph
	First     float64            // time of the first explanation, which uploads the weights and compiles
	Medians   map[string]float64 // by task
}

func openRecord(path string) (*record, error) {
	r := &record{path: path}
	if path == "" {
		return r, nil
	}
	data, err := regular.Read(path, maxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the record: %w", err)
	}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("the record %s was not written by gradcam-bench: %w", path, err)
	}
	return r, nil
}

func (r *record) has(c benchCase) bool {
	return slices.ContainsFunc(r.Rows, func(row benchRow) bool { return row.Case.key() == c.key() })
}

func (r *record) add(row benchRow) error {
	r.Rows = append(r.Rows, row)
	return r.save()
}

func (r *record) save() error {
	if r.path == "" {
		return nil
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("writing the record: %w", err)
	}
	return atomicfile.Write(r.path, data)
}
