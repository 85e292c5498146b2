package home

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/private"
)

// PluginEnv is the environment variable that names the folders in which PJRT plugins are looked for.
const PluginEnv = "PJRT_PLUGIN_LIBRARY_PATH"

// PluginFile is the plugin that gonb-gradcam install --xla puts into the private folder.
const PluginFile = "pjrt/pjrt_c_api_cpu_plugin.so"

// PluginFolders returns the folders in which go-xla looks for plugins if [PluginEnv] is not set (go-xla 0.4.5,
// pjrt/dynamiclib_posix.go). The current folder, which an empty or relative part of LD_LIBRARY_PATH means, is none.
func PluginFolders(lookup func(string) (string, bool)) []string {
	var dirs []string
	if user, ok := lookup("HOME"); ok {
		dirs = append(dirs, filepath.Join(user, ".local", "lib", "go-xla"))
	}
	dirs = append(dirs, "/usr/local/lib/go-xla")
	if path, ok := lookup("LD_LIBRARY_PATH"); ok {
		dirs = append(dirs, strings.Split(path, ":")...)
	}
	return slices.DeleteFunc(dirs, func(dir string) bool { return !filepath.IsAbs(dir) })
}

// ownPlugin returns the plugin of the private folder, if there is one. If others could have put it there, it returns
// the reason why it is not used.
func ownPlugin() (plugin string, refused error) {
	dir, err := Dir()
	if err != nil {
		return "", nil //nolint:nilerr // without a private folder there is none
	}
	plugin = filepath.Join(dir, filepath.FromSlash(PluginFile))
	if _, err := os.Stat(plugin); err != nil {
		return "", nil //nolint:nilerr // not installed
	}
	return plugin, private.Check(plugin)
}

// PluginRefusal returns the reason why the plugin of the private folder is not used: others could have put it there. It
// returns nil if there is no plugin, or if it may be used.
func PluginRefusal() error {
	_, refused := ownPlugin()
	return refused
}

// FindPlugin makes this program look for plugins in the private folder first, unless the environment says where plugins
// are. It passes over a plugin that others could have put there.
func FindPlugin() {
	if _, set := os.LookupEnv(PluginEnv); set {
		return
	}
	plugin, err := ownPlugin()
	if plugin == "" || err != nil {
		return
	}
	// the name has no NUL
	_ = os.Setenv(PluginEnv, strings.Join(append([]string{filepath.Dir(plugin)}, PluginFolders(os.LookupEnv)...), ":"))
}
