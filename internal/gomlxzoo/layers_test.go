package gomlxzoo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

func open(t *testing.T, backend string, n Net) *gradcamnb.Model {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: n.Name, Input: n.Input, Untrained: true}, n.Store(),
		func(scope *model.Scope, x *Node) []*Node {
			return []*Node{n.Fn(scope, x)}
		})
	if err != nil {
		t.Fatal(err)
	}
	return gradcamnb.NewModel(engine.New(backend).Session(m))
}

// suggested holds for each network the layer where its map is wanted, chosen by a person who read its code. It is the
// last map at the lowest resolution that everything made there goes through; in the transformer, the normalised tokens
// that the last attention reads.
var suggested = map[string]string{
	"cifar": "012_conv/pool", "cifar-batch": "013_norm/pool", "mnist": "model/002_conv/pool",
	"dogsvscats":  "model/002_conv/repeat_01/add",
	"inceptionv3": "InceptionV3/concat#15", "resnet": "block3/relu", "vit": "block1/norm1", "unet": "middle/swish",
}

// The layers that are listed of every network, without a name in any of them, are those of docs/gomlx.md (-update
// writes it), and the suggested one is right, on both backends.
func TestLayers(t *testing.T) { onBackends(t, testLayers) }

func testLayers(t *testing.T, on *device.Backend) {
	rows := []string{"| network | picture | layers with a map | of them, the first, one half way and the last | suggested |", "|---|---|---|---|---|"}
	for _, n := range Nets() {
		layers, err := open(t, on.Name, n).Layers()
		if err != nil {
			t.Fatal(err)
		}
		var maps []string
		best := ""
		for _, l := range layers {
			if l.Grid[0]*l.Grid[1] > 1 && l.Feeds {
				maps = append(maps, fmt.Sprintf("`%s` (%s, %d x %d x %d)", l.Name, l.Op, l.Grid[0], l.Grid[1], l.Channels))
			}
			if l.Suggested {
				best = l.Name
			}
		}
		if best != suggested[n.Name] {
			t.Errorf("%s: %q is suggested, want %q", n.Name, best, suggested[n.Name])
		}
		rows = append(rows, fmt.Sprintf("| %s | %d x %d x %d | %d | %s, %s, %s | `%s` |", n.Name, n.Input[1], n.Input[2],
			n.Input[3], len(maps), maps[0], maps[len(maps)/2], maps[len(maps)-1], best))
	}
	path := filepath.Join("..", "..", "docs", "gomlx.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- layers: written by internal/gomlxzoo -->\n", "<!-- end of layers -->"
	before, rest, ok := strings.Cut(string(page), begin)
	old, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s lacks the place for the table", path)
	}
	table := strings.Join(rows, "\n") + "\n"
	if require.Update() {
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != table {
		t.Errorf("docs/gomlx.md has other layers than these (-update writes them):\n%s", table)
	}
}
