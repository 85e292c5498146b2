package nb

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/kind"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
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

// reach is a script that lets GoNB's side of the page reach the kernel behind a base URL and over https.
var reach = "<script>" + reachScript + "</script>"

//go:embed reach.js
var reachScript string

// session is one run of a live card.
type session struct {
	Explorer
	all    gradcamnb.Request
	given  gradcamnb.Target // with which the card opened
	opened int              // the element of that target, see [element]
	live   render.Live
	result *heatmap.Result     // the picture with all maps so far
	latest []*heatmap.Map      // of the class that was chosen last
	chosen render.LiveQuestion // the map that is looked at
}

// run shows the card, answers it until the end, and then leaves a static result. If the page does not answer, run
// returns a reason instead.
func (s *session) run(ctx context.Context, first gradcamnb.Request) (reason string, err error) {
	results, err := s.Model.Run(ctx, first)
	if err != nil {
		return "", err
	}
	opened := *results[0]
	s.result = results[0]
	s.latest = opened.Maps
	s.opened = element(opened.Maps[0])
	boxes := opened.Maps[0].Found > 0
	switch {
	case len(first.Targets) > 0:
		s.given = first.Targets[0]
	case boxes:
		s.given = gradcamnb.Detection(s.opened)
	default:
		s.given = gradcamnb.Class(s.opened)
	}
	likely := opened.Scores
	if opened.Maps[0].Head != "" { // they are of another output
		likely = nil
	}
	id := "gradcam-" + gonbui.UniqueId()
	_, fixed := s.given.WithIndex(0)
	s.live = render.Live{Fixed: fixed != nil || boxes, Boxes: boxes, Levels: boxes && len(first.Layers) == 0,
		Ask: "/" + id + "/ask", Reply: "/" + id + "/reply",
		Labels: s.Model.Info().Elements(s.given), Likely: likely}
	card, err := render.LiveHTML(id, &opened, s.live, nil)
	if err != nil {
		return "", err
	}
	heard := newInbox(s.live.Reply)
	subscription := comms.Subscribe(s.live.Ask, func(_ string, text string) { heard.sort(text) })
	defer comms.Unsubscribe(subscription)
	// The live card is removed in any case, since it does nothing without the cell.
	remove := func() { gonbui.UpdateHTML(id, "") }
	gonbui.UpdateHTML(id, reach) // before the connection is opened; the card replaces it
	if !s.waitForHello(ctx, heard.hello, func() { gonbui.UpdateHTML(id, card) }) {
		remove()
		return "the page did not answer; it must be one of JupyterLab or Jupyter Notebook, and not VS Code or Colab", nil
	}
	s.answer(ctx, render.LiveQuestion{Index: s.opened})
	ended := s.loop(ctx, heard)
	remove()
	gonbui.DisplayMarkdown(ended)
	return "", s.leave()
}

// waitForHello shows the card and waits until the page says hello. It returns false if the page does not. It shows the
// card up to three times, because GoNB's side of the page gives a connection up that takes half a second to open
// (docs/upstream.md), and what the card said on it is lost.
//
// Until the page says hello, a line says what the cell waits for.
func (s *session) waitForHello(ctx context.Context, hello <-chan bool, show func()) bool {
	line := gonbui.UniqueId()
	defer renew(line, "")
	patience := cmp.Or(s.Answer, 15*time.Second)
	left := patience
	for _, shares := range []time.Duration{5, 3, 1} {
		comms.Start()
		show()
		renew(line, "waiting for the page to answer, at most "+patience.String()+" …")
		wait := left / shares
		left -= wait
		select {
		case <-hello:
			return true
		case <-ctx.Done():
			return true // the loop ends with ctx, too
		case <-time.After(wait):
		}
	}
	return false
}

