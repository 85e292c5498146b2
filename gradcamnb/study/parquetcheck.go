package study

import (
	"encoding/binary"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	maxFooter   = 64 << 20 // bytes of a Parquet file's footer; that of a file of a gigabyte has some kilobytes
	maxElements = 2 << 20  // of all lists in what a Parquet file says of itself; a column of a group of rows has about ten
)

// checkFooter returns what a Parquet file says of itself, if the library can read that within its bounds: the library
// (0.32.0) makes room for what is claimed.
func checkFooter(f io.ReaderAt, size int64) (*format.FileMetaData, error) {
	const magic = "PAR1" // at both ends; before the last is the footer's length
	end := make([]byte, 4+len(magic))
	if size < int64(len(magic)+len(end)) {
		return nil, errDamaged
	}
	if _, err := f.ReadAt(end, size-int64(len(end))); err != nil || string(end[4:]) != magic {
		return nil, errDamaged
	}
	n := int64(binary.LittleEndian.Uint32(end))
	if n > min(maxFooter, size-int64(len(magic)+len(end))) {
		return nil, errDamaged
	}
	footer := make([]byte, n)
	if _, err := f.ReadAt(footer, size-int64(len(end))-n); err != nil {
		return nil, errDamaged
	}
	m := &measure{data: footer, left: maxElements}
	if err := m.structure(0); err != nil {
		return nil, err
	}
	meta := &format.FileMetaData{}
	if thrift.Unmarshal(new(thrift.CompactProtocol), footer, meta) != nil || !isShallow(meta.Schema) {
		return nil, errDamaged
	}
	return meta, checkIndexes(f, size, meta.RowGroups, m.left)
}

// isShallow tells whether no column lies deeper than [deepest] in the schema, a tree of which each element is followed
// by its children.
func isShallow(schema []format.SchemaElement) bool {
	var missing []int32 // children, of each element above
	for _, e := range schema {
		for len(missing) > 0 && missing[len(missing)-1] == 0 {
			missing = missing[:len(missing)-1]
		}
		if len(missing) > 0 {
			missing[len(missing)-1]--
		}
		if n, _ := e.NumChildren.Get(); n > 0 {
			missing = append(missing, n)
		}
		if len(missing) > deepest {
			return false
		}
	}
	return true
}

// checkIndexes returns an error if the indexes of pages are longer than the file or are no lists, or if groups have
// different numbers of columns.
func checkIndexes(f io.ReaderAt, size int64, groups []format.RowGroup, left int) error {
	total := int64(0)
	for _, g := range groups {
		if len(g.Columns) == 0 || len(g.Columns) != len(groups[0].Columns) {
			return errDamaged
		}
		for _, c := range g.Columns {
			for _, part := range [][2]int64{{c.ColumnIndexOffset, int64(c.ColumnIndexLength)},
				{c.OffsetIndexOffset, int64(c.OffsetIndexLength)}} {
				at, n := part[0], part[1]
				if total += n; at < 0 || n < 0 || n > size-at || total > size {
					return errDamaged
				}
				if n == 0 {
					continue
				}
				m := &measure{data: make([]byte, n), left: left}
				if _, err := f.ReadAt(m.data, at); err != nil {
					return errDamaged
				}
				if err := m.structure(0); err != nil {
					return err
				}
				left = m.left
			}
		}
	}
	return nil
}
