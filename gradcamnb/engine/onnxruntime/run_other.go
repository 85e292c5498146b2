//go:build !cgo || noonnxruntime

package onnxruntime

import (
	"context"
	"errors"
)

var errNotLinked = errors.New(
	"this program cannot load onnxruntime: it is built without a C compiler or with -tags noonnxruntime")

const linked = false

// Model is a file that onnxruntime has loaded. There is none in this program.
type Model struct{}

// Open returns an error, since this program cannot load onnxruntime.
func Open([]byte, []string, []string) (*Model, error) { return nil, errNotLinked }

// Run is never called.
func (*Model) Run(context.Context, []Tensor) ([]Tensor, error) { return nil, errNotLinked }

// Close does nothing.
func (*Model) Close() error { return nil }
