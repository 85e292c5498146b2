package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	privatehome "github.com/gradcam-go/gradcam/internal/home"
)

// pjrtWheel has the PJRT plugin for XLA on CPU that is known to work with the pinned go-xla.
var pjrtWheel = wheel{
	folder: "pjrt",
	name:   "lammps-jax-pjrt-cpu", version: "0.11.2",
	sha256:  "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
	file:    "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
	instead: "go-xla's README tells how to get another",
}

var pluginFile = regexp.MustCompile(`^pjrt(?:_c_api_(.+)_plugin|[-_]plugin[-_](.+))\.(?:so|dylib|dll)$`)

// findPlugins returns the files of the PJRT plugins that go-xla would find.
func findPlugins(h home, lookup func(string) (string, bool)) []string {
	dirs := privatehome.PluginFolders(lookup)
	if path, set := lookup(privatehome.PluginEnv); set {
		dirs = strings.Split(path, ":")
	} else {
		dirs = append([]string{h.join("pjrt")}, dirs...)
	}
	var found []string
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if pluginFile.MatchString(e.Name()) {
				found = append(found, filepath.Join(dir, e.Name()))
			}
		}
	}
	return found
}
