package source

import (
	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Field numbers of onnx.proto.
const (
	modelGraph       = 7 // ModelProto.graph
	graphInitializer = 5 // GraphProto.initializer
	tensorRawData    = 9 // TensorProto.raw_data
)

// unmarshal reads a model whose weights stay where they are in data: they are most of the
// file, and reading it as a whole copies them. data must not change afterwards.
func unmarshal(data []byte, m *protos.ModelProto) error {
	light, raw := withoutWeights(data)
	if err := proto.Unmarshal(light, m); err != nil {
		return err
	}
	for i, r := range raw {
		if r != nil {
			m.Graph.Initializer[i].RawData = r
		}
	}
	return nil
}

// withoutWeights is the encoded model without the raw data of its initializers, and that
// data by initializer, nil where there is none. A file that is not encoded as it should be
// is handed back whole, for the error that reading it gives.
func withoutWeights(data []byte) (light []byte, raw [][]byte) {
	graphs := 0
	light, ok := rewriteField(data, modelGraph, func(graph []byte) ([]byte, bool) {
		graphs++
		return rewriteField(graph, graphInitializer, func(tensor []byte) ([]byte, bool) {
			raw = append(raw, nil)
			return rewriteField(tensor, tensorRawData, func(values []byte) ([]byte, bool) {
				raw[len(raw)-1] = values
				return nil, true
			})
		})
	})
	if !ok || graphs != 1 {
		return data, nil
	}
	return light, raw
}

// rewriteField copies an encoded message with what change makes of every field of the
// number, which holds bytes; a field that nothing is made of is left out.
func rewriteField(message []byte, number protowire.Number, change func([]byte) ([]byte, bool)) (out []byte, ok bool) {
	for len(message) > 0 {
		num, kind, head := protowire.ConsumeTag(message)
		if head < 0 {
			return nil, false
		}
		n := protowire.ConsumeFieldValue(num, kind, message[head:])
		if n < 0 {
			return nil, false
		}
		field := message[:head+n]
		message = message[head+n:]
		if num != number || kind != protowire.BytesType {
			out = append(out, field...)
			continue
		}
		value, _ := protowire.ConsumeBytes(field[head:])
		changed, ok := change(value)
		if !ok {
			return nil, false
		}
		if changed != nil {
			out = protowire.AppendBytes(append(out, field[:head]...), changed)
		}
	}
	if out == nil {
		out = []byte{} // an empty message, and not none
	}
	return out, true
}
