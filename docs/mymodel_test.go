package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// my-model.md is a script: its sh blocks run one after the other in a fresh folder and a fresh home, with a network as
// torch exported it and a photo, and make the picture. What its python block does needs torch and is not run.
func TestMyModel(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		require.Missing(t, "sh", "the page is a shell script")
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for to, from := range map[string]string{"mine.onnx": "testdata/models/resnet-basic.dyn.onnx",
		"photo.jpg": "testdata/images/cat.png"} {
		data, err := os.ReadFile(filepath.Join(root, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, to), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "labels.txt"), []byte("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	blocks := shBlock.FindAllStringSubmatch(page(t, "my-model.md"), -1)
	if len(blocks) != 4 {
		t.Fatalf("%d blocks", len(blocks))
	}
	var script strings.Builder
	script.WriteString("set -eu\n")
	for _, block := range blocks {
		script.WriteString(block[1])
	}
	c := exec.Command(shell, "-c", script.String())
	c.Dir = folder
	c.Env = append(os.Environ(), "GRADCAM="+root, "GOMLX_BACKEND=go", "GRADCAMNB_HOME="+t.TempDir())
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	for _, want := range []string{"gradcam ", `"labels": "labels.txt"`, "%, Grad-CAM at ", "-> out", "overlay.png",
		"card.html", "suggested", "LayerCAM at "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the script does not print %q", want)
		}
	}
	for _, file := range []string{"out/overlay.png", "second/overlay.png"} {
		if data, err := os.ReadFile(filepath.Join(folder, file)); err != nil || !strings.HasPrefix(string(data), "\x89PNG") {
			t.Errorf("%s: %v, %d bytes", file, err, len(data))
		}
	}
}
