package source

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	pkgerrors "github.com/pkg/errors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/walk"
)

// author tells which code is that of a graph function's author, and not a library's.
type author struct {
	line     string // where the function is written, "cifar/models.go:34", or its name, if it is a method and not called yet
	function string // name of the function
	home     string // its package, whose code is the author's also if it belongs to a library
	caller   string // the function that calls it: of a stack, what lies outside that is no part of the author's code
}

// authorOf returns the author of a function.
func authorOf(function any) author {
	f := runtimeFunc(function)
	name, isMethod := strings.CutSuffix(f.Name(), "-fm") // the function that calls a method of a value
	a := author{function: name, home: packageOf(name), caller: runtimeFunc((*gomlxModel).call).Name()}
	if a.line = name[strings.LastIndex(name, "/")+1:]; !isMethod {
		a.line = shortLine(f.FileLine(f.Entry()))
	}
	return a
}

// in returns the author with the line of a method, which the nodes tell that the method has made in a traced graph.
func (a author) in(g *Graph) author {
	if strings.Contains(a.line, ":") {
		return a
	}
	for _, n := range g.Nodes() {
		for frames, more := runtime.CallersFrames(stackOf(n)), true; more; {
			var f runtime.Frame
			if f, more = frames.Next(); f.Function == a.function && f.Func != nil {
				a.line = shortLine(f.Func.FileLine(f.Entry))
				return a
			}
		}
	}
	return a
}

func runtimeFunc(function any) *runtime.Func {
	return runtime.FuncForPC(reflect.ValueOf(function).Pointer())
}

// lineOf returns the innermost line of a stack that the author wrote, "models.go:34" with the folder in front; empty if
// there is none.
func (a author) lineOf(pcs []uintptr) string {
	for frames, more := runtime.CallersFrames(pcs), true; more; {
		var f runtime.Frame
		if f, more = frames.Next(); f.Function == a.caller {
			break
		}
		if f.Function != "" && (packageOf(f.Function) == a.home || !isLibrary(f)) {
			return shortLine(f.File, f.Line)
		}
	}
	return ""
}

// lineFor returns the line of the graph function that made a node of a traced graph.
func (a author) lineFor(n *Node) string { return a.lineOf(stackOf(n)) }

// stackOf returns the stack on which a node of a traced graph was made; nil if the graph is not traced.
func stackOf(n *Node) (pcs []uintptr) {
	traced, ok := walk.Original(n).Trace().(interface{ StackTrace() pkgerrors.StackTrace })
	if !ok {
		return nil
	}
	for _, f := range traced.StackTrace() {
		pcs = append(pcs, uintptr(f))
	}
	return pcs
}

// locate returns words that say where a node was made, and after which weights, if its graph is traced.
func (a author) locate(n *Node) string {
	line := a.lineFor(n)
	if line == "" {
		return ""
	}
	if scope := lastScope(n.Graph(), n); scope != "" {
		line += " after the weights of " + scope
	}
	return ", made at " + line + ","
}

// packageOf returns the package of a function, by the function's full name.
func packageOf(function string) string {
	slash := strings.LastIndex(function, "/") + 1
	name, _, _ := strings.Cut(function[slash:], ".")
	return function[:slash] + name
}

// standard is the folder of Go's own packages; empty in a program that was built with -trimpath, whose lines have no
// folders of the machine.
var standard = func() string {
	f := runtimeFunc(runtime.GC)
	file, _ := f.FileLine(f.Entry())
	if !filepath.IsAbs(file) {
		return ""
	}
	return filepath.Dir(filepath.Dir(file)) + string(filepath.Separator)
}()

// modules are the paths of the modules that the program is built of.
var modules = sync.OnceValue(func() (paths []string) {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			paths = append(paths, m.Path)
		}
	}
	return paths
})

// isStandard tells whether a line of code is of a package of Go's own. Without folders, that is one in none of the
// program's modules whose path begins with no host.
func isStandard(f runtime.Frame, of string) bool {
	if standard != "" {
		return strings.HasPrefix(f.File, standard)
	}
	first, _, _ := strings.Cut(of, "/")
	return of != "main" && !strings.Contains(first, ".") && !slices.ContainsFunc(modules(), func(m string) bool {
		return of == m || strings.HasPrefix(of, m+"/")
	})
}

// isLibrary tells whether a line of code is that of Go, GoMLX or this engine. GoMLX's own examples count as their
// author's.
func isLibrary(f runtime.Frame) bool {
	const gomlx, engine = "github.com/gomlx/", "github.com/gradcam-go/gradcam/gradcamnb/engine"
	of := packageOf(f.Function)
	switch {
	case of == "runtime" || isStandard(f, of):
		return true
	case strings.HasPrefix(of, gomlx):
		return !strings.HasPrefix(of, gomlx+"gomlx/examples/")
	}
	return of == engine || strings.HasPrefix(of, engine+"/")
}

func shortLine(file string, line int) string {
	return fmt.Sprintf("%s:%d", filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file)), line)
}
