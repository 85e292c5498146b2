package plans

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/cam"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/perturb"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/source"
	"github.com/gradcam-go/gradcam/gradcamnb/engine/target"
	"github.com/gradcam-go/gradcam/internal/registry"
)

// takeMethods looks up the methods, in the order of the request. Grad-CAM is the default.
func (p *Plan) takeMethods(names []string) error {
	if len(names) == 0 {
		names = []string{cam.GradCAM.Name}
	}
	for _, name := range names {
		if f, err := perturb.ByName(name); err == nil {
			p.Forward = append(p.Forward, f)
			continue
		}
		method, err := cam.ByName(name)
		if unknown, ok := errors.AsType[*registry.UnknownError](err); ok {
			for _, f := range perturb.All() {
				unknown.Known = append(unknown.Known, f.Name)
			}
			return unknown
		}
		if err != nil {
			return err
		}
		if f, ok := perturb.FromCAM(method); ok {
			p.Forward = append(p.Forward, f)
			continue
		}
		p.methods = append(p.methods, method)
	}
	return nil
}

// checkVolumes returns an error if a method of the plan has no map of a volume.
func checkVolumes(p Plan) error {
	for _, m := range p.methods {
		if m.Plane {
			return refuseVolume(m.Name)
		}
	}
	for _, f := range p.Forward {
		if f.Plane {
			return refuseVolume(f.Name)
		}
	}
	return nil
}

func refuseVolume(method string) error {
	return fmt.Errorf("%s looks at neighbours within a picture and has no map of a volume: take %s, LayerCAM, RISE or Occlusion",
		method, cam.GradCAM.Name)
}

// checkCropped returns an error if a method spreads a layer over the whole picture, and the model cuts off a part of
// the picture, or pads it, before that layer. Methods of many layers look at all of them.
func (p Plan) checkCropped(all []source.Layer) error {
	check := func(method string, layers []source.Layer) error {
		i := slices.IndexFunc(layers, func(l source.Layer) bool { return l.Feeds && l.Axes.Margins() != "" })
		if i < 0 {
			return nil
		}
		return fmt.Errorf("%s spreads every layer over the whole picture, and the model %s before layer %q: take %s or LayerCAM, whose maps are laid where the layer lies",
			method, layers[i].Axes.Margins(), layers[i].Name, cam.GradCAM.Name)
	}
	for _, m := range p.methods {
		layers := p.Layers
		if _, ok := m.Procedure.(cam.ManyLayers); ok {
			layers = all
		}
		if !m.Spreads {
			continue
		}
		if err := check(m.Name, layers); err != nil {
			return err
		}
	}
	for _, f := range p.Forward {
		if !f.Spreads {
			continue
		}
		if err := check(f.Name, p.Layers); err != nil {
			return err
		}
	}
	return nil
}

// hasLayerMaps tells whether a method of the plan makes its maps at layers.
func (p Plan) hasLayerMaps() bool {
	return slices.ContainsFunc(p.methods, func(m cam.Method) bool {
		_, fused := m.Procedure.(cam.LayerFusion)
		return fused || cam.HasLayer(m.Procedure)
	}) || slices.ContainsFunc(p.Forward, func(f perturb.Method) bool { return f.AtLayers })
}

// joinsAllLevels tells whether a method of the plan joins all levels of a detector.
func (p Plan) joinsAllLevels() bool {
	return slices.ContainsFunc(p.methods, func(m cam.Method) bool {
		fused, ok := m.Procedure.(cam.LayerFusion)
		return ok && fused.AllLevels
	})
}

// leaf is a method of one pass. Other methods are made of such leaves.
type leaf struct {
	name string
	how  cam.OnePass
	unit string
}

// leaves returns the methods of one pass of which the plan's methods are made, each once.
func (p Plan) leaves() []leaf {
	var out []leaf
	var add func(cam.Method)
	add = func(m cam.Method) {
		switch how := m.Procedure.(type) {
		case cam.OnePass:
			if !slices.ContainsFunc(out, func(l leaf) bool { return l.name == m.Name }) {
				out = append(out, leaf{m.Name, how, m.Unit})
			}
		case cam.MethodFusion:
			for _, part := range how.Methods {
				add(part)
			}
		case cam.LayerFusion:
			add(how.Method)
		}
	}
	for _, m := range p.methods {
		add(m)
	}
	return out
}

// split divides leaves into those that make a map at every layer and those that make one map of the picture.
func split(leaves []leaf) (atLayer, atPicture []leaf) {
	for _, l := range leaves {
		if cam.HasLayer(l.how) {
			atLayer = append(atLayer, l)
		} else {
			atPicture = append(atPicture, l)
		}
	}
	return atLayer, atPicture
}

// groupLayers returns, for every method that looks at many layers, the names of these layers.
func groupLayers(leaves []leaf, layers []source.Layer) map[string][]string {
	out := map[string][]string{}
	for _, l := range leaves {
		across, ok := l.how.(cam.ManyLayers)
		if !ok {
			continue
		}
		for _, layer := range layers {
			signal := across.Bias && len(layer.Shape) == 3
			if slices.Contains(across.Ops, layer.Op) && (len(layer.Shape) == 4 || signal) && layer.Feeds &&
				(layer.Bias || !across.Bias) {
				out[l.name] = append(out[l.name], layer.Name)
			}
		}
	}
	return out
}

// checkRetargeted returns an error if a method has a score of its own that does not fit a target.
func (p Plan) checkRetargeted() error {
	for _, l := range p.leaves() {
		r, ok := l.how.(cam.Retargeting)
		if !ok {
			continue
		}
		kind, err := target.ByName(r.Target)
		if err != nil {
			return err
		}
		for _, a := range p.Aims {
			if err := a.CheckRetarget(l.name, kind); err != nil {
				return err
			}
		}
	}
	return nil
}
