package study

import (
	"encoding/binary"
	"errors"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"
)

// plainDictionary is how older writers call format.RLEDictionary.
const plainDictionary format.Encoding = 2

// checkValues returns an error if the values of a page could take more room than their number says. The data of such a
// page are in the form that Parquet's Encodings.md describes.
func checkValues(encoding format.Encoding, data []byte, values int) error {
	switch encoding {
	case format.Plain, format.ByteStreamSplit:
		return nil
	case plainDictionary, format.RLEDictionary: // a byte with the width of a number in bits, and runs
		if len(data) == 0 {
			return nil
		}
		if data[0] > 32 {
			return errDamaged
		}
		return checkRuns(data[1:], int(data[0]), values)
	case format.RLE: // of true and false
		runs, _, err := cutPrefixed(data)
		if err != nil {
			return err
		}
		return checkRuns(runs, 1, values)
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray:
		_, err := skipDifferences(data, values)
		return err
	case format.DeltaByteArray:
		return checkPrefixes(data, values)
	}
	return errors.New("its values are in the encoding " + encoding.String() +
		", which is not read: write the file with the encoding PLAIN")
}

// skipDifferences returns what comes after whole numbers that are stored as differences: the size of a block, its
// parts, how many numbers there are, and the first. A block has the smallest difference, a width in bits for each part,
// and the parts.
func skipDifferences(data []byte, values int) (rest []byte, err error) {
	const largest = 1 << 16 // block
	var head [4]uint64
	for i := range head {
		if head[i], data, err = cutNumber(data); err != nil {
			return nil, err
		}
	}
	block, parts, left := head[0], head[1], head[2]
	if parts == 0 || block > largest || block < parts || left > uint64(values) {
		return nil, errDamaged
	}
	for left = max(left, 1) - 1; left > 0; {
		if _, data, err = cutNumber(data); err != nil || parts > uint64(len(data)) {
			return nil, errDamaged
		}
		widths := data[:parts]
		data = data[parts:]
		for _, width := range widths {
			if left == 0 {
				break
			}
			data = data[min(block/parts*uint64(width)/8, uint64(len(data))):]
			left -= min(left, block/parts)
		}
	}
	return data, nil
}

// checkPrefixes checks texts that are stored as the number of bytes that they have in common with the one before, and
// the rest.
func checkPrefixes(data []byte, values int) error {
	rest, err := skipDifferences(data, values)
	if err != nil {
		return err
	}
	if _, err := skipDifferences(rest, values); err != nil {
		return err
	}
	common, err := new(delta.BinaryPackedEncoding).DecodeInt32(nil, data[:len(data)-len(rest)])
	if err != nil {
		return errDamaged
	}
	total := int64(0)
	for _, n := range common {
		total += int64(max(n, 0))
	}
	if isTooMuch(total, int64(len(data))) {
		return errDamaged
	}
	return nil
}

// cutNumber cuts data after a number of as many bytes as it needs.
func cutNumber(data []byte) (v uint64, rest []byte, err error) {
	v, n := binary.Uvarint(data)
	if n <= 0 {
		return 0, nil, errDamaged
	}
	return v, data[n:], nil
}

// checkRuns returns an error if runs stand for more values than there are. A run is a number, whose lowest bit tells
// whether it counts repetitions of one value, or groups of eight values that follow. width is that of a value in bits.
func checkRuns(data []byte, width, values int) error {
	const padding = 1 << 10 // values with which a writer may fill up
	total := uint64(0)
	for len(data) > 0 {
		head, rest, err := cutNumber(data)
		if err != nil {
			return err
		}
		data = rest
		count := head >> 1
		if count > 1<<31 {
			return errDamaged
		}
		bytes := uint64(width+7) / 8
		if head&1 == 1 {
			bytes, count = count*uint64(width), 8*count
		} else if count == 0 {
			continue
		}
		if total += count; total > uint64(values+padding) || bytes > uint64(len(data)) {
			return errDamaged
		}
		data = data[bytes:]
	}
	return nil
}

// cutPrefixed cuts data after a number of four bytes and as many bytes as it says.
func cutPrefixed(data []byte) (part, rest []byte, err error) {
	const prefix = 4
	if len(data) < prefix {
		return nil, nil, errDamaged
	}
	n := binary.LittleEndian.Uint32(data)
	if uint64(n) > uint64(len(data)-prefix) {
		return nil, nil, errDamaged
	}
	return data[prefix : prefix+n], data[prefix+n:], nil
}
