package nb

import (
	"context"
	"image"
	"os"
	"os/signal"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/internal/must"
)

// Explorer shows a live card on which a person can choose class, layer, method and opacity and see the map at once.
type Explorer struct {
	Model   *gradcamnb.Model   // that is asked
	Picture image.Image        // that is explored
	Choices []gradcamnb.Choice // the layers and methods on offer, and the first target

	Idle   time.Duration // the card ends if nothing is chosen for this long; zero means ten minutes
	Answer time.Duration // time for the page to answer at the start; zero means fifteen seconds
}

// Explore shows a live card of the model's explanation of the picture. On the card the class can be chosen, or the
// detection by a click on its box, and the layer and the method among those of the choices. Without choices, the card
// offers the last feature map of every resolution, or of every level of a detector, and the methods of one backward
// pass. A model without layers is explored by RISE with 512 balanced masks. The cell ends when Stop is pressed, when
// the kernel is interrupted, or when nothing was chosen for ten minutes. Then the maps that were looked at stay in the
// notebook, as [Show] shows them.
//
// If the page cannot talk to the cell, Explore says why and shows the maps at once, as Show does.
func Explore(m *gradcamnb.Model, img image.Image, choices ...gradcamnb.Choice) error {
	return Explorer{Model: m, Picture: img, Choices: choices}.Run(context.Background())
}

// MustExplore is like Explore, but panics with the error.
func MustExplore(m *gradcamnb.Model, img image.Image, choices ...gradcamnb.Choice) {
	must.OK(Explore(m, img, choices...))
}

// Run shows the card as [Explore] does. It ends when ctx does, as if Stop were pressed.
func (e Explorer) Run(ctx context.Context) error {
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt)
	defer cancel()
	first := gradcamnb.Request{Pictures: []image.Image{e.Picture}}.With(e.Choices...)
	all := offerAll(e.Model, first)
	first.Methods, first.Sampling = all.Methods, all.Sampling
	reason := unreachable()
	if reason == "" {
		one, err := firstRequest(first)
		if err != nil {
			return err
		}
		s := session{Explorer: e, all: all}
		if reason, err = s.run(ctx, one); err != nil || reason == "" {
			return err
		}
	}
	results, err := e.Model.Run(context.WithoutCancel(ctx), all)
	if err != nil {
		return err
	}
	if InNotebook() {
		gonbui.DisplayMarkdown("Live exploration is not possible here: " + reason + ". These are the same maps, computed.")
	}
	return Show(results...)
}

// unreachable returns why no page can talk to this program, or an empty text if nothing speaks against it.
func unreachable() string {
	switch {
	case !InNotebook():
		return "this is no notebook"
	case os.Getenv(protocol.GONB_JUPYTER_KERNEL_ID_ENV) == "":
		return "no page of JupyterLab or Jupyter Notebook runs this cell (it is executed without a page, or in an editor of its own)"
	}
	return ""
}

// quick are methods of one backward pass. With them a new class costs next to nothing.
var quick = []string{"Grad-CAM", "Grad-CAM++", "HiResCAM", "LayerCAM"}

// deepest is the number of layers that are offered if none is chosen.
const deepest = 4

// offerAll returns the request with every layer and method that the card offers: RISE for a model without layers.
func offerAll(m *gradcamnb.Model, r gradcamnb.Request) gradcamnb.Request {
	unasked := len(r.Methods) == 0
	if unasked {
		r.Methods = quick
	}
	if len(r.Layers) > 0 {
		return r
	}
	layers, err := m.Layers(r)
	r.Layers = stages(layers)
	if unasked && (err != nil || len(r.Layers) == 0) { // what is wrong with the model, if anything is, its first map says
		return riseRequest(r)
	}
	return r
}

// stages returns the names of the last feature maps of the deepest resolutions, in the order of execution. The
// suggested layer stands for its resolution. For a detector it returns the maps before the heads.
func stages(layers []gradcamnb.Layer) []string {
	var levels []string
	for _, l := range layers {
		if l.Level {
			levels = append(levels, l.Name)
		}
	}
	if len(levels) > 0 {
		return levels
	}
	last := map[[2]int]int{}
	suggested := -1
	for i, l := range layers {
		if l.Suggested {
			suggested = i
		}
		size := l.Grid
		if !l.Feeds || len(l.Shape) != 4 || size[0]*size[1] <= 1 || l.Channels <= 3 {
			continue
		}
		last[size] = i
	}
	if suggested >= 0 {
		last[layers[suggested].Grid] = suggested
	}
	var names []string
	for i, l := range layers {
		size := l.Grid
		if at, ok := last[size]; ok && at == i {
			names = append(names, l.Name)
		}
	}
	return names[max(0, len(names)-deepest):]
}

// riseRequest returns the request for RISE. If it does not say how many masks, they are few enough to wait for.
func riseRequest(r gradcamnb.Request) gradcamnb.Request {
	r.Methods = []string{"RISE"}
	if r.Sampling.Masks == 0 {
		r.Sampling.Masks, r.Sampling.Design = 512, "balanced"
	}
	return r
}

// firstRequest returns the request for the first map to be seen: of one layer, one method, and the surest of all
// detections, which is quicker than all.
func firstRequest(r gradcamnb.Request) (gradcamnb.Request, error) {
	r.Layers, r.Methods, r.Targets = r.Layers[:min(1, len(r.Layers))], r.Methods[:min(1, len(r.Methods))],
		r.Targets[:min(1, len(r.Targets))]
	if len(r.Targets) == 0 || r.Targets[0].Kind != kind.Detections.Name {
		return r, nil
	}
	surest, err := r.Targets[0].WithIndex(1)
	r.Targets = []gradcamnb.Target{surest}
	return r, err
}
