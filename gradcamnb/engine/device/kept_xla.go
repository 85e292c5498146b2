//go:build cgo && linux && !noxla

package device

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/go-xla/pjrt"

	"github.com/gradcam-go/gradcam/internal/pjrtcache"
)

// Programs of XLA on CPU are kept, unless the user sets XLA's flags: these may ask for output of the compiler, so it
// must run.
func init() {
	keepPrograms = func(plugin string) error {
		name, _, _ := strings.Cut(plugin, ",") // options
		path := name
		if !filepath.IsAbs(path) {
			path = pjrt.AvailablePlugins()[name]
		}
		if err := checkPlugin(path); err != nil {
			return err
		}
		if path == "" || !strings.Contains(strings.ToLower(name), "cpu") || os.Getenv("XLA_FLAGS") != "" {
			return nil
		}
		dir, err := programsFolder()
		if err == nil && dir != "" {
			err = pjrtcache.Register(name, path, dir) // without it go-xla loads the plugin, or says why it cannot
		}
		sayRefused(os.Stderr, err)
		return nil
	}
}
