package source

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/gomlx/ml/model"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/regular"
)

// read is like [readONNX], but adds the files that it opens to these.
func (files *openFiles) read(ctx context.Context, path, name string, openBeside func(string) (*os.File, error),
	o onnxnorm.Options) (*onnxModel, error) {
	f, err := files.add(regular.Open(path)) // it stays open, since weights are read when they are used
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the model: %w", err)
	}
	sum, failed := sha256.New(), make(chan error, 1)
	go func() {
		_, err := io.Copy(sum, heardReader{ctx, io.NewSectionReader(f, 0, info.Size())})
		failed <- err
	}()
	m, inFile, err := parse(ctx, f, info.Size(), name)
	if err != nil {
		return nil, err
	}
	stored, weights, err := storedWeights(m, openBeside)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	maps.Copy(stored, inFile)
	inputs, err := onnxnorm.Inputs(m, o.Picture)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	dims, bare, err := pictureDims(inputs[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := <-failed; err != nil {
		return nil, fmt.Errorf("reading the model: %w", err)
	}
	o.Picture, o.Stored, o.Evaluate = inputs[0].Name, stored, evaluate
	o.Bytes = info.Size()
	for _, file := range weights {
		if beside, err := os.Stat(file); err == nil { // it has been read before
			o.Bytes += beside.Size()
		}
	}
	c := Card{
		Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), SHA256: hex.EncodeToString(sum.Sum(nil)),
		Type: inputs[0].Type, Input: dims, File: path, Files: append([]string{path}, weights...), Warning: oddOpset(m, name),
		NoRelu: !slices.ContainsFunc(m.Graph.Node, func(n *protos.NodeProto) bool { return n.OpType == "Relu" }),
	}
	bare = bare && !c.lift(m, inputs[0])
	if err := c.stack(m, inputs[0], dims, o.Slices); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, i := range inputs[1:] {
		c.Inputs = append(c.Inputs, Input{Name: i.Name, Type: i.Type, Dims: i.Dims, Read: i.Read, Batched: i.Batched})
	}
	for _, out := range m.Graph.Output {
		c.Outputs = append(c.Outputs, out.Name)
	}
	return &onnxModel{card: c, proto: m, store: model.NewStore(), options: o, bare: bare,
		layers: map[string][]Layer{}, views: map[string]*onnxModel{}}, nil
}

// parse returns the graph of a model file, with its functions inlined, and the weights that were left in the file.
func parse(ctx context.Context, f *os.File, size int64, name string) (*protos.ModelProto,
	map[string]onnxnorm.StoredValues, error) {
	m := &protos.ModelProto{}
	stored, err := unmarshal(f, size, m)
	if err != nil {
		const pointer = "version https://git-lfs"
		begin := make([]byte, len(pointer))
		if _, errRead := f.ReadAt(begin, 0); errRead == nil && string(begin) == pointer {
			return nil, nil, fmt.Errorf("%s is a pointer of Git LFS and not the model itself: fetch it with git lfs pull", name)
		}
		if errors.Is(err, proto.Error) { // this error says nothing more
			return nil, nil, fmt.Errorf("%s is not an ONNX file, or it is damaged", name)
		}
		return nil, nil, fmt.Errorf("%s is not an ONNX file, or it is damaged: %w", name, cmp.Or(errors.Unwrap(err), err))
	}
	if m.GetGraph() == nil || len(m.Graph.Node) == 0 {
		return nil, nil, fmt.Errorf("%s holds no ONNX graph: it is not an ONNX file, or it is damaged", name)
	}
	if len(m.Graph.Output) == 0 {
		return nil, nil, fmt.Errorf("%s: the ONNX graph has no output: the file is damaged", name)
	}
	if err := onnxnorm.Inline(ctx, m); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	onnxnorm.Modernise(m)
	if err := onnxnorm.Densify(m, size); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, stored, nil
}

// volumeAxes are those of a batch of volumes.
const volumeAxes = 5

// pictureDims returns the shape of a batch of pictures for the input that takes them. bare tells that the input takes a
// single picture, without a batch axis.
func pictureDims(in onnxnorm.Input) (dims []int, bare bool, err error) {
	if !in.Numeric() {
		return nil, false, fmt.Errorf("the model's input %q holds no numbers (%s) and so no picture", in.Name, in.Type)
	}
	dims = in.Dims
	if bare = len(dims) == 3; bare {
		dims = append([]int{1}, dims...)
	}
	if len(dims) != 4 && len(dims) != volumeAxes {
		return nil, false, fmt.Errorf("the model's input %s is no batch of pictures, which would have 4 axes", in)
	}
	return dims, bare, nil
}
