package gomlxzoo

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/everywhere"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// Every method works on GoMLX networks at layers that nobody named, or says why not. docs/methods-everywhere.md has the
// results; -update writes them, network by network.
func TestMethods(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "methods-everywhere.md")
	var names []string
	for _, n := range Nets() {
		names = append(names, n.Name)
	}
	onBackends(t, func(t *testing.T, on *device.Backend) {
		for _, n := range Nets() {
			quick := on.Name == "go" && (n.Name == "mnist" || n.Name == "resnet" || n.Name == "vit")
			if !require.IsSlow() && !quick {
				continue
			}
			t.Run(n.Name, func(t *testing.T) {
				why := everywhere.Try(t, open(t, on.Name, n), n.request(), true, true)
				everywhere.Read(t, path, "GoMLX networks", names).Take(t, n.Name, on.Name, why)
			})
		}
	})
	everywhere.Read(t, path, "GoMLX networks", names).CheckWhole(t)
}

// request asks for one map of class 0 for noise, or, if a network's random weights speak against that class everywhere,
// for another one. Of the U-Net it asks for class 0 over the whole picture.
func (n Net) request() gradcamnb.Request {
	r := rand.New(rand.NewPCG(1, 1))
	in := gradcamnb.Tensor{Dims: n.Input, Values: make([]float32, n.Input[1]*n.Input[2]*n.Input[3])}
	for i := range in.Values {
		in.Values[i] = float32(r.NormFloat64())
	}
	target := gradcamnb.Class(0)
	switch n.Name {
	case "mnist":
		target = gradcamnb.Class(1)
	case "dogsvscats":
		target = gradcamnb.Binary(0)
	case "unet":
		whole := heatmap.NewGrid(n.Input[2], n.Input[1])
		for i := range whole.Values {
			whole.Values[i] = 1
		}
		target = gradcamnb.Region(0, whole)
	}
	return gradcamnb.Request{Tensor: &in, Targets: []gradcamnb.Target{target},
		Sampling: gradcamnb.Sampling{Masks: 4, Batch: 2, Grid: 2}}
}
