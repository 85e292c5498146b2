package gradcamnb

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Every exported field of an exported type has a comment. It stands above the field, or above the first of a group of
// fields, or behind it.
func TestFieldsHaveComments(t *testing.T) {
	n := 0
	for _, root := range []string{".", "../internal", "../scenes"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
			if err != nil || file.Name.Name == "main" {
				return err
			}
			for _, name := range bareFields(file) {
				t.Errorf("%s: the field %s has no comment", set.Position(name.Pos()), name.Name)
			}
			n++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 300 {
		t.Errorf("%d files were read, want all", n)
	}
}

// bareFields lists the exported fields of the exported structs of a file that have no comment.
func bareFields(file *ast.File) (bare []*ast.Ident) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || !spec.Name.IsExported() {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				if len(f.Names) > 0 && f.Names[0].IsExported() && f.Doc == nil && f.Comment == nil {
					bare = append(bare, f.Names[0])
				}
			}
		}
		return true
	})
	return bare
}
