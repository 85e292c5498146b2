package study

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"strings"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/gradcam-go/gradcam/internal/machine"
)

// openedParquet is an open Parquet file, whose footer was checked.
type openedParquet struct {
	*parquet.File
	from *os.File
	info os.FileInfo
}

// openChecked opens a Parquet file. The error is [errDamaged], or tells that the file [unpacksToMuch].
func openChecked(f *os.File, info os.FileInfo) (openedParquet, error) {
	meta, err := checkFooter(f, info.Size())
	if err != nil {
		return openedParquet{}, err
	}
	if unpacksToMuch(meta.RowGroups) {
		return openedParquet{}, errUnpacks
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true))
	if err != nil {
		return openedParquet{}, errDamaged
	}
	return openedParquet{file, f, info}, nil
}

// checkedColumns holds the columns of groups of rows whose pages were found right in this process.
var checkedColumns sync.Map

// checkPages returns an error if the pages of a column in a group of rows are not what their headers and the footer
// say. The library (0.32.0) makes room for what is claimed, and its decoders for all that a few bytes can stand for.
func (o openedParquet) checkPages(group int, column parquet.LeafColumn) error {
	g := o.Metadata().RowGroups[group]
	of := g.Columns[column.ColumnIndex].MetaData
	at := of.DataPageOffset
	if of.DictionaryPageOffset != 0 {
		at = of.DictionaryPageOffset
	}
	end := at + of.TotalCompressedSize
	if at < 0 || end < at || end > o.info.Size() {
		return errDamaged
	}
	pages := pageChecker{from: o.from, end: end, codec: of.Codec, left: g.NumRows,
		repeated: bits.Len(uint(column.MaxRepetitionLevel)), missing: bits.Len(uint(column.MaxDefinitionLevel))}
	if pages.repeated > 0 { // a row may have several values
		pages.left = min(of.NumValues, maxRepeated)
	}
	starts := map[int64]bool{}
	for at < end {
		starts[at] = true
		var err error
		if at, err = pages.check(at); err != nil {
			return err
		}
	}
	index, err := o.RowGroups()[group].ColumnChunks()[column.ColumnIndex].OffsetIndex()
	if err == nil { // else there is none
		for i := range index.NumPages() {
			if !starts[index.Offset(i)] {
				return errDamaged
			}
		}
	}
	if g.NumRows > 0 && !starts[of.DataPageOffset] {
		return errDamaged
	}
	return nil
}

// checkOnce is like checkPages, but checks a column of a group of rows once in a process.
func (o openedParquet) checkOnce(group int, column parquet.LeafColumn) error {
	key := fmt.Sprintf("%s %d %d %d %d", o.from.Name(), o.info.Size(), o.info.ModTime().UnixNano(), group,
		column.ColumnIndex)
	if _, done := checkedColumns.Load(key); done {
		return nil
	}
	if err := o.checkPages(group, column); err != nil {
		return fmt.Errorf("%s, group %d of rows, column %s: %w", o.from.Name(), group, strings.Join(column.Path, "."), err)
	}
	checkedColumns.Store(key, true)
	return nil
}

