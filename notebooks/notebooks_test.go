// Package notebooks holds the tutorials, and the tests that run them.
package notebooks

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/pixels"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// tolerance is how far a channel of 8 bits may be off a golden picture: backends
// differ in the last bits of a map, which a colour map turns into a few levels.
const tolerance = 8

// needJupyter skips the test if notebooks cannot be executed on our kernel.
func needJupyter(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("python3", "-c", "import jupyterlab, nbclient, nbconvert").CombinedOutput(); err != nil {
		require.Missing(t, "jupyter", lastLine(out)+"; pip install -r kernels/gonb-gradcam/requirements.txt")
	}
	out, err := exec.Command("python3", "-m", "jupyter", "kernelspec", "list", "--json").Output()
	if err != nil || !strings.Contains(string(out), `"gonb-gradcam"`) {
		require.Missing(t, "jupyter", "the kernel is not installed; go run ./kernels/gonb-gradcam install")
	}
}

// needLab skips the test if no browser can open a notebook.
func needLab(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("python3", "-c", "import jupyterlab, nbconvert").CombinedOutput(); err != nil {
		require.Missing(t, "jupyter", lastLine(out)+"; pip install -r kernels/gonb-gradcam/requirements.txt")
	}
	if out, err := exec.Command("python3", "-c",
		"import shutil, playwright; assert shutil.which('chromium') or shutil.which('chromium-browser')").CombinedOutput(); err != nil {
		require.Missing(t, "chromium", lastLine(out)+"; install Chromium, and playwright with pip")
	}
}

// stderr is what a command said when it failed.
func stderr(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// executed is the folder of the executed notebooks and their pages.
var executed = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "notebooks") })

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := executed(); err == nil {
		_ = os.RemoveAll(dir) // a temporary folder
	}
	os.Exit(code)
}

// execute runs a notebook on the installed kernel with the script that the demo
// runs, and returns the executed notebook's file.
func execute(t *testing.T, name string) string {
	t.Helper()
	dir, err := executed()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join("..", "kernels", "gonb-gradcam", "execute.py")
	if out, err := exec.Command("python3", script, name, dir).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return filepath.Join(dir, name)
}

