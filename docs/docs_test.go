// Package docs tests what the documents say.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every message that messages.md explains is one that our programs write. Some come from Go's compiler, and the last is
// put together by package render, whose tests read the page.
func TestMessages(t *testing.T) {
	elsewhere := []string{"expected declaration", "declared and not used", "model.Scope is not a type",
		"as int value in argument to gradcamnb.Class", "to type gradcamnb.Layer", "value of interface type error",
		"has no field or method explain, but does have",
		"does not implement ask.Choice", "as image.Image value in argument to net.MustExplain", "‹U+732B›"}
	var source strings.Builder
	for _, dir := range []string{"gradcamnb", "kernels", "internal"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") &&
				!strings.HasSuffix(path, ".js") {
				return err
			}
			text, err := os.ReadFile(path)
			source.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| (`[^|]+`) \\|").FindAllStringSubmatch(page(t, "messages.md"), -1)
	if len(rows) < 20 {
		t.Fatalf("%d messages", len(rows))
	}
	for _, row := range rows {
		for said := range strings.SplitSeq(strings.Trim(row[1], "`"), "`, `") {
			if !strings.Contains(source.String(), said) && !strings.Contains(strings.Join(elsewhere, "\n"), said) {
				t.Errorf("nothing says %q", said)
			}
		}
	}
}

// The first page leads to every task of how-do-i.md.
func TestTasksFromHome(t *testing.T) {
	home := page(t, "index.md")
	headings := regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(page(t, "how-do-i.md"), -1)
	if len(headings) < 20 {
		t.Errorf("%d tasks, and 20 are promised", len(headings))
	}
	for _, h := range headings {
		anchor := strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 ]`).ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-")
		if !strings.Contains(home, "(how-do-i.md#"+anchor+")") {
			t.Errorf("index.md does not lead to %q, #%s", h[1], anchor)
		}
	}
}

// A link to another site cannot be followed here. What can be held is that it names a package of ours that exists, or a
// module that one of our go.mod files requires.
func TestLinksElsewhere(t *testing.T) {
	const ours = "github.com/gradcam-go/gradcam"
	sites := []string{"https://keepachangelog.com", "https://flic.kr/p/r9qvLn"} // no modules
	link := regexp.MustCompile("https?://[^\\s)>\"'`]+")
	var modules strings.Builder
	var links []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if d.Name() == "go.mod" {
			modules.WriteString(page(t, path))
		}
		if filepath.Ext(path) == ".md" {
			links = append(links, link.FindAllString(page(t, path), -1)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(links) < 5 {
		t.Fatalf("%d links", len(links))
	}
	for _, link := range links {
		link = strings.TrimRight(link, ".,;:")
		name := strings.TrimPrefix(strings.TrimPrefix(link, "https://pkg.go.dev/"), "https://")
		switch rest, is := strings.CutPrefix(name, ours); {
		case is:
			if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(rest))); err != nil {
				t.Errorf("%s: %v", link, err)
			}
		case slices.Contains(sites, link), strings.Contains(modules.String(), name+" v"):
		default:
			t.Errorf("%s names no module that we build with: if it is right, list it in this test", link)
		}
	}
}

// The page about sidecars has a row for every field of how pictures are prepared.
func TestSidecarFields(t *testing.T) {
	models := page(t, "models.md")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[imgio.Prep]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && !strings.Contains(models, "`input."+name+"`") {
			t.Errorf("models.md has no `input.%s`", name)
		}
	}
}
