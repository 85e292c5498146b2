//go:build unix

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// shimGoimports does what goimports does for a cell's program, "goimports -w FILE". It first adds the imports of the
// library's packages. goimports would look for them in all modules of the workspace, 0.2 s for each cell, because GoNB
// forgets the imports that it has found.
func shimGoimports(args []string) int {
	if len(args) == 2 && args[0] == "-w" {
		if err := importOurs(args[1], os.Getenv(sourceEnv)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return become(os.Getenv(realGoimportsEnv), append([]string{"goimports"}, args...))
}

// importOurs adds to a program the imports of those of the library's packages, in the checkout src, that it uses and
// does not import.
func importOurs(file, src string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("adding imports: %w", err)
	}
	imports, at := oursMissing(text, src)
	if imports == "" {
		return nil
	}
	return os.WriteFile(file, slices.Concat(text[:at], []byte(imports), text[at:]), 0o600)
}

// oursMissing returns the imports to add to a program, and the place for them. That is the line of the package clause,
// so that the other lines keep their numbers. It returns none for a program that does not parse; goimports says what is
// wrong with it.
func oursMissing(text []byte, src string) (imports string, at int) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", text, 0)
	if err != nil {
		return "", 0
	}
	var b strings.Builder
	for _, path := range findUnimported(f, src) {
		fmt.Fprintf(&b, "; import %q", path)
	}
	return b.String(), fset.Position(f.Name.End()).Offset
}

// findUnimported returns the packages of the front that a program uses, as name.Symbol, if it declares or imports
// nothing of that name.
func findUnimported(f *ast.File, src string) []string {
	taken := map[string]bool{}
	for _, spec := range f.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil {
			taken[filepath.Base(path)] = true
		}
		if spec.Name != nil {
			taken[spec.Name.Name] = true
		}
	}
	free := map[*ast.Ident]bool{} // identifiers that the file does not declare
	for _, id := range f.Unresolved {
		free[id] = true
	}
	var paths []string
	ast.Inspect(f, func(n ast.Node) bool {
		use, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := use.X.(*ast.Ident)
		if !ok || !free[id] || taken[id.Name] {
			return true
		}
		taken[id.Name] = true
		for _, dir := range []string{id.Name, filepath.Join("gradcamnb", id.Name)} {
			if files, _ := filepath.Glob(filepath.Join(src, dir, "*.go")); len(files) > 0 {
				paths = append(paths, module+"/"+filepath.ToSlash(dir))
				break
			}
		}
		return true
	})
	return paths
}
