package plans

import (
	"cmp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/aims"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/device"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/inputs"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// Results returns one result for each picture, made of the program's outputs, and the outcomes of the aims. The outputs
// are in the order of [Parts].
func (p Plan) Results(c source.Card, out []*tensors.Tensor, in inputs.Input,
	backend string) (results []*heatmap.Result, found []aims.Outcome, err error) {
	batch := p.Input[0]
	results = make([]*heatmap.Result, batch)
	for i := range results {
		results[i] = &heatmap.Result{Frame: in.Frames[i], Model: c.Name, SHA256: c.SHA256, Input: c.Picture, Backend: backend,
			Versions: Versions()}
		if in.Pictures != nil {
			results[i].Picture = in.Pictures[i]
		} else if in.Shown != nil {
			results[i].Picture = in.Shown[i]
		}
	}
	all := unpack(p, p.first.Tensor(), out)
	if p.first.List() {
		scores, err := device.Floats(all.output)
		if err != nil {
			return nil, nil, err
		}
		for i, r := range results {
			p.first.Write(r, device.Row(scores, i, batch), aims.AnswerLabels(c))
		}
	} else {
		all.output.MustFinalizeAll()
	}
	for k, a := range p.Aims {
		of := all.aims[k]
		aimed, err := a.Read(of.score, of.index, of.head, results)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, aimed)
		maps, err := p.read(of, c)
		if err != nil {
			return nil, nil, err
		}
		for i, r := range results {
			for _, m := range p.mapsOf(maps, i) {
				a.Sign(m, i, aimed, a.SlopeUnit())
				if c.NoRelu {
					p.addUnguided(m)
				}
				r.Maps = append(r.Maps, m)
			}
		}
	}
	return results, found, nil
}

// read returns the maps that the program made for one aim.
func (p Plan) read(from explainedAim[*tensors.Tensor], c source.Card) (map[resultKey][]pictureMap, error) {
	size := p.Size(c.Layout)
	batch := p.Input[0]
	atLayer, atPicture := split(p.leaves())
	maps := map[resultKey][]pictureMap{}
	take := func(of []leaf, list []explainedMap[*tensors.Tensor], layer int) error {
		slicesIn, beyond := c.Slices, [2][2]float64{}
		if layer >= 0 {
			slicesIn, beyond = p.Layers[layer].Slices, p.Layers[layer].Axes.Beyond
		}
		for k, l := range of {
			raw := list[k].raw.Shape().Dimensions
			values, err1 := device.Floats(list[k].raw)
			full, err2 := device.Floats(list[k].full)
			gross, err3 := device.Floats(list[k].gross)
			if err := cmp.Or(err1, err2, err3); err != nil {
				return err
			}
			for i := range batch {
				maps[resultKey{l.name, layer}] = append(maps[resultKey{l.name, layer}], pictureMap{
					raw: heatmap.Grid{W: raw[2], H: raw[1], Slices: slicesIn, Beyond: beyond,
						Values: device.Row(values, i, batch)},
					full:  heatmap.Grid{W: size[1], H: size[0], Slices: c.Slices, Values: device.Row(full, i, batch)},
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

// resultKey names maps that the program made for one aim: those of a leaf at a layer of the plan, by its number, or of
// the picture, -1.
type resultKey struct {
	leaf  string
	layer int
}

// pictureMap is one map of one picture.
type pictureMap struct {
	raw, full heatmap.Grid
	gross     float32 // see [heatmap.Map]
}

// mapsOf returns the maps of picture i, by layer, then method. The maps of methods without a layer of their own come
// last.
func (p Plan) mapsOf(from map[resultKey][]pictureMap, i int) []*heatmap.Map {
	var out []*heatmap.Map
	add := func(m cam.Method, layer int) {
		s := p.show(m.Procedure, m.Name, from, layer, i)
		shown := &heatmap.Map{Grid: s.full, Raw: s.raw, Gross: s.gross, Place: heatmap.AtPicture, Layer: "picture",
			Method: m.Name, Unit: m.Unit, KeepsCells: m.KeepsCells}
		if layer >= 0 {
			perturb.PlaceAtLayer(shown, p.Layers[layer])
		} else if _, ok := m.Procedure.(cam.LayerFusion); ok {
			shown.Place, shown.Layer = heatmap.AtLayer, p.layerNames()
		}
		out = append(out, shown)
	}
	for k := range p.Layers {
		for _, m := range p.methods {
			if cam.HasLayer(m.Procedure) {
				add(m, k)
			}
		}
	}
	for _, m := range p.methods {
		if !cam.HasLayer(m.Procedure) {
			add(m, -1)
		}
	}
	return out
}

// show returns a method's map at a layer, or of the picture. It joins the maps of the program if the method is made of
// several.
func (p Plan) show(how cam.Procedure, name string, from map[resultKey][]pictureMap, layer, i int) pictureMap {
	var slicesIn int
	switch how := how.(type) {
	case cam.MethodFusion:
		var parts []cam.Grid
		for _, m := range how.Methods {
			at := layer
			if !cam.HasLayer(m.Procedure) {
				at = -1
			}
			full := p.show(m.Procedure, m.Name, from, at, i).full
			parts, slicesIn = append(parts, plain(full)), full.Slices
		}
		return newFusedMap(how.Join(parts), slicesIn)
	case cam.LayerFusion:
		var parts []cam.Grid
		for k := range p.Layers {
			s := p.show(how.Method.Procedure, how.Method.Name, from, k, i)
			part := s.full
			if !how.AllLevels {
				part = (&heatmap.Map{Grid: s.full, Raw: s.raw}).Scaled()
			}
			parts, slicesIn = append(parts, plain(part)), part.Slices
		}
		return newFusedMap(how.Join(parts), slicesIn)
	}
	return from[resultKey{name, layer}][i]
}

func plain(g heatmap.Grid) cam.Grid { return cam.Grid{H: g.H, W: g.W, Flat: g.Values} }

func newFusedMap(g cam.Grid, slicesIn int) pictureMap {
	out := heatmap.Grid{H: g.H, W: g.W, Slices: slicesIn, Values: g.Flat}
	return pictureMap{raw: out, full: out}
}

// layerNames returns the names of all layers of the plan, with commas between them.
func (p Plan) layerNames() string {
	var names []string
	for _, l := range p.Layers {
		names = append(names, l.Title())
	}
	return strings.Join(names, ", ")
}

// Versions returns the versions of the modules on which the numbers depend.
var Versions = sync.OnceValue(func() map[string]string {
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

// addUnguided adds to the diagnosis of a map by the guided rule, which changes the gradient of ReLUs, that the model
// has no ReLU.
func (p Plan) addUnguided(m *heatmap.Map) {
	guided := func(method cam.Method) bool {
		return method.Name == m.Method && hasProcedure[cam.GuidedPixels](Plan{methods: []cam.Method{method}})
	}
	if slices.ContainsFunc(p.methods, guided) {
		m.Diagnosis = strings.TrimSpace(m.Diagnosis +
			" The model has no ReLU, so guided backpropagation changes no gradient in it: this is what Saliency gives.")
	}
}
