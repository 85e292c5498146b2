package engine

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// assemble makes one result a picture of the program's outputs, whose order is
// that of [explained.outputs], and tells what the aims resolved to.
func assemble(c source.Card, p plan, out []*tensors.Tensor, in input, b *backend) (results []*heatmap.Result, found []aimed, err error) {
	batch := p.input[0]
	results = make([]*heatmap.Result, batch)
	for i := range results {
		results[i] = &heatmap.Result{Frame: in.frames[i], Model: c.Name, SHA256: c.SHA256, Input: c.Picture, Backend: b.Name, Versions: versions()}
		if in.pictures != nil {
			results[i].Picture = in.pictures[i]
		}
	}
	all := unpack(p, p.first.tensor, out)
	if p.first.shape != nil {
		scores, err := floatsOf(all.output)
		if err != nil {
			return nil, nil, err
		}
		for i, r := range results {
			r.Scores = row(scores, i, batch)
			r.Top = p.first.top(r.Scores, c.Labels, 5)
			if p.first.known() {
				r.Known = p.first.probabilities(r.Scores, false)
			}
		}
	} else {
		all.output.MustFinalizeAll()
	}
	for k, a := range p.aims {
		aimed, err := a.resolved(all.aims[k], results)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, aimed)
		maps, err := p.read(all.aims[k], c)
		if err != nil {
			return nil, nil, err
		}
		for i, r := range results {
			for _, m := range p.mapsOf(maps, i) {
				a.sign(m, i, aimed, a.slopeUnit())
				if c.NoRelu {
					p.saysUnguided(m)
				}
				r.Maps = append(r.Maps, m)
			}
		}
	}
	return results, found, nil
}

// read takes the maps that the program made of one aim.
func (p plan) read(from explainedAim[*tensors.Tensor], c source.Card) (map[made][]shown, error) {
	height, width := p.picture(c.Layout)
	batch := p.input[0]
	atLayer, atPicture := split(p.leaves())
	maps := map[made][]shown{}
	take := func(of []leaf, list []explainedMap[*tensors.Tensor], layer int) error {
		for k, l := range of {
			raw := list[k].raw.Shape().Dimensions
			values, err1 := floatsOf(list[k].raw)
			full, err2 := floatsOf(list[k].full)
			gross, err3 := floatsOf(list[k].gross)
			if err := cmp.Or(err1, err2, err3); err != nil {
				return err
			}
			for i := range batch {
				maps[made{l.name, layer}] = append(maps[made{l.name, layer}], shown{
					raw:   heatmap.Grid{W: raw[2], H: raw[1], Values: row(values, i, batch)},
					full:  heatmap.Grid{W: width, H: height, Values: row(full, i, batch)},
					gross: gross[i],
				})
			}
		}
		return nil
	}
	for k, l := range from.layers {
		if err := take(atLayer, l.maps, k); err != nil {
			return nil, err
		}
	}
	return maps, take(atPicture, from.picture, -1)
}

// floatsOf takes a result's values and gives its memory back.
func floatsOf(t *tensors.Tensor) ([]float32, error) { return valuesOf[float32](t) }

func valuesOf[T float32 | int32](t *tensors.Tensor) ([]T, error) {
	defer t.MustFinalizeAll()
	v, err := tensors.CopyFlatData[T](t)
	if err != nil {
		return nil, fmt.Errorf("reading the results: %w", device.Root(err))
	}
	return v, nil
}

// made names what the program made of one aim: a leaf's maps at a layer of the plan, by
// number, or of the picture, -1.
type made struct {
	leaf  string
	layer int
}

// shown is one map of one picture.
type shown struct {
	raw, full heatmap.Grid
	gross     float32 // see [heatmap.Map]
}

// mapsOf are the maps of picture i: by layer, then method; then those of the methods that
// have no layer of their own.
func (p plan) mapsOf(from map[made][]shown, i int) []*heatmap.Map {
	var out []*heatmap.Map
	add := func(m cam.Method, layer int) {
		s := p.show(m.How, m.Name, from, layer, i)
		shown := &heatmap.Map{Grid: s.full, Raw: s.raw, Gross: s.gross, Place: heatmap.AtPicture, Layer: "picture", Method: m.Name, Unit: m.Unit, KeepsCells: m.KeepsCells}
		if layer >= 0 {
			l := p.layers[layer]
			shown.Place, shown.Layer, shown.Field, shown.Suggested = heatmap.AtLayer, l.Title(), field(l), l.Suggested
		} else if _, ok := m.How.(cam.Fused); ok {
			shown.Place, shown.Layer = heatmap.AtLayer, p.layerNames()
		}
		out = append(out, shown)
	}
	for k := range p.layers {
		for _, m := range p.methods {
			if cam.HasLayer(m.How) {
				add(m, k)
			}
		}
	}
	for _, m := range p.methods {
		if !cam.HasLayer(m.How) {
			add(m, -1)
		}
	}
	return out
}

// show is a method's map at a layer, or of the picture, made of what the program made.
func (p plan) show(how cam.How, name string, from map[made][]shown, layer, i int) shown {
	switch how := how.(type) {
	case cam.Joined:
		var parts []cam.Grid
		for _, m := range how.Of {
			at := layer
			if !cam.HasLayer(m.How) {
				at = -1
			}
			parts = append(parts, plain(p.show(m.How, m.Name, from, at, i).full))
		}
		return joined(how.Join(parts))
	case cam.Fused:
		var parts []cam.Grid
		for k := range p.layers {
			s := p.show(how.Of.How, how.Of.Name, from, k, i)
			parts = append(parts, plain((&heatmap.Map{Grid: s.full, Raw: s.raw}).Scaled()))
		}
		return joined(how.Join(parts))
	}
	return from[made{name, layer}][i]
}

func plain(g heatmap.Grid) cam.Grid { return cam.Grid{H: g.H, W: g.W, Flat: g.Values} }

func joined(g cam.Grid) shown {
	out := heatmap.Grid{H: g.H, W: g.W, Values: g.Flat}
	return shown{raw: out, full: out}
}

// layerNames are the names of all layers of the plan.
func (p plan) layerNames() string {
	var names []string
	for _, l := range p.layers {
		names = append(names, l.Title())
	}
	return strings.Join(names, ", ")
}

// row is picture i's part of a batch of values.
func row(values []float32, i, batch int) []float32 {
	n := len(values) / batch
	return slices.Clip(values[i*n : (i+1)*n])
}

// field is the receptive field of a layer in the result's order, x before y.
func field(l source.Layer) *heatmap.Field {
	if l.Field == nil {
		return nil
	}
	turned := func(v [2]float64) [2]float64 { return [2]float64{v[1], v[0]} }
	return &heatmap.Field{Lo: turned(l.Field.Lo), Hi: turned(l.Field.Hi), Step: turned(l.Field.Step), Gated: l.Field.Gated}
}

func label(labels []string, i int) string {
	if i < 0 || i >= len(labels) {
		return ""
	}
	return labels[i]
}

// versions are those of the modules that the numbers depend on.
var versions = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return out
	}
	for _, m := range append(info.Deps, &info.Main) {
		if strings.HasPrefix(m.Path, "github.com/gomlx/") || strings.HasPrefix(m.Path, "github.com/gradcam-go/") {
			out[m.Path] = m.Version
		}
	}
	return out
})
