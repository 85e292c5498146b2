package engine

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/completed"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// tap is called by a stranger's network at each layer that must be listed. It gets the name that the layer must have
// and the meaning of its axes: b, h, w and c, or t for tokens; "+1" means that one token stands before the cells, and
// "-1" that one stands behind them. It returns the node, and shifts it if this is the layer at which a difference is taken.
type tap func(layer, axes string, x *Node) *Node

// stranger is a network as people write them.
type stranger struct {
	name      string
	input     []int
	layout    imgio.Layout
	fn        func(scope *model.Scope, x *Node, at tap) []*Node
	suggested string
	unit      string
	outputs   []string
	kind      dtypes.DType // that the picture is given in; float32 if nothing is said
	within    float64      // of the largest value; 1e-3 if nothing is said
}

// Networks as people write them. Every layer that a reader of the code sees is listed by the name of its scope, and the
// layer that the reader would choose is suggested. Grad-CAM at each agrees with central differences in float64,
// computed by a separate program that knows nothing of layers. On XLA, without -slow, only the suggested layer is
// compared. No network brings the pictures of a batch together:
//
//	w_k = 1/Z (S(A + e 1_k) - S(A - e 1_k))/2e, L = SUM_k w_k A_k
func TestStrangers(t *testing.T) {
	onBackends(t, func(t *testing.T, e *Engine) {
		b, err := e.startedBackend()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range slices.Concat(strangers(), moreStrangers(), strangersOfAxes()) {
			t.Run(n.name, func(t *testing.T) { n.test(t, e, b.Backend) })
		}
	})
}

func (n stranger) test(t *testing.T, e *Engine, on compute.Backend) {
	var layers, axes []string
	run := func(scope *model.Scope, x *Node) []*Node {
		if n.kind != dtypes.InvalidDType {
			x = ConvertDType(x, n.kind)
		}
		layers, axes = nil, nil
		return n.fn(scope, x, func(layer, order string, x *Node) *Node {
			layers, axes = append(layers, layer), append(axes, order)
			return x
		})
	}
	dims := slices.Clone(n.input)
	dims[0] = 1
	picture := gradcamnb.Tensor{Dims: dims, Values: make([]float32, dims[1]*dims[2]*dims[3])}
	r := rand.New(rand.NewPCG(11, 12))
	for i := range picture.Values {
		picture.Values[i] = float32(r.NormFloat64())
	}
	store := model.NewStore()
	model.MustNewExec(on, store, run).WithName(completed.PlainPrefix + n.name).MustCall(
		tensors.FromFlatDataAndDimensions(picture.Values, dims...))
	double := drawnWeights(t, on, store)
	m, err := source.GoMLX(source.Card{Name: n.name, Input: n.input, Layout: n.layout, Outputs: n.outputs}, store, run)
	if err != nil {
		t.Fatal(err)
	}
	explained := gradcamnb.NewModel(e.Session(m))
	listed, err := explained.Layers()
	if err != nil {
		t.Fatal(err)
	}
	n.checkListed(t, listed, layers)
	if _, _, _, err := source.Batch(t.Context(), m, append([]int{3}, dims[1:]...), nil); err != nil {
		t.Errorf("several pictures at once: %v", err)
	}
	for i, layer := range layers {
		if e.name != "go" && layer != n.suggested && !require.IsSlow() {
			continue // XLA compiles two programs a layer
		}
		results, err := explained.ExplainTensor(picture, gradcamnb.Class(0), gradcamnb.Layers(layer))
		if err != nil {
			t.Errorf("%s: %v", layer, err)
			continue
		}
		n.checkMap(t, results[0].Maps[0], n.byDifferences(t, on, double, picture, layer, axes[i]))
	}
}

// checkMap compares a map with that of differences.
func (n stranger) checkMap(t *testing.T, got *heatmap.Map, want heatmap.Grid) {
	t.Helper()
	if unit := cmp.Or(n.unit, "logits"); got.ScoreUnit != unit {
		t.Errorf("%s: the score %g has the unit %q, want %q", got.Layer, got.Score, got.ScoreUnit, unit)
	}
	if got.Raw.H != want.H || got.Raw.W != want.W {
		t.Errorf("%s: the map is %d x %d, want %d x %d", got.Layer, got.Raw.H, got.Raw.W, want.H, want.W)
		return
	}
	largest, off := 0., 0.
	for k, v := range want.Values {
		largest, off = max(largest, math.Abs(float64(v))), max(off, math.Abs(float64(v-got.Raw.Values[k])))
	}
	t.Logf("%s: off by %.2g of %.3g", got.Layer, off/largest, largest)
	if !(off <= cmp.Or(n.within, 1e-3)*largest) || largest == 0 {
		t.Errorf("%s: Grad-CAM is off by %.3g of %.3g\ngot  %.4g\nwant %.4g", got.Layer, off, largest, got.Raw.Values,
			want.Values)
	}
}

// checkListed compares the names of the layers and the suggestion.
func (n stranger) checkListed(t *testing.T, listed []gradcamnb.Layer, want []string) {
	var names, suggested []string
	for _, l := range listed {
		names = append(names, l.Name)
		if l.Suggested {
			suggested = append(suggested, l.Name)
		}
		t.Logf("%-30s %-20s %v grid %v feeds %t %v", l.Name, l.Op, l.Shape, l.Grid, l.Feeds, l.Suggested)
	}
	for _, layer := range want {
		if !slices.Contains(names, layer) {
			t.Errorf("there is no layer %q", layer)
		}
	}
	if got := strings.Join(suggested, ", "); got != n.suggested {
		t.Errorf("%q is suggested, want %q", got, n.suggested)
	}
}

