//go:build cgo && !noxla

package device

import (
	"github.com/gomlx/go-xla/compute/xla"
)

func init() {
	xlaPlugins = xla.GetAvailablePlugins
	onlyInstalled = func() { xla.EnableAutoInstall(false) }
}
