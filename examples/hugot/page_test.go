package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// prelude declares what the block of docs/gomlx.md assumes: a session, a folder, the pipeline's steps, the card and a
// picture.
const prelude = `
	ctx := context.Background()
	session, err := hugot.NewGoSession(ctx)
	if err != nil {
		panic(err)
	}
	folder, picture := os.Args[1], imgio.MustOpen(os.Args[2])
	mean, deviation := [3]float32{127. / 255, 127. / 255, 127. / 255}, [3]float32{128. / 255, 128. / 255, 128. / 255}
	steps := []backends.PipelineOption[*pipelines.ImageClassificationPipeline]{
		pipelines.WithPreprocessSteps[*pipelines.ImageClassificationPipeline](imageutil.ResizeStep(224),
			imageutil.CenterCropStep(224, 224)),
		pipelines.WithNormalizationSteps[*pipelines.ImageClassificationPipeline](imageutil.RescaleStep(),
			imageutil.PixelNormalizationStep(mean, deviation)),
	}
	card := source.Card{Name: "lite0", Input: []int{-1, 3, 224, 224}, Layout: imgio.ChannelsFirst, Prep: &imgio.Prep{Width: 224,
		Height: 224, Fit: imgio.Crop, Filter: imgio.Nearest, Order: "RGB", Mean: [3]float32{127, 127, 127},
		Scale: [3]float32{128, 128, 128}}}
`

// The block of docs/gomlx.md about hugot runs as it stands, and explains what the pipeline said.
func TestPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "gomlx.md"))
	if err != nil {
		t.Fatal(err)
	}
	var block string
	for _, b := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(b[1], "hugot.NewPipeline") {
			block = b[1]
		}
	}
	if block == "" {
		t.Fatal("the page has no block about hugot")
	}
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n")
	const module, hugot = "github.com/gradcam-go/gradcam/gradcamnb", "github.com/knights-analytics/hugot"
	for _, pkg := range []string{"context", "fmt", "image", "os", "github.com/gomlx/gomlx/core/graph",
		"github.com/gomlx/gomlx/ml/model", hugot, hugot + "/backends", hugot + "/pipelines", hugot + "/util/imageutil",
		module, module + "/engine", module + "/engine/source", module + "/imgio"} {
		fmt.Fprintf(&b, "\t%q\n", pkg)
	}
	fmt.Fprintf(&b, ")\n\nfunc main() {%s%sfmt.Println(said.Predictions[0][0].Label, why.Maps[0].Layer)\n}\n", prelude, block)
	source, err := os.MkdirTemp(".", "page")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(source) }) // a temporary folder
	if err := os.WriteFile(filepath.Join(source, "main.go"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "page")
	if out, err := exec.Command("go", "build", "-o", binary, "./"+source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := exec.Command(binary, folder(t), filepath.Join(shared, "images", "cat_224.png"))
	c.Env = append(os.Environ(), "GOMLX_BACKEND=go")
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Egyptian cat ") {
		t.Errorf("error %v, the program prints %s", err, out)
	}
}