// loop answers the card until the end and returns a phrase that says how it ended. If a card says hello once more, it
// was shown anew and has only the first maps.
func (s *session) loop(ctx context.Context, heard *inbox) string {
	const looked = "; what was looked at:"
	patience := cmp.Or(s.Idle, 10*time.Minute)
	idle := time.NewTimer(patience)
	defer idle.Stop()
	away := time.NewTicker(absence / 10)
	defer away.Stop()
	for {
		select {
		case <-heard.hello:
			s.answer(ctx, render.LiveQuestion{Index: element(s.latest[0])})
		case a := <-heard.asks:
			s.chosen = a
			s.answer(ctx, a)
			idle.Reset(patience)
		case a := <-heard.chosen:
			s.chosen = a
			idle.Reset(patience)
		case a := <-heard.stop:
			s.chosen = a
			if a.Leave {
				return "Exploration ended, since its page was closed" + looked
			}
			return "Exploration stopped" + looked
		case <-ctx.Done():
			return "Exploration interrupted" + looked
		case <-away.C:
			if heard.silence() > absence {
				return "Exploration ended, since its page has gone" + looked
			}
		case <-idle.C:
			return fmt.Sprintf("Exploration ended, since nothing was chosen for %s%s", patience, looked)
		}
	}
}

// answer computes the maps of a class, sends them, and keeps them.
func (s *session) answer(ctx context.Context, a render.LiveQuestion) {
	reply := render.Reply{Serial: a.Serial}
	results, err := s.explain(ctx, a.Index)
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err != nil:
		reply.Error = err.Error()
	default:
		reply = render.NewReply(a.Serial, results[0])
		s.keep(results[0])
	}
	text, err := json.Marshal(reply)
	if err != nil {
		return // a reply is plain data
	}
	comms.Send(s.live.Reply, string(text))
}

// explain computes the maps of an element at every layer by every method.
func (s *session) explain(ctx context.Context, index int) ([]*heatmap.Result, error) {
	t, err := s.target(index)
	if err != nil {
		return nil, err
	}
	r := s.all
	r.Targets = []gradcamnb.Target{t}
	return s.Model.Run(ctx, r)
}

// element returns the number by which the card asks for a map: that of its class, or the rank of its detection.
func element(m *heatmap.Map) int {
	if m.Found > 0 {
		return m.Found
	}
	return m.Index
}

// target returns the first target for another element. For the element with which the card opened it returns the first
// target itself, which need not have elements.
func (s *session) target(index int) (gradcamnb.Target, error) {
	if index == s.opened {
		return s.given, nil
	}
	return s.given.WithIndex(index)
}

// keep adds the maps of an element to the result. They replace earlier maps of that element.
func (s *session) keep(r *heatmap.Result) {
	var maps []*heatmap.Map
	for _, m := range s.result.Maps {
		if element(m) != element(r.Maps[0]) {
			maps = append(maps, m)
		}
	}
	kept := *r
	kept.Maps = append(slices.Clone(r.Maps), maps...)
	s.result, s.latest = &kept, r.Maps
}

// leave shows what was looked at: the latest class as a picture, all maps on a card that opens at the last one seen,
// and the Go code that asks for that map.
func (s *session) leave() error {
	seen := *s.result
	seen.Maps = s.latest
	last := s.lastMap()
	drawn, o := []*heatmap.Result{&seen}, &render.Options{Open: last}
	if err := show(pictureOf(drawn), drawn, []*heatmap.Result{s.result}, o); err != nil {
		return err
	}
	t, err := s.target(element(last))
	if err != nil {
		return err
	}
	gonbui.DisplayMarkdown("As code:\n```go\n" + choiceCode(t, last) + "\n```")
	return checkDelivered()
}

// lastMap returns the map that was looked at last.
func (s *session) lastMap() *heatmap.Map {
	for _, m := range s.result.Maps {
		if c := s.chosen; c.Method != "" && element(m) == c.Index && m.Layer == c.Layer && m.Method == c.Method {
			return m
		}
	}
	return s.latest[0]
}
