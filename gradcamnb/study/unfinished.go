package study

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
	"github.com/gradcam-go/gradcam/internal/border"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// unfinished holds the pictures of a part that are done while others of it are not. It is written every minute and when
// the study is stopped. A study that goes on loses at most the batch that it was at, and, if it was killed, what it had
// done since the last write.
type unfinished struct {
	Settings string // of the study's manifest
	Done     int    // pictures
	Rows     []Row
}

const (
	checkpointTime = time.Minute // between two writes of what is done of a part
	maxUnfinished  = 1 << 30     // bytes
)

// unfinishedPath returns the path of what is done of part k.
func (s *Study) unfinishedPath(k int) string {
	return filepath.Join(s.Out, fmt.Sprintf(".part-%06d.unfinished", k))
}

// readUnfinished returns what an earlier run did of part k. It returns nothing if there is none, or if the file is
// damaged or of another study: the part is then computed from its start.
func (s *Study) readUnfinished(k int) unfinished {
	data, err := regular.Read(s.unfinishedPath(k), maxUnfinished)
	if err != nil {
		return unfinished{}
	}
	var u unfinished
	func() {
		defer border.Recover(&err)
		err = gob.NewDecoder(bytes.NewReader(data)).Decode(&u)
	}()
	from, to := s.pictures(k)
	if err != nil || u.Settings != s.settings || u.Done < 0 || u.Done > to-from {
		return unfinished{}
	}
	for _, row := range u.Rows {
		if row.Index < from || row.Index >= from+u.Done {
			return unfinished{}
		}
	}
	return u
}

func (s *Study) writeUnfinished(k int, u unfinished) error { return s.writeUpTo(k, u, maxUnfinished) }

// writeUpTo writes what is done of part k. If that has more bytes than are read again, writeUpTo returns an error, and
// what was written before stays.
func (s *Study) writeUpTo(k int, u unfinished, most int) error {
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(u); err != nil {
		return fmt.Errorf("what is done of a part: %w", err)
	}
	if data.Len() > most {
		return fmt.Errorf("what is done of a part has %d bytes, and at most %d are kept: what is not will be computed again; "+
			"smaller parts avoid that", data.Len(), most)
	}
	return atomicfile.Write(s.unfinishedPath(k), data.Bytes())
}

// countFailed returns how many pictures failed, each perhaps with several models.
func countFailed(rows []Row) (n int) {
	last := -1
	for _, row := range rows {
		if row.Error != "" && row.Index != last {
			n, last = n+1, row.Index
		}
	}
	return n
}

// runPart explains the pictures of part k that an earlier run has not explained, and writes the part's file.
func (s *Study) runPart(ctx context.Context, k int, progress *Progress) error {
	begin, end := s.pictures(k)
	u := s.readUnfinished(k)
	u.Settings = s.settings
	progress.Done, progress.There = progress.Done+u.Done, progress.There+u.Done
	progress.Failed += countFailed(u.Rows)
	written, unwritten := time.Now(), false
	batches := s.openBatches(ctx, begin+u.Done, end)
	defer batches.stop()
	for begin+u.Done < end {
		batch := batches.next()
		more, err := s.explain(ctx, batch)
		if err != nil {
			if unwritten {
				err = errors.Join(err, s.writeUnfinished(k, u))
			}
			return err
		}
		u.Done, u.Rows, unwritten = batch.to-begin, append(u.Rows, more...), true
		if time.Since(written) >= checkpointTime && batch.to < end {
			// If it cannot be written, for example because the disk is full, the study goes on.
			unwritten, written = s.writeUnfinished(k, u) != nil, time.Now()
		}
		progress.Done, progress.Failed = progress.Done+batch.to-batch.from, progress.Failed+countFailed(more)
		s.report(*progress)
	}
	if err := writeRows(s.part(k), u.Rows, s.Metrics); err != nil {
		return err
	}
	if err := os.Remove(s.unfinishedPath(k)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("what was done of a part: %w", err)
	}
	return nil
}
