// Command reference writes the reference of packages as Markdown, from their comments: a page a package, as JSON by the
// package's folder. The site's hooks run it; nothing of it lies in git.
//
//	go run ./docs/mkdocs/reference gradcamnb gradcamnb/heatmap
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/gradcam-go/gradcam/"

func main() {
	pages := map[string]string{}
	for _, folder := range os.Args[1:] {
		page, err := write(folder)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		pages[folder] = page
	}
	if err := json.NewEncoder(os.Stdout).Encode(pages); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// page is a package's reference while it is written.
type page struct {
	bytes.Buffer
	fset *token.FileSet
	pkg  *doc.Package
}

// write returns the reference of the package in a folder of the module.
func write(folder string) (string, error) {
	p := &page{fset: token.NewFileSet()}
	names, err := filepath.Glob(filepath.Join(filepath.FromSlash(folder), "*.go"))
	if err != nil {
		return "", err
	}
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(p.fset, name, nil, parser.ParseComments)
		if err != nil {
			return "", fmt.Errorf("reading the package %s: %w", folder, err)
		}
		files = append(files, f)
	}
	if p.pkg, err = doc.NewFromFiles(p.fset, files, module+folder); err != nil {
		return "", fmt.Errorf("reading the package %s: %w", folder, err)
	}
	fmt.Fprintf(p, "# Package %s\n\n```go\nimport \"%s%s\"\n```\n\n", p.pkg.Name, module, folder)
	p.comment(p.pkg.Doc)
	p.examples(p.pkg.Examples)
	p.values("Constants", p.pkg.Consts)
	p.values("Variables", p.pkg.Vars)
	for _, f := range p.pkg.Funcs {
		p.function(2, f)
	}
	for _, t := range p.pkg.Types {
		p.named(2, t.Name, t.Decl, t.Doc)
		p.examples(t.Examples)
		for _, v := range slices.Concat(t.Consts, t.Vars) {
			p.declaration(v.Decl, v.Doc)
		}
		for _, f := range append(t.Funcs, t.Methods...) {
			p.function(3, f)
		}
	}
	return p.String(), nil
}

func (p *page) values(title string, values []*doc.Value) {
	if len(values) == 0 {
		return
	}
	fmt.Fprintf(p, "## %s\n\n", title)
	for _, v := range values {
		p.declaration(v.Decl, v.Doc)
	}
}

func (p *page) function(level int, f *doc.Func) {
	name := f.Name
	if f.Recv != "" {
		name = strings.TrimLeft(f.Recv, "*") + "." + name
	}
	p.named(level, name, f.Decl, f.Doc)
	p.examples(f.Examples)
}

// named returns a declaration under a heading of its name.
func (p *page) named(level int, name string, decl ast.Node, text string) {
	fmt.Fprintf(p, "%s %s {#%s}\n\n", strings.Repeat("#", level), name, name)
	p.declaration(decl, text)
}

func (p *page) declaration(decl ast.Node, text string) {
	fmt.Fprintf(p, "```go\n%s\n```\n\n", p.source(decl))
	p.comment(text)
}

func (p *page) source(n any) string {
	var b bytes.Buffer
	if err := format.Node(&b, p.fset, n); err != nil {
		return err.Error()
	}
	return b.String()
}

// comment returns a comment as Markdown, whose links lead to the pages of this reference or to the other packages' own.
func (p *page) comment(text string) {
	printer := p.pkg.Printer()
	printer.HeadingLevel = 4
	printer.HeadingID = func(*comment.Heading) string { return "" }
	printer.DocLinkURL = func(l *comment.DocLink) string {
		to := ""
		if folder, ours := strings.CutPrefix(l.ImportPath, module); ours {
			to = fileName(folder)
		} else if l.ImportPath != "" {
			to = "https://pkg.go.dev/" + l.ImportPath
		}
		name := l.Name
		if l.Recv != "" {
			name = l.Recv + "." + name
		}
		if name == "" {
			return to
		}
		return to + "#" + name
	}
	p.Write(printer.Markdown(p.pkg.Parser().Parse(text)))
	fmt.Fprintln(p)
}

// fileName returns the page of the package in a folder of the module.
func fileName(folder string) string { return strings.ReplaceAll(folder, "/", ".") + ".md" }

func (p *page) examples(examples []*doc.Example) {
	for _, e := range examples {
		title := "Example"
		if e.Suffix != "" {
			title += " (" + strings.ReplaceAll(e.Suffix, "_", " ") + ")"
		}
		body := p.source(e.Code)
		if _, ok := e.Code.(*ast.BlockStmt); ok { // without its braces
			body = strings.ReplaceAll(strings.Trim(strings.TrimSpace(body), "{}"), "\n\t", "\n")
		}
		fmt.Fprintf(p, "**%s**\n\n```go\n%s\n```\n\n", title, strings.TrimSpace(body))
		if e.Output != "" {
			fmt.Fprintf(p, "prints\n\n```text\n%s\n```\n\n", strings.TrimSpace(e.Output))
		}
	}
}
