package source

import (
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/places"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

// list returns the tensors that depend on the input, as layers.
func (m *onnxModel) list(g *onnxnorm.Graph, output string, input []int) []Layer {
	feeds, answers, sees := findFeeding(g, output), findAnswering(g, output), findSeeing(g)
	axes, picture := m.trace(g, input), plane(m.card.Layout.Size(input), m.card.Slices)
	var out []Layer
	for _, t := range g.Tensors {
		if t.Constant || t.Name == onnxnorm.UnliftedName(m.options.Picture) {
			continue
		}
		l := Layer{Name: t.Name, Op: t.Op, Shape: t.Dims, Feeds: feeds[t.Name], paths: t.Scopes, Field: t.Field,
			Bias: t.Bias != nil}
		l.inputs, l.answer = t.Inputs, answers[t.Name]
		if l.WithoutPicture = !sees[t.Name]; !l.WithoutPicture {
			l.Axes = places.Find(axes[t.Name], t.Dims, input[0], m.card.form())
			l.Grid, l.Channels = grid(l.Axes, t.Dims)
			l.lost = places.CountLost(axes[t.Name])
			if one := plane(l.Grid, l.Axes.Slices); l.Axes.Cut && cellsOff(one[0], one[1], picture) > 1 {
				l.Axes, l.Grid, l.Channels = places.Position{}, [2]int{}, 0 // a part of a map
			}
			l.Slices = l.Axes.Slices
		}
		out = append(out, l)
	}
	markUpright(out, picture)
	keepLast(out)
	if m.card.Slices > 0 || !suggestLevels(out, output, picture) {
		suggest(out)
	}
	return out
}

// plane returns the size of one slice, for a size in which so many slices lie one below another. For a picture it
// returns the size itself.
func plane(size [2]int, slicesIn int) [2]int { return [2]int{size[0] / max(1, slicesIn), size[1]} }

// markUpright marks the layers whose maps have the picture's aspect ratio. If none that feeds the answer has it, the
// cells are not square, such as those of oblong patches; then the first map's aspect ratio counts.
func markUpright(layers []Layer, picture [2]int) {
	like := func(l Layer, aspect [2]int) bool {
		one := plane(l.Grid, l.Slices)
		return one[0] > 0 && l.Axes.LikePicture(one[0], one[1], aspect)
	}
	aspect := picture
	if !slices.ContainsFunc(layers, func(l Layer) bool { return l.Feeds && like(l, picture) }) {
		if i := slices.IndexFunc(layers, func(l Layer) bool { return l.Feeds && l.Grid[0] > 0 }); i >= 0 {
			aspect = plane(layers[i].Grid, layers[i].Slices)
		}
	}
	for i := range layers {
		layers[i].upright = like(layers[i], aspect)
	}
}

// trace follows the places of the picture through a graph that is written for the input.
func (m *onnxModel) trace(g *onnxnorm.Graph, input []int) map[string][]places.Axis {
	return places.Trace(g, places.Source{Input: input, ChannelsLast: m.card.Layout == imgio.ChannelsLast,
		Slices: m.card.Slices})
}

// keepLast keeps every module path at the last tensor made inside the module only, which is the module's output.
func keepLast(layers []Layer) {
	known := map[string]bool{}
	for _, l := range layers {
		for _, p := range l.paths {
			known[p] = true
		}
	}
	seen := map[string]bool{}
	for _, without := range []bool{false, true} { // if a module sees two pictures, first the one that is explained
		for i := len(layers) - 1; i >= 0; i-- {
			if layers[i].WithoutPicture == without {
				claim(&layers[i], seen, known)
			}
		}
	}
}

// claim keeps a layer's module paths that no later layer has.
func claim(l *Layer, seen, known map[string]bool) {
	var mine []string
	for _, p := range l.paths {
		for _, name := range []string{p, dropCounter(p, known)} {
			if !seen[name] {
				seen[name] = true
				mine = append(mine, name)
			}
		}
	}
	if len(l.paths) > 0 {
		l.Path = l.paths[len(l.paths)-1]
	}
	l.paths = mine
}

// dropCounter removes the call counter of torch's older exporter, such as "relu_2" for the third call of "relu", if
// the module itself is known.
func dropCounter(path string, known map[string]bool) string {
	i := strings.LastIndex(path, "_")
	if i > 0 && strings.Trim(path[i+1:], "0123456789") == "" && known[path[:i]] {
		return path[:i]
	}
	return path
}

// findFeeding returns the set of tensors that the named one depends on, itself included.
func findFeeding(g *onnxnorm.Graph, output string) map[string]bool {
	feeds := map[string]bool{output: true}
	for _, t := range slices.Backward(g.Tensors) {
		if feeds[t.Name] {
			for _, in := range t.Inputs {
				feeds[in] = true
			}
		}
	}
	return feeds
}

// findSeeing returns the set of tensors that depend on the picture.
func findSeeing(g *onnxnorm.Graph) map[string]bool {
	sees := map[string]bool{g.Input: true}
	for _, t := range g.Tensors {
		sees[t.Name] = slices.ContainsFunc(t.Inputs, func(in string) bool { return sees[in] })
	}
	return sees
}

// findAnswering returns the set of tensors that become the output without anything learned or pooled in between, such
// as class scores before they are resized, joined or decoded. They are the model's answer and not a feature of the
// picture.
func findAnswering(g *onnxnorm.Graph, output string) map[string]bool {
	answers := map[string]bool{output: true}
	for _, t := range slices.Backward(g.Tensors) {
		if !answers[t.Name] || learners[t.Op] || averages[t.Op] {
			continue
		}
		for _, in := range t.Inputs {
			answers[in] = true
		}
	}
	return answers
}

// learners are the operators that apply the weights of a network.
var learners = map[string]bool{
	"Conv": true, "FusedConv": true, "QLinearConv": true, "ConvTranspose": true, "Gemm": true, "FusedGemm": true,
	"QGemm": true, "MatMul": true, "FusedMatMul": true, "QLinearMatMul": true, "Einsum": true,
	"MatMulNBits": true, "MatMulInteger": true, "ConvInteger": true, "DynamicQuantizeMatMul": true,
	"MatMulIntegerToFloat": true,
	"BatchNormalization":   true, "LayerNormalization": true, "InstanceNormalization": true, "GroupNormalization": true,
}
