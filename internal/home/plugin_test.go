package home

import (
	"slices"
	"testing"
)

// No plugin is looked for in the folder where one stands, which empty and relative parts of a path mean.
func TestPluginFolders(t *testing.T) {
	lookup := func(name string) (string, bool) {
		return map[string]string{"HOME": "/home/me", "LD_LIBRARY_PATH": "/opt/lib::.:lib:"}[name], true
	}
	if got, want := PluginFolders(lookup), []string{"/home/me/.local/lib/go-xla", "/usr/local/lib/go-xla",
		"/opt/lib"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