// checkAll checks all columns of all groups of rows.
func (o openedParquet) checkAll() error {
	for group := range o.RowGroups() {
		for _, path := range o.Schema().Columns() {
			column, _ := o.Schema().Lookup(path...)
			if err := o.checkPages(group, column); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxRepeated is the most values of a column with several in a row: 2 GiB of numbers.
const maxRepeated = 1 << 28

// pageChecker checks the pages of a column in a group of rows.
type pageChecker struct {
	from              io.ReaderAt
	end               int64 // of the pages in the file
	codec             format.CompressionCodec
	repeated, missing int   // bits of the numbers that tell what values are repeated or missing; 0 if none may be
	left              int64 // values that the pages may have
}

// check checks the page at a place in the file, and returns the place after it.
func (p *pageChecker) check(at int64) (next int64, err error) {
	h, at, err := p.header(at)
	if err != nil {
		return 0, err
	}
	packed, unpacked := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	if packed < 0 || packed > p.end-at || unpacked < 0 || isTooMuch(unpacked, packed) {
		return 0, errDamaged
	}
	if memory := machine.Memory(); memory > 0 && 2*(packed+unpacked) > memory/2 {
		return 0, fmt.Errorf("a page of it needs %.1f GB to be read, and half of the memory of this process has %.1f GB",
			float64(2*(packed+unpacked))/1e9, float64(memory)/2e9)
	}
	body := make([]byte, packed)
	if _, err := p.from.ReadAt(body, at); err != nil {
		return 0, errDamaged
	}
	return at + packed, p.checkBody(h, body)
}

// header returns the header of the page at a place in the file, and the place after it.
func (p *pageChecker) header(at int64) (h *format.PageHeader, next int64, err error) {
	const most = 16 << 20 // bytes; a header may hold the smallest and the largest value
	for n := int64(1 << 10); ; n *= 16 {
		n = min(n, p.end-at, most)
		m := &measure{data: make([]byte, n), left: 1 << 10}
		if _, err := p.from.ReadAt(m.data, at); err != nil {
			return nil, 0, errDamaged
		}
		if err := m.structure(0); err != nil {
			if n == p.end-at || n == most {
				return nil, 0, err
			}
			continue // with more of it
		}
		h = &format.PageHeader{}
		if thrift.Unmarshal(new(thrift.CompactProtocol), m.data[:m.at], h) != nil {
			return nil, 0, errDamaged
		}
		return h, at + int64(m.at), nil
	}
}

// checkBody checks what follows the header of a page.
func (p *pageChecker) checkBody(h *format.PageHeader, body []byte) error {
	most := int(h.UncompressedPageSize)
	switch h.Type {
	case format.DictionaryPage:
		n := h.DictionaryPageHeader.V.NumValues
		if n < 0 || int(n) > most { // a value has a byte at least
			return errDamaged
		}
		_, err := unpackPage(p.codec, body, most)
		return err
	case format.DataPage:
		return p.checkData(h.DataPageHeader.V, body, most)
	case format.DataPageV2:
		return p.checkDataV2(h.DataPageHeaderV2.V, body, most)
	}
	return errDamaged
}

// checkData checks a page of the first version: what tells which values are missing is packed with the values.
func (p *pageChecker) checkData(v format.DataPageHeader, body []byte, most int) error {
	if err := p.take(v.NumValues); err != nil {
		return err
	}
	body, err := unpackPage(p.codec, body, most)
	if err != nil {
		return err
	}
	for _, levels := range []struct {
		width    int
		encoding format.Encoding
	}{{p.repeated, v.RepetitionLevelEncoding}, {p.missing, v.DefinitionLevelEncoding}} {
		if levels.width == 0 {
			continue
		}
		if levels.encoding != format.RLE {
			return errDamaged
		}
		var runs []byte
		if runs, body, err = cutPrefixed(body); err != nil {
			return err
		}
		if err := checkRuns(runs, levels.width, int(v.NumValues)); err != nil {
			return err
		}
	}
	return checkValues(v.Encoding, body, int(v.NumValues))
}

// checkDataV2 checks a page of the second version: what tells which values are missing comes before the packed values.
func (p *pageChecker) checkDataV2(v format.DataPageHeaderV2, body []byte, most int) error {
	if err := p.take(v.NumValues); err != nil {
		return err
	}
	repeated, missing := int(v.RepetitionLevelsByteLength), int(v.DefinitionLevelsByteLength)
	if repeated < 0 || missing < 0 || repeated > len(body) || missing > len(body)-repeated {
		return errDamaged
	}
	if err := errors.Join(checkRuns(body[:repeated], p.repeated, int(v.NumValues)),
		checkRuns(body[repeated:repeated+missing], p.missing, int(v.NumValues))); err != nil {
		return err
	}
	body = body[repeated+missing:]
	if packed, said := v.IsCompressed.Get(); packed || !said {
		var err error
		if body, err = unpackPage(p.codec, body, most); err != nil {
			return err
		}
	}
	return checkValues(v.Encoding, body, int(v.NumValues))
}

// take takes values off those that the pages may have.
func (p *pageChecker) take(n int32) error {
	if p.left -= int64(n); n < 0 || p.left < 0 {
		return errDamaged
	}
	return nil
}