// writeNotebook writes a notebook of code cells. TESTDATA in a source is the folder of that name.
func writeNotebook(t *testing.T, file string, sources ...string) {
	t.Helper()
	testdata, err := filepath.Abs(golden.Path())
	if err != nil {
		t.Fatal(err)
	}
	var cells []any
	for i, source := range sources {
		cells = append(cells, map[string]any{"cell_type": "code", "id": fmt.Sprint("cell", i), "execution_count": nil,
			"metadata": map[string]any{}, "outputs": []any{},
			"source": strings.ReplaceAll(source, "TESTDATA", filepath.ToSlash(testdata))})
	}
	text, err := json.Marshal(map[string]any{"nbformat": 4, "nbformat_minor": 5, "cells": cells,
		"metadata": map[string]any{"kernelspec": map[string]any{
			"name": "gonb-gradcam", "language": "go", "display_name": "Go (Grad-CAM)"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// checkPageErrors reports what went wrong in a page, but for GoNB's own errors of messages that are slow or do not
// arrive.
func checkPageErrors(t *testing.T, errors []string) {
	t.Helper()
	for _, e := range errors {
		if e != "connection closed" && e != late {
			t.Errorf("error in the page: %s", e)
		}
	}
}

// notebook has those fields of nbformat 4 that the tests read.
type notebook struct {
	Cells []struct {
		Source  []string
		Outputs []struct {
			OutputType string `json:"output_type"`
			Text       any    // of a stream: a text or a list of lines
			Data       map[string]any
			Metadata   map[string]any
		}
	}
}

func read(t *testing.T, file string) notebook {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var nb notebook
	if err := json.Unmarshal(data, &nb); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return nb
}

// pictures are the image/png outputs of each cell.
func (nb notebook) pictures(t *testing.T) [][]image.Image {
	t.Helper()
	out := make([][]image.Image, len(nb.Cells))
	for i, c := range nb.Cells {
		for _, o := range c.Outputs {
			text, ok := o.Data["image/png"].(string)
			if !ok {
				continue
			}
			data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
			if err != nil {
				t.Fatal(err)
			}
			img, err := imgio.Decode(data, "output")
			if err != nil {
				t.Fatal(err)
			}
			out[i] = append(out[i], img)
		}
	}
	return out
}

// text returns what cell i printed.
func (nb notebook) text(i int) string {
	var b strings.Builder
	for _, o := range nb.Cells[i].Outputs {
		if o.Text != nil {
			fmt.Fprint(&b, o.Text)
		}
	}
	return b.String()
}

// hasFrame tells whether cell i shows a page in a frame.
func (nb notebook) hasFrame(i int) bool {
	for _, o := range nb.Cells[i].Outputs {
		if lines, ok := o.Data["text/html"].([]any); ok && strings.Contains(fmt.Sprint(lines...), "<iframe title=") {
			return true
		}
	}
	return false
}

// pagePicture is a picture output in the page that nbconvert makes; cards have pictures, too.
var pagePicture = regexp.MustCompile(`jp-RenderedImage[^>]*>\s*<img[^>]*src="data:image/png;base64,`)

// fetched are the modules that a notebook's cells add to its own.
var fetched = regexp.MustCompile(`^!\*go get (\S+)`)

// needModules skips a notebook whose cells ask for other modules, which are fetched, and train what is in them.
func needModules(t *testing.T, name string) {
	t.Helper()
	for _, cell := range read(t, name).Cells {
		if m := fetched.FindStringSubmatch(strings.Join(cell.Source, "")); m != nil {
			require.Slow(t, "it trains a network of "+m[1])
			if out, err := exec.Command("go", "list", "-m", m[1]).CombinedOutput(); err != nil {
				require.Missing(t, "network", lastLine(out))
			}
		}
	}
}

// Every notebook runs from top to bottom on the installed kernel, and every cell
// that shows something has a picture of its own and a table, also in its page. The maps of [looks] lie where they
// should.
func TestNotebooksRun(t *testing.T) {
	needJupyter(t)
	files, err := filepath.Glob("*.ipynb")
	if err != nil || len(files) < 2 {
		t.Fatalf("notebooks %q: %v", files, err)
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			needModules(t, name)
			file := execute(t, name)
			nb := read(t, file)
			shown := 0
			for i, pictures := range nb.pictures(t) {
				source := strings.Join(nb.Cells[i].Source, "")
				framed := strings.Contains(source, "nb.MustShowPage") // which is no picture
				if framed != nb.hasFrame(i) {
					t.Errorf("cell %d has a page in a frame: %v", i, !framed)
				}
				shows := strings.Contains(source, "nb.Must") && !framed
				if shows != (len(pictures) > 0) {
					t.Errorf("cell %d has %d pictures", i, len(pictures))
				}
				shown += len(pictures)
			}
			page, err := os.ReadFile(strings.TrimSuffix(file, ".ipynb") + ".html")
			if err != nil {
				t.Fatal(err)
			}
			if got := len(pagePicture.FindAll(page, -1)); shown == 0 || got != shown {
				t.Errorf("%d pictures shown, %d in the page", shown, got)
			}
			for _, c := range nb.Cells {
				for _, o := range c.Outputs {
					if o.Data["image/png"] != nil && o.Metadata["alt"] == nil {
						t.Error("a picture has no text for those who cannot see it")
					}
				}
			}
			if look := looks[name]; look != nil {
				look(t, nb.lastCard(t))
			}
		})
	}
}

// The quickstart's picture is the right one: the golden picture, which a person
// has looked at, to within the tolerance.
func TestQuickstartPicture(t *testing.T) {
	needJupyter(t)
	for _, pictures := range read(t, execute(t, "quickstart.ipynb")).pictures(t) {
		if len(pictures) > 0 {
			pixels.Golden(t, pictures[0], tolerance, "notebooks", "quickstart.png")
			return
		}
	}
	t.Error("the notebook holds no picture")
}

// JupyterLab in a real browser draws the picture: a photograph of the output area
// is the golden picture, to within the tolerance.
func TestQuickstartInJupyterLab(t *testing.T) {
	needJupyter(t)
	needLab(t)
	file := execute(t, "quickstart.ipynb")
	photo := filepath.Join(t.TempDir(), "lab.png")
	out, err := exec.Command("python3", filepath.Join("testdata", "lab.py"), file, photo).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("drawn at %s", lastLine(out))
	got, err := imgio.Open(photo)
	if err != nil {
		t.Fatal(err)
	}
	pixels.Golden(t, got, tolerance, "notebooks", "quickstart.png")
}
