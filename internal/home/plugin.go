package home

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/internal/private"
)

// PluginEnv names the environment variable with the folders that PJRT plugins are looked for in.
const PluginEnv = "PJRT_PLUGIN_LIBRARY_PATH"

// PluginFile is the plugin that gonb-gradcam install --xla puts into the private folder.
const PluginFile = "pjrt/pjrt_c_api_cpu_plugin.so"

// PluginFolders returns the folders that go-xla looks for plugins in when [PluginEnv]
// does not say (go-xla 0.4.5, pjrt/dynamiclib_posix.go).
func PluginFolders(lookup func(string) (string, bool)) []string {
	var dirs []string
	if user, ok := lookup("HOME"); ok {
		dirs = append(dirs, filepath.Join(user, ".local", "lib", "go-xla"))
	}
	dirs = append(dirs, "/usr/local/lib/go-xla")
	if path, ok := lookup("LD_LIBRARY_PATH"); ok {
		dirs = append(dirs, strings.Split(path, ":")...)
	}
	return dirs
}

// ownPlugin returns the plugin of the private folder, if there is one, and why it is not used, if others could have put
// it there.
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

// PluginRefusal returns why the plugin of the private folder is not used, if it is there and others could have put it
// there.
func PluginRefusal() error {
	_, refused := ownPlugin()
	return refused
}

// FindPlugin lets this program find the plugin of the private folder before all others, unless the environment says
// where plugins are. A plugin that others could have put there is passed over.
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
