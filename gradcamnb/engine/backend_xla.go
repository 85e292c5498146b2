//go:build cgo && !noxla

package engine

import "C" // for malloc.c

import (
	"github.com/gomlx/go-xla/compute/xla"
)

func init() {
	xla.EnableAutoInstall(false) // nothing is downloaded unasked
	xlaPlugins = xla.GetAvailablePlugins
}