// drawnWeights gives every weight of a store a value that is drawn for its name, and returns the same ones in float64.
func drawnWeights(t *testing.T, on compute.Backend, store *model.Store) *model.Store {
	t.Helper()
	double := model.NewStore()
	for path, value := range store.IterParams() {
		double.SetParam(path, value)
	}
	var all []*model.Variable
	for v := range store.IterVariables() {
		if v.DType().IsFloat() {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	r := rand.New(rand.NewPCG(21, 22))
	for _, v := range all {
		d := v.Shape().Dimensions
		values := make([]float64, v.Shape().Size())
		for i := range values {
			values[i] = r.NormFloat64()
			switch {
			case v.Name() == "variance" || v.Name() == "scale" || v.Name() == "gain":
				values[i] = 0.5 + r.Float64()
			case len(d) > 1:
				values[i] *= math.Sqrt(float64(d[len(d)-1]) / float64(len(values)))
			default:
				values[i] *= 0.3
			}
		}
		exact := tensors.FromFlatDataAndDimensions(values, d...)
		if err := v.SetValue(converted(t, on, exact, v.DType())); err != nil {
			t.Fatal(err)
		}
		double.Scope(v.Scope()).VariableWithValue(v.Name(), exact)
	}
	return double
}

// converted is a tensor in another type.
func converted(t *testing.T, on compute.Backend, x *tensors.Tensor, kind dtypes.DType) *tensors.Tensor {
	t.Helper()
	return MustExecOnce(on, func(x *Node) *Node { return ConvertDType(x, kind) }, x)
}

// byDifferences is Grad-CAM of class 0 at a layer.
func (n stranger) byDifferences(t *testing.T, on compute.Backend, store *model.Store, picture gradcamnb.Tensor,
	layer, order string) heatmap.Grid {
	t.Helper()
	order, behind, _ := strings.Cut(order, "-")
	order, beside, _ := strings.Cut(order, "+")
	before, after := len(beside), len(behind) // "+1" is one token before the cells
	exec := model.MustNewExec(on, store, func(scope *model.Scope, x, moves *Node) []*Node {
		var act *Node
		out := n.fn(scope, x, func(name, _ string, y *Node) *Node {
			if name != layer || act != nil {
				return y
			}
			act = Add(y, moved(y, moves, order, before, after))
			return act
		})
		axes := make([]int, act.Rank())
		for i, c := range map[int]string{3: "btc", 4: "bhwc"}[act.Rank()] {
			axes[i] = strings.IndexRune(order, c)
		}
		score := Reshape(Slice(Reshape(out[0], 1, -1), AxisElem(0), AxisElem(0)))
		return []*Node{score, TransposeAllAxes(act, axes...)}
	}).WithName(completed.PlainPrefix + n.name)
	x := make([]float64, len(picture.Values))
	for i, v := range picture.Values {
		x[i] = float64(v)
	}
	call := func(k int, step float64) (float64, *tensors.Tensor) {
		moves := make([]float64, mostChannels)
		moves[k] = step
		out := exec.MustCall(tensors.FromFlatDataAndDimensions(x, picture.Dims...),
			tensors.FromFlatDataAndDimensions(moves, mostChannels))
		return tensors.MustCopyFlatData[float64](out[0])[0], out[1]
	}
	_, act := call(0, 0)
	dims := act.Shape().Dimensions
	h, w := dims[1], dims[2]
	if len(dims) == 3 {
		h = int(math.Sqrt(float64(dims[1] - before - after)))
		w = h
	}
	channels := dims[len(dims)-1]
	flat := tensors.MustCopyFlatData[float64](act)[before*channels:]
	want := heatmap.NewGrid(w, h)
	const step = 1e-5
	for k := range channels {
		above, _ := call(k, step)
		below, _ := call(k, -step)
		weight := (above - below) / (2 * step) / float64(h*w)
		for i := range want.Values {
			want.Values[i] += float32(weight * flat[i*channels+k])
		}
	}
	return want
}

// mostChannels is how many channels a layer has at most.
const mostChannels = 64

// moved is what every channel of a layer is moved by, at all cells, and not at tokens that stand before or behind them.
func moved(y, moves *Node, order string, before, after int) *Node {
	c := strings.Index(order, "c")
	dims := slices.Repeat([]int{1}, y.Rank())
	dims[c] = y.Shape().Dim(c)
	by := BroadcastToDims(Reshape(Slice(moves, AxisRange(0, dims[c])), dims...), y.Shape().Dimensions...)
	if before+after == 0 {
		return by
	}
	t := strings.Index(order, "t")
	at, end := Iota(y.Graph(), y.Shape(), t), y.Shape().Dim(t)-after
	isCell := LogicalAnd(GreaterOrEqual(at, Scalar(y.Graph(), y.DType(), before)),
		LessThan(at, Scalar(y.Graph(), y.DType(), end)))
	return Where(isCell, by, ZerosLike(by))
}
