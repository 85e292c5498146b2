package study

import (
	"bytes"
	"errors"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// unpackPage returns what a page holds, of at most so many bytes. The library's own functions have no bound.
func unpackPage(codec format.CompressionCodec, page []byte, most int) ([]byte, error) {
	switch codec {
	case format.Uncompressed:
		return page, nil
	case format.Snappy:
		if n, err := snappy.DecodedLen(page); err != nil || n > most {
			return nil, errDamaged
		}
		data, err := snappy.Decode(nil, page)
		if err != nil {
			return nil, errDamaged
		}
		return data, nil
	case format.Gzip:
		r, err := gzip.NewReader(bytes.NewReader(page))
		if err != nil {
			return nil, errDamaged
		}
		return readAtMost(r, most)
	case format.Brotli:
		return readAtMost(brotli.NewReader(bytes.NewReader(page)), most)
	case format.Zstd:
		r, err := zstd.NewReader(bytes.NewReader(page), zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, errDamaged
		}
		defer r.Close()
		return readAtMost(r, most)
	}
	// Of LZ4, the library (0.32.0) loses pages that can hardly be packed, and takes all memory for a damaged one.
	return nil, errors.New("its pages are packed with " + codec.String() + ", which is not read: pack them with SNAPPY")
}

func readAtMost(r io.Reader, most int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil || len(data) > most {
		return nil, errDamaged
	}
	return data, nil
}
