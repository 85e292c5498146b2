//go:build !unix

package main

import (
	"context"
	"errors"
	"os/exec"
)

type engine struct{}

// startEngine does nothing here, because a socket cannot be handed over: cells explain in their own process.
func startEngine(context.Context, func() (*exec.Cmd, error)) (*engine, error) {
	return nil, errors.ErrUnsupported
}

func (*engine) socket() string { return "" }

func (*engine) end() {}
