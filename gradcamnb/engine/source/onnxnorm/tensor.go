package onnxnorm

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unsafe"

	"github.com/gomlx/compute-onnx/support/protos"
)

// tensor is a constant: an initializer, a Constant node, or a result of folding. It uses exactly one of ints and
// floats; booleans are the ints 0 and 1.
type tensor struct {
	dims  []int
	isInt bool
	kind  protos.TensorProto_DataType // type in the file; zero if folding computed it

	ints   []int64
	floats func() []float32 // decoded on demand, since a weight may be large and not needed
	raw    StoredValues     // the floats, if the file holds them in this form
	// into decodes the floats right to where they stay; nil if only floats does
	into func(out []float32)

	// origin is the tensor's name among the model's weights, with what was done to it; empty for a value that folding
	// computed.
	origin string

	varies   bool          // depends on the shape of the input, or on the values of other inputs
	computed *lazyConstant // computed from other constants, perhaps not yet
}

func intTensor(dims []int, values []int64) *tensor {
	return &tensor{dims: dims, isInt: true, ints: values}
}

func floatTensor(dims []int, values []float32) *tensor {
	return &tensor{dims: dims, floats: func() []float32 { return values }}
}

// reshape returns the same values under other dims.
func (t *tensor) reshape(dims []int) *tensor {
	u := *t
	u.dims, u.computed = dims, nil
	if t.origin != "" {
		u.origin = deriveName(t.origin, fmt.Sprintf("@reshape%v", dims))
	}
	return &u
}

// deriveName returns a name for a tensor that is made from a weight. A long name is replaced by its hash, because the
// names along a chain of many operators would take the square of its length.
func deriveName(origin, how string) string {
	const long = 512
	if len(origin)+len(how) <= long {
		return origin + how
	}
	return fmt.Sprintf("@%x", sha256.Sum256([]byte(origin+how)))
}

// transpose permutes the axes.
func (t *tensor) transpose(perm []int) *tensor {
	dims := permute(t.dims, perm)
	if t.isInt {
		u := intTensor(dims, transposeValues(t.ints, t.dims, perm))
		u.kind, u.varies = t.kind, t.varies
		return u
	}
	u := &tensor{dims: dims, kind: t.kind, varies: t.varies,
		floats: func() []float32 { return transposeValues(t.floats(), t.dims, perm) }}
	if t.raw.Read != nil {
		u.into = func(out []float32) { transposeStored(out, t.raw, t.dims, perm) }
		u.floats = Weight{dims, u.into}.Values
	}
	if t.origin != "" {
		u.origin = deriveName(t.origin, fmt.Sprintf("@transpose%v", perm))
	}
	return u
}

// fill decodes the floats to where they stay.
func (t *tensor) fill(out []float32) {
	if t.into == nil {
		copied(t.floats)(out)
		return
	}
	t.into(out)
}

// toInts returns the tensor's values as Go ints, for shapes, axes and the like.
func (t *tensor) toInts() []int {
	if t.isInt {
		return convert(t.ints, func(v int64) int { return int(v) })
	}
	return convert(t.floats(), func(v float32) int { return int(v) })
}

// bytes reads the values.
func (s StoredValues) bytes() []byte {
	out := make([]byte, s.Size)
	s.Read(out, 0)
	return out
}

// rawData returns the raw data that a tensor itself holds; Read is nil if there is none.
func rawData(p *protos.TensorProto) StoredValues {
	if p.RawData == nil {
		return StoredValues{}
	}
	return StoredValues{len(p.RawData), func(into []byte, at int) { copy(into, p.RawData[at:]) }}
}

// smallInt returns the number of bytes of an integer type and how one is read.
func smallInt(kind protos.TensorProto_DataType) (each int, read func(raw []byte) float32) {
	switch kind {
	case protos.TensorProto_UINT8:
		return 1, func(raw []byte) float32 { return float32(raw[0]) }
	case protos.TensorProto_INT8:
		return 1, func(raw []byte) float32 { return float32(int8(raw[0])) }
	case protos.TensorProto_UINT16:
		return 2, func(raw []byte) float32 { return float32(binary.LittleEndian.Uint16(raw)) }
	default:
		return 2, func(raw []byte) float32 { return float32(int16(binary.LittleEndian.Uint16(raw))) }
	}
}

// readFloats reads float32 values to where they stay.
func readFloats(out []float32, raw StoredValues) {
	raw.Read(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(out))), 4*len(out)), 0)
	for i, cell := range unsafe.Slice((*[4]byte)(unsafe.Pointer(unsafe.SliceData(out))), len(out)) {
		out[i] = littleEndian(cell) // on most machines this changes nothing
	}
}

func littleEndian(cell [4]byte) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(cell[:]))
}

// transposeStored reads float32 values and transposes them, a slab of the first axis at a time. So the first dense
// layer of VGG, of 400 MB, is in memory only once.
func transposeStored(out []float32, raw StoredValues, dims, perm []int) {
	if len(dims) < 2 || size(dims) == 0 {
		readFloats(out, raw)
		return
	}
	const slab = 1 << 20 // in bytes, but at least one tile
	row := len(out) / dims[0]
	rows := min(max(slab/(4*row), tile), dims[0])
	cells := make([][4]byte, rows*row)
	step := permute(strides(permute(dims, perm)), inverse(perm)) // in out, by axis of dims
	for i := 0; i < dims[0]; i += rows {
		rows = min(rows, dims[0]-i)
		cells = cells[:rows*row]
		raw.Read(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(cells))), 4*len(cells)), 4*i*row)
		scatter(out[i*step[0]:], cells, append([]int{rows}, dims[1:]...), step)
	}
}

// tile is how many values of either axis are moved together. Values that are read in order and values that are written
// in order then both stay in the cache.
const tile = 32

// scatter moves the values of a shape to places in out. Neighbours on an axis are step values apart there.
func scatter(out []float32, cells [][4]byte, dims, step []int) {
	last, near := len(dims)-1, 0 // the axes whose neighbours lie together in cells, and in out
	for i := range step {
		if step[i] < step[near] || step[i] == step[near] && dims[i] > dims[near] {
			near = i
		}
	}
	from := strides(dims)
	outer := slices.Clone(dims)
	outer[last], outer[near] = 1, 1
	nears := dims[near]
	if near == last {
		nears = 1
	}
	index := make([]int, len(dims))
	for n := range size(outer) {
		src, dst := 0, 0
		for i, rest := last, n; i >= 0; i-- {
			index[i], rest = rest%outer[i], rest/outer[i]
			src, dst = src+index[i]*from[i], dst+index[i]*step[i]
		}
		for a := 0; a < nears; a += tile {
			for b := 0; b < dims[last]; b += tile {
				width := min(tile, dims[last]-b)
				for i := a; i < min(a+tile, nears); i++ {
					at := dst + i*step[near] + b*step[last]
					for _, cell := range cells[src+i*from[near]+b:][:width] {
						out[at] = littleEndian(cell)
						at += step[last]
					}
				}
			}
		}
	}
}

func convert[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
