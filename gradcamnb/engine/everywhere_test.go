package engine

import (
	"image"
	"path/filepath"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/everywhere"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// network is a golden architecture, with what is explained there.
type network struct {
	name   string
	file   string // of testdata/models
	target gradcamnb.Target
	large  bool // a pass takes a second in pure Go
}

func networks() []network {
	whole := heatmap.NewGrid(64, 64)
	for i := range whole.Values {
		whole.Values[i] = 1
	}
	var out []network
	for _, name := range []string{"attributor", "convnext", "densenet", "inception", "mobilenet_v3", "resnet-basic",
		"squeezenet", "tagger", "unet", "vgg", "vit"} {
		n := network{name: name, file: name + ".dyn.onnx", target: gradcamnb.Class(1)}
		if name == "unet" {
			n.target = gradcamnb.Region(1, whole)
		}
		out = append(out, n)
	}
	return append(out,
		network{"efficientnet-lite0", "efficientnet-lite0.onnx", gradcamnb.Class(285), true},
		network{"centerface", "centerface.onnx", gradcamnb.Detection(1), true})
}

// request asks for one map of the network's first golden picture.
func (n network) request(t *testing.T) gradcamnb.Request {
	t.Helper()
	r := gradcamnb.Request{Targets: []gradcamnb.Target{n.target}, Sampling: gradcamnb.Sampling{Batch: 2, Masks: 4,
		Grid: 2}}
	if n.large {
		r.Sampling.Batch = 1
		picture := map[string]string{"efficientnet-lite0": "cat_224.png", "centerface": "astronaut.png"}[n.name]
		img, err := imgio.Open(golden.Path("images", picture))
		if err != nil {
			t.Fatal(err)
		}
		r.Pictures = []image.Image{img}
		return r
	}
	in := tiny(t, n.name)
	r.Tensor = &gradcamnb.Tensor{Dims: append([]int{1}, in.Dims[1:]...), Values: in.Values[:len(in.Values)/in.Dims[0]]}
	return r
}

// Every method on every golden architecture, on both backends, makes a map of numbers or
// says why not, which is what docs/methods-everywhere.md says; -update writes it, network by
// network.
//
// Without -slow the residual network and the transformer are tried with every method on
// both backends, and two other small ones with the methods of one pass in pure Go: the rest
// takes minutes.
func TestEveryMethodEverywhere(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "methods-everywhere.md")
	var names []string
	for _, n := range networks() {
		names = append(names, n.name)
	}
	onBackends(t, func(t *testing.T, e *Engine) {
		for _, n := range networks() {
			full := n.name == "resnet-basic" || n.name == "vit"
			quick := full || e.name == "go" && (n.name == "convnext" || n.name == "attributor")
			if !require.IsSlow() && !quick {
				continue
			}
			t.Run(n.name, func(t *testing.T) {
				s, err := e.Open(golden.Path("models", n.file))
				if err != nil {
					t.Fatal(err)
				}
				onePass, manyPasses := !n.large || require.IsSlow(), full || n.large || require.IsSlow()
				why := everywhere.Try(t, gradcamnb.NewModel(s), n.request(t), onePass, manyPasses)
				everywhere.Read(t, path, "files", names).Take(t, n.name, e.name, why)
			})
		}
	})
	everywhere.Read(t, path, "files", names).CheckWhole(t)
}
