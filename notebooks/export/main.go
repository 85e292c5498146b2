// Command export executes the notebooks on the installed kernel and writes what readers
// without one see: the notebooks' own outputs, their pages docs/notebooks/*.html, and the
// gallery docs/gallery.md that leads to them.
//
//	go run ./notebooks/export [NOTEBOOK.ipynb ...]
//
// It is run from the root of the checkout. Python 3 with Jupyter must be on PATH.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/internal/atomicfile"
)

const (
	pages     = "docs/notebooks"
	quality   = 88      // of the pages' pictures, as JPEG
	thumbnail = 640     // widest picture of the gallery
	largest   = 1000000 // bytes of a page
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}

func run(only []string) error {
	all, err := filepath.Glob("notebooks/*.ipynb")
	if err != nil || len(all) == 0 {
		return fmt.Errorf("there is no notebooks/*.ipynb here: run it from the root of the checkout")
	}
	if len(only) == 0 {
		only = all
	}
	if err := os.MkdirAll(pages, 0o755); err != nil {
		return err
	}
	for _, name := range only {
		if err := export(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return gallery(all)
}

// notebook is nbformat 4, as far as it is touched.
type notebook struct {
	Cells    []map[string]any `json:"cells"`
	Metadata map[string]any   `json:"metadata"`
	Format   int              `json:"nbformat"`
	Minor    int              `json:"nbformat_minor"`
}

func read(file string) (nb notebook, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nb, err
	}
	return nb, json.Unmarshal(data, &nb)
}

// written is the notebook as nbformat writes it.
func written(nb notebook) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(nb)
	return b.Bytes(), err
}

// export executes a notebook, in place, and writes its page.
func export(file string) error {
	tmp, err := os.MkdirTemp("", "export")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(tmp) }() // a temporary folder
	fmt.Println("executing", file)
	if err := python("kernels/gonb-gradcam/execute.py", file, tmp); err != nil {
		return err
	}
	executed := filepath.Join(tmp, filepath.Base(file))
	nb, err := read(executed)
	if err != nil {
		return err
	}
	for _, cell := range nb.Cells {
		if meta, ok := cell["metadata"].(map[string]any); ok {
			delete(meta, "execution") // when it ran
		}
	}
	data, err := written(nb)
	if err != nil {
		return err
	}
	first, err := shrink(nb)
	if err != nil {
		return err
	}
	page := filepath.Join(tmp, "page.ipynb")
	text, err := json.Marshal(nb)
	if err != nil {
		return err
	}
	if err := os.WriteFile(page, text, 0o600); err != nil {
		return err
	}
	// Nothing in the page comes from elsewhere: neither require.js nor MathJax.
	err = python("-m", "nbconvert", "--to", "html", "--output", "page.html", "--log-level", "WARN",
		"--HTMLExporter.require_js_url=", "--HTMLExporter.mathjax_url=", "--HTMLExporter.jquery_url=", "--HTMLExporter.widget_renderer_url=", page)
	if err != nil {
		return err
	}
	html, err := os.ReadFile(filepath.Join(tmp, "page.html"))
	if err != nil {
		return err
	}
	title, _ := heading(nb)
	html = bytes.Replace(html, []byte("<title>page</title>"), []byte("<title>"+escape(title)+"</title>"), 1)
	if len(html) > largest {
		return fmt.Errorf("its page has %d bytes and at most %d are wanted: show fewer pictures, or smaller ones", len(html), largest)
	}
	base := filepath.Join(pages, strings.TrimSuffix(filepath.Base(file), ".ipynb"))
	if err := atomicfile.Write(base+".html", html); err != nil {
		return err
	}
	if err := atomicfile.Write(base+".jpg", first); err != nil {
		return err
	}
	fmt.Printf("  %s.html, %d kB\n", base, len(html)/1000)
	return atomicfile.Write(file, data)
}

// shrink turns the pictures of the outputs into JPEG, a quarter of the size, and returns
// a small form of the first one.
func shrink(nb notebook) (first []byte, err error) {
	for _, cell := range nb.Cells {
		outputs, _ := cell["outputs"].([]any)
		for _, o := range outputs {
			output, _ := o.(map[string]any)
			data, _ := output["data"].(map[string]any)
			text, ok := data["image/png"].(string)
			if !ok {
				continue
			}
			raw, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
			if err != nil {
				return nil, err
			}
			img, err := png.Decode(bytes.NewReader(raw))
			if err != nil {
				return nil, err
			}
			small, err := encode(img)
			if err != nil {
				return nil, err
			}
			delete(data, "image/png")
			data["image/jpeg"] = base64.StdEncoding.EncodeToString(small)
			if first == nil {
				if first, err = encode(narrowed(img)); err != nil {
					return nil, err
				}
			}
		}
	}
	if first == nil {
		return nil, fmt.Errorf("it shows no picture")
	}
	return first, nil
}

func encode(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

func narrowed(img image.Image) image.Image {
	b := img.Bounds()
	if b.Dx() <= thumbnail {
		return img
	}
	out := image.NewNRGBA(image.Rect(0, 0, thumbnail, b.Dy()*thumbnail/b.Dx()))
	draw.CatmullRom.Scale(out, out.Bounds(), img, b, draw.Src, nil)
	return out
}

// gallery lists the notebooks with their first picture.
func gallery(files []string) error {
	var b strings.Builder
	b.WriteString("# Gallery\n\nThe notebooks as pages that play without a kernel: download one and open it in a browser (GitHub shows\npages as text), or read the notebook itself. `go run ./notebooks/export` executes all of them on the\ninstalled kernel and writes the pages and this list.\n")
	slices.SortStableFunc(files, func(a, b string) int { // the quickstart first
		return strings.Compare(order(a), order(b))
	})
	for _, file := range files {
		nb, err := read(file)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(file), ".ipynb")
		if _, err := os.Stat(filepath.Join(pages, name+".html")); err != nil {
			continue // not exported yet
		}
		title, about := heading(nb)
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n[![The first picture of the notebook](notebooks/%s.jpg)](notebooks/%[3]s.html)\n\n[page](notebooks/%[3]s.html) · [notebook](../notebooks/%[3]s.ipynb)\n", title, about, name)
	}
	return atomicfile.Write("docs/gallery.md", []byte(b.String()))
}

func order(file string) string {
	if filepath.Base(file) == "quickstart.ipynb" {
		return ""
	}
	return file
}

// heading is the notebook's title and its first paragraph.
func heading(nb notebook) (title, about string) {
	for _, cell := range nb.Cells {
		if cell["cell_type"] != "markdown" {
			continue
		}
		text := source(cell)
		first, rest, _ := strings.Cut(text, "\n")
		about, _, _ = strings.Cut(strings.TrimSpace(rest), "\n\n")
		return strings.TrimLeft(first, "# "), about
	}
	return "Notebook", ""
}

func source(cell map[string]any) string {
	switch s := cell["source"].(type) {
	case string:
		return s
	case []any:
		var b strings.Builder
		for _, line := range s {
			text, _ := line.(string)
			b.WriteString(text)
		}
		return b.String()
	}
	return ""
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace

func python(args ...string) error {
	out, err := exec.Command("python3", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("python3 %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
