package source

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
)

// toRawData is the path of field numbers in onnx.proto to the values of the weights, which are most of a file.
var toRawData = []protowire.Number{
	7, // ModelProto.graph
	5, // GraphProto.initializer
	9, // TensorProto.raw_data
}

// lightFrom is the size in bytes from which a weight is left in the file and read when it is needed.
const lightFrom = 4 << 10

// unmarshal reads a model. Large weights stay in the file until they are needed.
func unmarshal(f *os.File, size int64, m *protos.ModelProto) (map[string]onnxnorm.StoredValues, error) {
	r := &aheadReader{file: f, size: size}
	light, err := r.skipWeights(0, size, toRawData)
	if err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(light, m); err != nil {
		return nil, err
	}
	stored := map[string]onnxnorm.StoredValues{}
	for i, t := range m.GetGraph().GetInitializer() {
		if w := r.weights[i]; w.size > 0 {
			if stored[t.Name], err = valuesInFile(f, w); err != nil {
				return nil, err
			}
		}
	}
	return stored, nil
}

// stretch is a part of a file.
type stretch struct{ at, size int64 }

// aheadReader reads an encoded message mostly in order, with few calls.
type aheadReader struct {
	file   io.ReaderAt
	size   int64
	buffer []byte
	from   int64 // where the buffer begins in the file

	weights []stretch // for each initializer so far, what was left out
}

// bytes reads a stretch, which must lie within the file.
func (a *aheadReader) bytes(at, size int64) ([]byte, error) {
	if at < a.from || at+size > a.from+int64(len(a.buffer)) {
		const chunk = 64 << 10
		a.from, a.buffer = at, make([]byte, min(max(size, chunk), a.size-at))
		if _, err := a.file.ReadAt(a.buffer, at); err != nil {
			a.buffer = nil
			return nil, err
		}
	}
	return a.buffer[at-a.from:][:size], nil
}

// skipWeights returns the encoded message from at to end. It leaves out the field at the end of path, a list of
// field numbers, if that field is large.
func (a *aheadReader) skipWeights(at, end int64, path []protowire.Number) (out []byte, err error) {
	for at < end {
		const longest = 20 // a tag and a number have at most ten bytes each
		head, err := a.bytes(at, min(longest, end-at))
		if err != nil {
			return nil, err
		}
		number, kind, n := protowire.ConsumeTag(head)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if kind != protowire.BytesType { // a number, since ONNX has no groups
			m := protowire.ConsumeFieldValue(number, kind, head[n:])
			if m < 0 {
				return nil, protowire.ParseError(m)
			}
			out, at = append(out, head[:n+m]...), at+int64(n+m)
			continue
		}
		length, m := protowire.ConsumeVarint(head[n:])
		if m < 0 {
			return nil, protowire.ParseError(m)
		}
		at += int64(n + m)
		if length > uint64(end-at) { //nolint:gosec // at is not past the end
			return nil, io.ErrUnexpectedEOF
		}
		value := stretch{at, int64(length)} //nolint:gosec // no more than a file has
		at += value.size
		if number == path[0] && len(path) == 1 && value.size >= lightFrom {
			a.weights[len(a.weights)-1] = value
			continue
		}
		out = append(out, head[:n]...)
		var content []byte
		if number == path[0] && len(path) > 1 {
			if len(path) == 2 {
				a.weights = append(a.weights, stretch{})
			}
			content, err = a.skipWeights(value.at, at, path[1:])
		} else {
			content, err = a.bytes(value.at, value.size)
		}
		if err != nil {
			return nil, err
		}
		out = protowire.AppendBytes(out, content)
	}
	return out, nil
}

// valuesInFile returns the values of a weight that are read from a file, which must stay open for that.
func valuesInFile(f *os.File, at stretch) (onnxnorm.StoredValues, error) {
	opened, err := f.Stat()
	if err != nil {
		return onnxnorm.StoredValues{}, err
	}
	return onnxnorm.StoredValues{Size: int(at.size), Read: func(into []byte, from int) {
		now, err := f.Stat()
		if err == nil && (now.Size() != opened.Size() || !now.ModTime().Equal(opened.ModTime())) {
			err = errors.New("it was changed after the model was opened: open the model again")
		}
		if err == nil {
			_, err = f.ReadAt(into, at.at+int64(from))
		}
		if err != nil {
			panic(fmt.Errorf("reading weights from %s: %w", f.Name(), err))
		}
	}}, nil
}
