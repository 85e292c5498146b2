package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/testing/golden"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// The methods that need more than activations and a gradient, against pytorch-grad-cam
// 1.5.7 and captum 0.9.0, end to end: their raw maps within each case's own tolerance.
func TestPeers(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		var w worstDifference
		n := 0
		for _, c := range golden.All(t) {
			if comparedBy(c) != "TestPeers" {
				continue
			}
			name := strings.Replace(c.Method, "captum.LayerGradCam", "GradCAM", 1)
			for _, f := range c.Models {
				n++
				t.Run(c.ID+"/"+f.Exporter, func(t *testing.T) {
					if (c.Method == "ScoreCAM" || strings.HasPrefix(c.Method, "AblationCAM")) && c.Image != "" && e.name == "go" {
						require.Slow(t, "over a hundred passes of EfficientNet-Lite0 take a minute in pure Go")
					}
					in := caseInput(t, c)
					choices := []gradcamnb.Choice{caseTarget(t, c, f.Exporter), gradcamnb.Methods(name)}
					if c.Layer != nil {
						choices = append(choices, gradcamnb.Layers(c.Layer.ONNX[f.Exporter]))
					}
					var got []float32
					for _, r := range explainTiny(t, open(t, e, strings.TrimPrefix(f.File, "models/")), &in, choices...) {
						got = append(got, r.Maps[0].Raw.Values...)
					}
					_, want := golden.Array(t, c.Files.Raw[0])
					if strings.HasPrefix(name, "EigenSmooth") {
						want, _ = signRule(want, in.Dims[0])
					}
					w.see(t, c.ID+" raw map", relative(got, want), max(c.Tolerance.Gradients, c.Tolerance.EndToEnd,
						c.Tolerance.Attribution))
				})
			}
		}
		sawGoldens(t, "TestPeers", n)
		t.Logf("%d comparisons, worst %s", n, w.where)
	})
}

// Gradients at the picture, plain and guided, against captum 0.9.0, colour by colour; and
// integrated gradients, whose colours are summed here. Captum resizes its Grad-CAM by the
// nearest cell for GuidedGradCam, so the guided gradient is compared within that product.
func TestCaptum(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		var w worstDifference
		n, later := 0, 0
		for _, c := range golden.All(t) {
			if comparedBy(c) != "TestCaptum" {
				continue
			}
			n += len(c.Models)
			if c.Image != "" && !require.IsSlow() {
				later += len(c.Models) // EfficientNet-Lite0 down to the picture takes a minute, in pure Go or to compile
				continue
			}
			dims, want := golden.Array(t, c.Files.Attribution)
			if c.Method == "captum.IntegratedGradients" {
				want = overColours(want, dims)
			}
			for _, f := range c.Models {
				in := caseInput(t, c)
				dims := in.Dims
				s := open(t, e, strings.TrimPrefix(f.File, "models/"))
				var got []float32
				switch c.Method {
				case "captum.Saliency":
					got = pictureGradient(t, e, s, in, c.Target.Class, false)
				case "captum.GuidedGradCam":
					got = pictureGradient(t, e, s, in, c.Target.Class, true)
					for i, r := range explainTiny(t, s, &in, gradcamnb.Class(c.Target.Class...),
						gradcamnb.Layers(c.Layer.ONNX[f.Exporter])) {
						raw := r.Maps[0].Raw
						for k := range got[:len(got)/dims[0]] {
							x, y := k%dims[3], k/dims[3]%dims[2]
							got[i*len(got)/dims[0]+k] *= max(0, raw.At(x*raw.W/dims[3], y*raw.H/dims[2]))
						}
					}
				case "captum.IntegratedGradients":
					for _, r := range explainTiny(t, s, &in, gradcamnb.Class(c.Target.Class...), gradcamnb.Methods(c.Method)) {
						got = append(got, r.Maps[0].Raw.Values...)
					}
				}
				w.see(t, c.ID+"/"+f.Exporter, relative(c.Thin(got, dims[2], dims[3]), want), c.Tolerance.Attribution)
			}
		}
		sawGoldens(t, "TestCaptum", n)
		t.Logf("%d comparisons, %d more with -slow; worst %s", n-later, later, w.where)
	})
}

// overColours sums the colours of [batch, colours, h, w].
func overColours(values []float32, dims []int) []float32 {
	n := dims[2] * dims[3]
	out := make([]float32, dims[0]*n)
	for i, v := range values {
		out[i/(dims[1]*n)*n+i%n] += v
	}
	return out
}

// pictureGradient is the gradient of the classes' logits at the picture.
func pictureGradient(t *testing.T, e *Engine, s driver.Session, in gradcamnb.Tensor, class []int,
	guided bool) []float32 {
	t.Helper()
	m := s.(*session).model
	exec, err := model.NewExec(e.backend.Backend, m.Store(), func(scope *model.Scope, x *Node) *Node {
		name := m.Card().Outputs[0]
		var out *Node
		if guided {
			out = m.(source.RuledBuilder).BuildGuided(scope, x, []string{name},
				func(_, g *Node) *Node { return Max(g, ZerosLike(g)) })[name]
		} else {
			out = m.Build(scope, x, []string{source.Picture}, []string{name}).Outputs[name]
		}
		var score *Node
		for i, k := range class {
			one := ReduceAllSum(Slice(out, AxisElem(i), AxisElem(k)))
			if score == nil {
				score = one
			} else {
				score = Add(score, one)
			}
		}
		return Gradient(score, x)[0]
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(slices.Clone(in.Values), in.Dims...))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](out[0])
}

