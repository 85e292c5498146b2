package main

import (
	"errors"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/cli"
)

func targetHelp() string { return "what is explained:\n" + kind.Help() }

// parseTarget reads a target as --target writes it.
func parseTarget(s string) (gradcamnb.Target, error) {
	t, err := gradcamnb.ParseTarget(s)
	if errors.Is(err, kind.ErrText) {
		return t, cli.Usage(err)
	}
	return t, err
}
