package render

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// ReadTexts returns the texts of a PNG picture that [EncodePNG] wrote.
func ReadTexts(data []byte) (map[string]string, error) {
	const signature = "\x89PNG\r\n\x1a\n"
	rest, ok := bytes.CutPrefix(data, []byte(signature))
	if !ok {
		return nil, errors.New("it is no PNG picture")
	}
	texts := map[string]string{}
	for len(rest) >= 12 {
		n := binary.BigEndian.Uint32(rest)
		if uint64(n)+12 > uint64(len(rest)) {
			break
		}
		kind, body, sum := string(rest[4:8]), rest[8:8+n], binary.BigEndian.Uint32(rest[8+n:])
		if crc32.ChecksumIEEE(rest[4:8+n]) != sum {
			return nil, fmt.Errorf("the picture is damaged: its part %q has another checksum", kind)
		}
		if key, value, ok := strings.Cut(string(body), "\x00\x00\x00\x00\x00"); ok && kind == "iTXt" {
			texts[key] = value
		}
		if kind == "IEND" {
			return texts, nil
		}
		rest = rest[12+n:]
	}
	return nil, errors.New("the picture is damaged: it ends too early")
}