// Augmentation smoothing against pytorch-grad-cam 1.5.7. The peer scales each of the six
// maps to [0, 1] before it averages them: made so of our six maps, it is within the case's
// tolerance of the peer's. Ours, AugSmooth, is the mean in units of the score, and its map
// scaled to [0, 1] is further from the peer's by what the formulas differ; docs/parity.md
// says how much.
func TestAugSmoothPeer(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		n := 0
		for _, c := range golden.All(t) {
			if comparedBy(c) != "TestAugSmoothPeer" {
				continue
			}
			n++
			if c.Image != "" && e.name == "go" && !require.IsSlow() {
				continue // sixty passes of EfficientNet-Lite0
			}
			in := caseInput(t, c)
			h, w := in.Dims[2], in.Dims[3]
			six := gradcamnb.Tensor{Dims: []int{6, 3, h, w}}
			for _, x := range [][]float32{in.Values, mirrored(in.Values, w)} {
				for _, factor := range []float32{0.9, 1, 1.1} {
					for _, v := range x {
						six.Values = append(six.Values, factor*v)
					}
				}
			}
			s := open(t, e, strings.TrimPrefix(c.Models[0].File, "models/"))
			at := gradcamnb.Layers(c.Layer.ONNX[c.Models[0].Exporter])
			peers, units := make([]float32, h*w), heatmap.NewGrid(7, 7)
			for i, r := range explainTiny(t, s, &six, gradcamnb.Class(slices.Repeat(c.Target.Class, 6)...), at) {
				scaled, raw := r.Maps[0].Parity().Values, r.Maps[0].Raw.Values
				if i >= 3 {
					scaled, raw = mirrored(scaled, w), mirrored(raw, 7)
				}
				for k, v := range scaled {
					peers[k] += v / 6
				}
				for k, v := range raw {
					units.Values[k] += v / 6
				}
			}
			_, want := golden.Array(t, c.Files.Heatmap)
			var far worstDifference
			far.see(t, c.ID, absolute(c.Thin(peers, h, w), want), c.Tolerance.EndToEnd)
			ours := explainTiny(t, s, &in, gradcamnb.Class(c.Target.Class...), at, gradcamnb.Methods("AugSmooth"))[0].Maps[0]
			far.see(t, "AugSmooth, in units of the score", relative(ours.Raw.Values, units.Values), c.Tolerance.Gradients)
			t.Logf("worst %s; AugSmooth scaled to [0, 1] is %.3g from the peer's", far.where,
				absolute(c.Thin(ours.Parity().Values, h, w), want))
		}
		sawGoldens(t, "TestAugSmoothPeer", n)
	})
}

// mirrored turns rows of w values round.
func mirrored(values []float32, w int) []float32 {
	out := slices.Clone(values)
	for row := range slices.Chunk(out, w) {
		slices.Reverse(row)
	}
	return out
}

// comparedBy names the test of this package that compares a golden case; empty if none does.
func comparedBy(c golden.Case) string {
	_, unknown := cam.ByName(strings.Replace(c.Method, "captum.LayerGradCam", "GradCAM", 1))
	switch {
	case c.Method == "detector-decode":
		return "TestCenterFaceEndToEnd"
	case c.ID == "efficientnet-lite0/cat/captum-IntegratedGradients":
		return "" // docs/parity.md says by how much it differs
	case c.Files.Attribution != "":
		return "TestCaptum"
	case c.Degenerate != nil:
		return "TestRoundingNoiseIsDiagnosed"
	case strings.HasPrefix(c.Method, "AugSmooth"):
		return "TestAugSmoothPeer"
	case unknown != nil || len(c.Files.Raw) == 0:
		return ""
	case len(c.Models) == 0:
		return "TestFormulasFromFiles"
	case c.ID == "efficientnet-lite0/cat/AblationCAM/blocks.10/top1":
		return "" // the peer's -1e7 (i+1), which is not the paper's zero; AblationCAM-zero is
	case fromFiles(c.Method):
		return "TestParity"
	}
	return "TestPeers"
}

// goldens says how many golden results each test compares on a backend, -slow ones included:
// cases times the exports of their network. A case that is lost, or that no test takes any
// more, changes a number here.
var goldens = map[string]int{
	"TestParity": 300, "TestPeers": 29, "TestCaptum": 8, "TestAugSmoothPeer": 1, "TestFormulasFromFiles": 221,
}

// sawGoldens fails a test that compared another number of golden results than it should.
func sawGoldens(t *testing.T, test string, n int) {
	t.Helper()
	if n == 0 || n != goldens[test] {
		t.Errorf("%s compares %d golden results, want %d", test, n, goldens[test])
	}
}

// Every golden case is compared by a test, or docs/parity.md names it and says why it is not. The page counts as many
// cases as the index has.
func TestEveryGoldenIsCompared(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "parity.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	all := golden.All(t)
	if want := 273; len(all) != want {
		t.Errorf("cases.json has %d cases, want %d", len(all), want)
	}
	cases := map[string]int{}
	for _, c := range all {
		if comparedBy(c) != "" {
			cases[c.Method]++
		} else if !strings.Contains(page, "`"+c.ID+"`") {
			t.Errorf("no test compares %s, and docs/parity.md does not say why", c.ID)
		}
	}
	for method, n := range cases {
		if row := fmt.Sprintf("| %s | %d |", method, n); !strings.Contains(page, row) {
			t.Errorf("docs/parity.md lacks the row %q", row)
		}
	}
}
