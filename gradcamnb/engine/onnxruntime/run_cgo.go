//go:build cgo && !noonnxruntime

package onnxruntime

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/gradcam-go/gradcam/internal/half"
	"github.com/gradcam-go/gradcam/internal/home"
)

const linked = true

// started loads the library once.
var started = sync.OnceValue(func() error {
	path, err := Library()
	if err != nil {
		return err
	}
	if err := home.CheckTrusted(path); err != nil {
		return fmt.Errorf("onnxruntime is not loaded: %w", err)
	}
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil { // what it would log, its errors say
		return inWords("onnxruntime did not start from "+path, err)
	}
	return nil
})

// Model is a file that onnxruntime has loaded.
type Model struct {
	session *ort.DynamicAdvancedSession
	outputs []string
}

// Open loads an ONNX file from its bytes. inputs and outputs name the inputs that Run gets and the outputs that it
// returns.
func Open(data []byte, inputs, outputs []string) (*Model, error) {
	if err := started(); err != nil {
		return nil, err
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(data, inputs, outputs, nil)
	if err != nil {
		return nil, inWords("onnxruntime does not open the model", err)
	}
	return &Model{s, outputs}, nil
}

// Close frees the model.
func (m *Model) Close() error { return m.session.Destroy() }

// Run runs one pass and returns the outputs. The inputs must be in the order in which Open was given their names. If
// ctx ends first, onnxruntime stops after the operator that it computes then, and Run returns the error of ctx.
func (m *Model) Run(ctx context.Context, inputs []Tensor) (outputs []Tensor, err error) {
	var in []ort.Value
	out := make([]ort.Value, len(m.outputs))
	defer func() {
		for _, v := range append(in, out...) {
			if v != nil {
				err = errors.Join(err, v.Destroy())
			}
		}
	}()
	for _, t := range inputs {
		v, err := value(t)
		if err != nil {
			return nil, fmt.Errorf("the input %q: %w", t.Name, err)
		}
		in = append(in, v)
	}
	if err := m.runUntil(ctx, in, out); ctx.Err() != nil {
		return nil, ctx.Err()
	} else if err != nil {
		return nil, inWords("onnxruntime cannot run the model", err)
	}
	for i, v := range out {
		t, err := tensor(v)
		if err != nil {
			return nil, fmt.Errorf("the output %q: %w", m.outputs[i], err)
		}
		t.Name = m.outputs[i]
		outputs = append(outputs, t)
	}
	return outputs, nil
}

// runUntil runs one pass, and stops it when ctx ends.
func (m *Model) runUntil(ctx context.Context, in, out []ort.Value) (err error) {
	options, err := ort.NewRunOptions()
	if err != nil {
		return err
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = options.Terminate() // else the pass runs to its end
	})
	err = m.session.RunWithOptions(in, out, options)
	if !stop() {
		<-stopped // it uses the options
	}
	if err != nil { // an output that could not be made is a nil pointer in an interface
		for i, v := range out {
			if v != nil && reflect.ValueOf(v).IsNil() {
				out[i] = nil
			}
		}
	}
	return errors.Join(err, options.Destroy())
}

// value returns a tensor in the type that it has in the file.
func value(t Tensor) (ort.Value, error) {
	shape := make(ort.Shape, len(t.Dims))
	for i, d := range t.Dims {
		shape[i] = int64(d)
	}
	switch t.Type {
	case "float32":
		return ort.NewTensor(shape, t.Values)
	case "float64":
		return ort.NewTensor(shape, convert[float64](t.Values))
	case "float16": // for which Go has no type
		data := make([]byte, 0, 2*len(t.Values))
		for _, v := range t.Values {
			data = binary.LittleEndian.AppendUint16(data, half.FromFloat32(v))
		}
		return ort.NewCustomDataTensor(shape, data, ort.TensorElementDataTypeFloat16)
	case "uint8":
		return ort.NewTensor(shape, convert[uint8](round(t.Values, 0, math.MaxUint8)))
	case "int8":
		return ort.NewTensor(shape, convert[int8](round(t.Values, math.MinInt8, math.MaxInt8)))
	case "int32":
		return ort.NewTensor(shape, convert[int32](t.Values))
	case "int64":
		return ort.NewTensor(shape, convert[int64](t.Values))
	case "bool":
		is := make([]bool, len(t.Values))
		for i, v := range t.Values {
			is[i] = v != 0
		}
		return ort.NewTensor(shape, is)
	}
	return nil, fmt.Errorf("the type %s is not supported", t.Type)
}

// round returns the values rounded to whole numbers from lo to hi.
func round(values []float32, lo, hi float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(math.RoundToEven(float64(min(hi, max(lo, v)))))
	}
	return out
}

// number is a type of numbers that a tensor may hold.
type number interface {
	float32 | float64 | uint8 | uint16 | uint32 | uint64 | int8 | int16 | int32 | int64
}

func convert[T, S number](values []S) []T {
	out := make([]T, len(values))
	for i, v := range values {
		out[i] = T(v)
	}
	return out
}

// tensor returns a copy of an output.
func tensor(v ort.Value) (Tensor, error) {
	switch v := v.(type) {
	case *ort.Tensor[float32]:
		return copied(v), nil
	case *ort.Tensor[float64]:
		return copied(v), nil
	case *ort.Tensor[int64]:
		return copied(v), nil
	case *ort.Tensor[int32]:
		return copied(v), nil
	case *ort.Tensor[int16]:
		return copied(v), nil
	case *ort.Tensor[int8]:
		return copied(v), nil
	case *ort.Tensor[uint64]:
		return copied(v), nil
	case *ort.Tensor[uint32]:
		return copied(v), nil
	case *ort.Tensor[uint16]:
		return copied(v), nil
	case *ort.Tensor[uint8]:
		return copied(v), nil
	case *ort.Tensor[bool]:
		return Tensor{Type: "bool", Dims: dims(v), Values: truths(v.GetData())}, nil
	}
	return Tensor{}, errors.New("it holds no numbers, or is no tensor, which is not supported")
}

// copied returns a copy of a tensor of numbers, whose type is called as in Go.
func copied[T number](v *ort.Tensor[T]) Tensor {
	return Tensor{Type: reflect.TypeFor[T]().String(), Dims: dims(v), Values: convert[float32](v.GetData())}
}

// dims returns the shape of a value.
func dims(v ort.Value) (out []int) {
	for _, d := range v.GetShape() {
		out = append(out, int(d))
	}
	return out
}

// truths returns 1 for true and 0 for false.
func truths(values []bool) []float32 {
	out := make([]float32, len(values))
	for i, is := range values {
		if is {
			out[i] = 1
		}
	}
	return out
}
