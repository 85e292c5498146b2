package hostile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Tables are Parquet files of some kilobytes that claim much, or stand for much. Each has a column image.
var Tables = map[string]func() []byte{
	"a footer with 2^31 columns": func() []byte {
		return whole(nil, append([]byte{0x15, 2, 0x19, 0xfc}, binary.AppendUvarint(nil, math.MaxInt32)...))
	},
	"a footer 10,000,000 deep": func() []byte { return whole(nil, bytes.Repeat([]byte{0x1c}, 1e7)) },
	"a schema 100,000 deep": func() []byte {
		one := thrift.New(int32(1))
		return whole(nil, packed(format.FileMetaData{Schema: many(format.SchemaElement{Name: "a", NumChildren: one}, 1e5)}))
	},
	"60,000 columns": func() []byte {
		const n = 60_000
		schema := []format.SchemaElement{{Name: "row", NumChildren: thrift.New(int32(n))}}
		for i := range n {
			schema = append(schema, format.SchemaElement{Name: strconv.Itoa(i), Type: thrift.New(format.ByteArray)})
		}
		return whole(nil, packed(format.FileMetaData{Schema: schema}))
	},
	"an index of pages of 2 GiB": func() []byte {
		t := parquetFile{page: onePage{data: plain}}
		t.chunk.ColumnIndexOffset, t.chunk.ColumnIndexLength = 4, math.MaxInt32
		return t.file()
	},
	"a page of 2 GiB": func() []byte {
		return changed(func(h *format.PageHeader) { h.CompressedPageSize = math.MaxInt32 })
	},
	"a page that unpacks to 2 GiB": func() []byte {
		return changed(func(h *format.PageHeader) { h.UncompressedPageSize = math.MaxInt32 })
	},
	"a page of 2^31 values": func() []byte {
		return changed(func(h *format.PageHeader) { h.DataPageHeader.V.NumValues = math.MaxInt32 })
	},
	"400 MB that are said to be 8 bytes": func() []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, _ = w.Write(make([]byte, 400e6)) // into memory
		_ = w.Close()
		return parquetFile{codec: format.Gzip, page: onePage{data: out.Bytes(), size: 8}}.file()
	},
	"a damaged page of LZ4": func() []byte {
		return parquetFile{codec: format.Lz4Raw, page: onePage{data: []byte("\xf0\xff\xff\xff\xff"), size: 8}}.file()
	},
	"a damaged page of Snappy of 4 GiB": func() []byte {
		data := binary.AppendUvarint(nil, math.MaxUint32)
		return parquetFile{codec: format.Snappy, page: onePage{data: data, size: 8}}.file()
	},
	"a run of 2^31 numbers of a dictionary": func() []byte {
		run := append([]byte{1}, binary.AppendUvarint(nil, 2*math.MaxInt32)...)
		return parquetFile{page: onePage{data: append(run, 0), encoding: format.RLEDictionary}}.file()
	},
	"a run of 2^31 missing values": func() []byte {
		run := append(binary.AppendUvarint(nil, 2*math.MaxInt32), 0)
		data := append(binary.LittleEndian.AppendUint32(nil, uint32(len(run))), run...)
		return parquetFile{optional: true, page: onePage{data: data}}.file()
	},
	"2^31 lengths in a few bits": func() []byte {
		data := append(binary.AppendUvarint([]byte{0x80, 1, 4}, math.MaxInt32), 0)
		return parquetFile{page: onePage{data: data, encoding: format.DeltaLengthByteArray}}.file()
	},
	"1,000 texts of 1 MB that are as the one before": func() []byte {
		var prefixes, rests []int32
		for i := range 1000 {
			prefixes, rests = append(prefixes, 1<<20*int32(min(i, 1))), append(rests, 1<<20*int32(max(0, 1-i)))
		}
		e := new(delta.BinaryPackedEncoding)
		first, err1 := e.EncodeInt32(nil, prefixes)
		second, err2 := e.EncodeInt32(nil, rests)
		if err := errors.Join(err1, err2); err != nil {
			panic(err) // it is memory
		}
		data := append(append(slices.Clone(first), second...), make([]byte, 1<<20)...)
		return parquetFile{rows: 1000, page: onePage{data: data, encoding: format.DeltaByteArray}}.file()
	},
}

// changed is a file whose page has another header than it should have.
func changed(change func(h *format.PageHeader)) []byte {
	return parquetFile{page: onePage{data: plain, change: change}}.file()
}

// plain is a page with a value of four bytes.
var plain = []byte("\x04\x00\x00\x00abcd")

// onePage is the page of a table.
type onePage struct {
	data     []byte
	size     int // unpacked; 0 means that of data
	encoding format.Encoding
	change   func(h *format.PageHeader) // may be nil
}

// parquetFile is a Parquet file with one page.
type parquetFile struct {
	codec    format.CompressionCodec
	optional bool  // the value may be missing
	rows     int64 // 0 means 1
	page     onePage
	chunk    format.ColumnChunk
}

// file returns the file. All sizes but those of the page are right.
func (t parquetFile) file() []byte {
	p := t.page
	t.rows = max(t.rows, 1)
	if p.size == 0 {
		p.size = len(p.data)
	}
	h := format.PageHeader{Type: format.DataPage, UncompressedPageSize: int32(p.size),
		CompressedPageSize: int32(len(p.data)),
		DataPageHeader: thrift.New(format.DataPageHeader{NumValues: int32(t.rows), Encoding: p.encoding,
			DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE})}
	if p.change != nil {
		p.change(&h)
	}
	pages := append(packed(h), p.data...)
	t.chunk.FileOffset = 4
	t.chunk.MetaData = format.ColumnMetaData{Type: format.ByteArray, Encoding: []format.Encoding{p.encoding},
		PathInSchema: []string{"image"}, Codec: t.codec, NumValues: t.rows, TotalUncompressedSize: int64(len(pages)),
		TotalCompressedSize: int64(len(pages)), DataPageOffset: 4}
	repetition := format.Required
	if t.optional {
		repetition = format.Optional
	}
	group := format.RowGroup{Columns: []format.ColumnChunk{t.chunk}, NumRows: t.rows, TotalByteSize: int64(len(pages))}
	return whole(pages, packed(format.FileMetaData{Version: 1, NumRows: t.rows,
		Schema: []format.SchemaElement{{Name: "row", NumChildren: thrift.New(int32(1))},
			{Name: "image", Type: thrift.New(format.ByteArray), RepetitionType: thrift.New(repetition)}},
		RowGroups: []format.RowGroup{group}}))
}

// whole puts the pages and the footer of a Parquet file together.
func whole(pages, footer []byte) []byte {
	out := append([]byte("PAR1"), pages...)
	out = append(out, footer...)
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(footer))), "PAR1"...)
}

// packed returns a structure in Thrift's compact protocol.
func packed(v any) []byte {
	data, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		panic(err) // it is a structure of the library's
	}
	return data
}

func many[T any](v T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}
