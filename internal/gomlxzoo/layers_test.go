package gomlxzoo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/examples/dogsvscats"
	"github.com/gomlx/gomlx/examples/inceptionv3"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

func open(t *testing.T, backend string, n Net) *gradcamnb.Model {
	t.Helper()
	return openStore(t, backend, n, n.Store())
}

func openStore(t *testing.T, backend string, n Net, store *model.Store) *gradcamnb.Model {
	t.Helper()
	m, err := source.GoMLX(source.Card{Name: n.Name, Input: n.Input}, store,
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

// No network brings the pictures of a batch together, so several can be explained at once.
func TestPicturesAreKeptApart(t *testing.T) {
	for _, n := range Nets() {
		m, err := source.GoMLX(source.Card{Name: n.Name, Input: n.Input}, n.Store(), func(scope *model.Scope, x *Node) []*Node {
			return []*Node{n.Fn(scope, x)}
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := source.Batch(t.Context(), m, append([]int{2}, n.Input[1:]...), nil); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
	}
}

// The second network of dogsvscats, InceptionV3 with a dense layer for one logit, has the layers of InceptionV3.
func TestLayersOfInceptionWithAHead(t *testing.T) {
	params := map[string]any{"inception_pretrained": false, "inception_finetuning": true}
	n := Net{"dogsvscats-inceptionv3", []int{1, 107, 107, 3}, params, dogsvscats.InceptionV3ModelGraph}
	layers, err := open(t, "go", n).Layers()
	if err != nil {
		t.Fatal(err)
	}
	best, maps := "", 0
	for _, l := range layers {
		if l.Suggested {
			best = l.Name
		}
		if l.Grid[0]*l.Grid[1] > 1 && l.Feeds {
			maps++
		}
	}
	if best != "model/InceptionV3/concat#15" || maps < 310 {
		t.Errorf("%d layers have a map, and 310 of InceptionV3 have; %q is suggested", maps, best)
	}
}

// The names that the example itself gives to its layers win, and hide nothing: every one of InceptionV3's 94
// convolutions ends in a layer of the given name, the other layers keep the names of their scopes, and the one that is
// suggested is still the last concatenation, which has no name, and not a branch of it, which has one.
func TestNamesOfTheExample(t *testing.T) {
	n := Nets()[slices.IndexFunc(Nets(), func(n Net) bool { return n.Name == "inceptionv3" })]
	without, err := open(t, "go", n).Layers()
	if err != nil {
		t.Fatal(err)
	}
	n.Fn = func(scope *model.Scope, x *Node) *Node {
		return inceptionv3.BuildGraph(scope, x).SetPooling(inceptionv3.MeanPooling).WithAliases(true).Done()
	}
	layers, err := open(t, "go", n).Layers()
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) != len(without) {
		t.Fatalf("there are %d layers, and %d without names", len(layers), len(without))
	}
	given := 0
	for i, l := range layers {
		was := without[i]
		if name := fmt.Sprintf("/inceptionV3/conv_%03d/output", given); l.Name == name {
			given++
			if l.Op != "Relu" {
				t.Errorf("%s is a %s", name, l.Op)
			}
		} else if l.Name != was.Name && i < len(layers)-1 {
			t.Errorf("layer %d is %q, and %q without names", i, l.Name, was.Name)
		}
		if l.Op != was.Op || l.Suggested != was.Suggested || l.Grid != was.Grid || l.Channels != was.Channels {
			t.Errorf("%s is a %s, suggested %t; without names %s is a %s, suggested %t", l.Name, l.Op, l.Suggested, was.Name,
				was.Op, was.Suggested)
		}
	}
	if given != 94 {
		t.Errorf("%d layers have a given name, want 94", given)
	}
}
