package study

import (
	"encoding/binary"
	"errors"

	"github.com/parquet-go/parquet-go/encoding/thrift"
)

// errDamaged is the error for a Parquet file that contradicts itself. Callers name the file.
var errDamaged = errors.New("its parts contradict each other: it is damaged")

// deepest is how many structures and lists may lie within each other in what a Parquet file says of itself.
const deepest = 64

// measure measures structures in Thrift's compact protocol, in which a Parquet file describes itself. The library makes
// room for as many elements as a list claims before it reads them, and goes as deep as a file does. Here a list has at
// most as many elements as there are bytes, and all lists together have at most so many.
type measure struct {
	data []byte
	at   int
	left int // elements
}

// structure passes over a structure: fields, each a byte with its type in the low half, up to a zero.
func (m *measure) structure(depth int) error {
	if depth > deepest {
		return errDamaged
	}
	for {
		head, err := m.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the number of the field follows
			if _, err := m.number(); err != nil {
				return err
			}
		}
		kind := thrift.Type(head & 15)
		if kind == thrift.TRUE || kind == thrift.FALSE { // which the type says
			continue
		}
		if err := m.value(kind, depth); err != nil {
			return err
		}
	}
}

// value passes over a value of a type.
func (m *measure) value(kind thrift.Type, depth int) error {
	switch kind {
	case thrift.TRUE, thrift.FALSE, thrift.I8:
		return m.skip(1)
	case thrift.I16, thrift.I32, thrift.I64:
		_, err := m.number()
		return err
	case thrift.DOUBLE:
		return m.skip(8)
	case thrift.BINARY:
		n, err := m.number()
		if err != nil {
			return err
		}
		return m.skip(n)
	case thrift.LIST, thrift.SET:
		return m.list(depth + 1)
	case thrift.STRUCT:
		return m.structure(depth + 1)
	}
	return errDamaged // Parquet has no maps
}

// list passes over a list: a byte with the number of elements, if that is below 15, and their type.
func (m *measure) list(depth int) error {
	head, err := m.byte()
	if err != nil || depth > deepest {
		return errors.Join(err, errDamaged)
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = m.number(); err != nil {
			return err
		}
	}
	if n > uint64(m.left) || n > uint64(len(m.data)-m.at) {
		return errDamaged
	}
	m.left -= int(n)
	for range n {
		if err := m.value(thrift.Type(head&15), depth); err != nil {
			return err
		}
	}
	return nil
}

func (m *measure) byte() (byte, error) {
	if m.at >= len(m.data) {
		return 0, errDamaged
	}
	m.at++
	return m.data[m.at-1], nil
}

// number passes over a number of as many bytes as it needs.
func (m *measure) number() (uint64, error) {
	v, n := binary.Uvarint(m.data[m.at:])
	if n <= 0 {
		return 0, errDamaged
	}
	m.at += n
	return v, nil
}

func (m *measure) skip(n uint64) error {
	if n > uint64(len(m.data)-m.at) {
		return errDamaged
	}
	m.at += int(n)
	return nil
}
