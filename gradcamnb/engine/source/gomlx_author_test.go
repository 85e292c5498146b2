package source

import (
	"runtime"
	"testing"
)

// Lines without folders, as a program has that was built with -trimpath, are Go's own if their package is in none of
// the program's modules and begins with no host.
func TestStandardPackagesWithoutFolders(t *testing.T) {
	was, of := standard, modules
	defer func() { standard, modules = was, of }()
	standard, modules = "", func() []string { return []string{"mymodule", "github.com/gomlx/gomlx"} }
	for function, want := range map[string]bool{
		"slices.Insert[...]": true, "encoding/json.Marshal": true, "runtime.gopanic": true,
		"main.net": false, "mymodule/nets.Net": false, "mymodule.Net": false, "github.com/me/nets.Net": false,
		"mymodules.Sort": true,
	} {
		if got := isStandard(runtime.Frame{Function: function, File: "any/file.go"}, packageOf(function)); got != want {
			t.Errorf("%s: %t, want %t", function, got, want)
		}
	}
}
