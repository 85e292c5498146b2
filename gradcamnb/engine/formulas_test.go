package engine

import (
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
)

// Every method's formula on the reference's own activations and gradients: all the
// golden cases of all the methods, the synthetic ones among them, which have no
// network: non-square maps, downscaling, one pixel, all negative, zero, constant and
// tiny values.
func TestFormulasFromFiles(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		var w worstDifference
		seen := map[string]int{}
		n := 0
		for _, c := range golden.All(t) {
			method, err := cam.ByName(c.Method)
			if err != nil || !fromFiles(c.Method) || len(c.Files.Raw) == 0 || len(c.Files.Activations) == 0 {
				continue // a method that is not here yet, a detector's case, or one whose arrays are not kept
			}
			seen[method.Name]++
			n++
			for i := range c.Files.Raw {
				w.formula(t, e, method, c, i)
			}
		}
		for _, m := range cam.All() {
			if fromFiles(m.Name) && seen[m.Name] == 0 && m.NoPeer == "" {
				t.Errorf("%s has no golden case, and its NoPeer does not say why", m.Name)
			}
		}
		sawGoldens(t, "TestFormulasFromFiles", n)
		t.Logf("cases by method: %v; worst %s", seen, w.where)
	})
}

// formula compares a method's map of layer i of a case.
func (w *worstDifference) formula(t *testing.T, e *Engine, method cam.Method, c golden.Case, i int) {
	dims, act := golden.Array(t, c.Files.Activations[i])
	grad := make([]float32, len(act)) // zeros if the method takes none
	if i < len(c.Files.Gradients) {
		_, grad = golden.Array(t, c.Files.Gradients[i])
	}
	height, width := c.Size[0], c.Size[1]
	if height == 0 { // of a network: only the raw map is compared
		height, width = dims[2], dims[3]
	}
	out, err := ExecOnceN(e.backend.Backend, func(a, g *Node) []*Node {
		last := func(x *Node) *Node { return TransposeAllAxes(x, 0, 2, 3, 1) }
		raw, _ := cam.MakeMap(method.Procedure, cam.View{Act: last(a), Grad: last(g)})
		return []*Node{raw, cam.Resize(Max(raw, ZerosLike(raw)), height, width)}
	}, tensors.FromFlatDataAndDimensions(act, dims...), tensors.FromFlatDataAndDimensions(grad, dims...))
	if err != nil {
		t.Fatalf("%s: %v", c.ID, device.Root(err))
	}
	raw, full := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
	_, wantRaw := golden.Array(t, c.Files.Raw[i])
	turned := false
	if strings.HasPrefix(method.Name, "Eigen") {
		wantRaw, turned = signRule(wantRaw, dims[0])
	}
	w.see(t, c.ID+" raw map", relative(raw, wantRaw), c.Tolerance.Raw)
	if c.Size[0] == 0 || c.Files.Heatmap == "" || turned {
		return
	}
	var heat []float32
	for i := range dims[0] {
		m := heatmap.Map{
			Grid: heatmap.Grid{W: width, H: height, Values: device.Row(full, i, dims[0])},
			Raw:  heatmap.Grid{W: dims[3], H: dims[2], Values: device.Row(raw, i, dims[0])},
		}
		heat = append(heat, m.Parity().Values...)
	}
	_, wantHeat := golden.Array(t, c.Files.Heatmap)
	w.see(t, c.ID+" heatmap", absolute(heat, wantHeat), c.Tolerance.FromFiles)
}

// signRule makes the value furthest from zero positive in every map of a batch: a
// singular vector has no sign, and the peer's is what LAPACK returned.
func signRule(maps []float32, batch int) (out []float32, turned bool) {
	for i := range batch {
		m := device.Row(maps, i, batch)
		if -slices.Min(m) > slices.Max(m) {
			turned = true
			for k := range m {
				m[k] = -m[k]
			}
		}
		out = append(out, m...)
	}
	return out, turned
}
