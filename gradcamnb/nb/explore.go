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
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/must"
)

// Explorer lets a person choose class, layer, method and opacity on a live card and
// see the map at once.
type Explorer struct {
	Model   *gradcamnb.Model   // that is asked
	Picture image.Image        // that is explored
	Choices []gradcamnb.Choice // layers and methods to choose from, and the first target

	Idle   time.Duration // it ends when nothing was chosen for so long; zero: ten minutes
	Answer time.Duration // that the page has to answer in at the start; zero: fifteen seconds
}

// Explore shows a live card of the model's explanation of the picture, in which the class can be chosen, and the layer
// and the method among those of the choices; without choices these are the last feature map of every resolution and the
// methods of one backward pass. The cell ends when Stop is pressed, when the kernel is interrupted, or when nothing was
// chosen for ten minutes. Then what was looked at stays in the notebook, as [Show] shows it.
//
// If the page cannot talk to the cell it says why and shows the same maps as
// Show does, at once.
func Explore(m *gradcamnb.Model, img image.Image, choices ...gradcamnb.Choice) error {
	return Explorer{Model: m, Picture: img, Choices: choices}.Run(context.Background())
}

// MustExplore is Explore that panics with the error.
func MustExplore(m *gradcamnb.Model, img image.Image, choices ...gradcamnb.Choice) {
	must.OK(Explore(m, img, choices...))
}

// Run is [Explore]; the end of the context ends it like Stop.
func (e Explorer) Run(ctx context.Context) error {
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt)
	defer cancel()
	first := gradcamnb.Request{Pictures: []image.Image{e.Picture}}.With(e.Choices...)
	all, err := offerAll(e.Model, first)
	if err != nil {
		return err
	}
	reason := unreachable()
	if reason == "" {
		s := session{Explorer: e, all: all}
		if reason, err = s.run(ctx, opening(first)); err != nil || reason == "" {
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

// unreachable says why no page can talk to this program, if that is known from
// the start.
func unreachable() string {
	switch {
	case !InNotebook():
		return "this is no notebook"
	case os.Getenv(protocol.GONB_JUPYTER_KERNEL_ID_ENV) == "":
		return "no page of JupyterLab or Jupyter Notebook runs this cell (it is executed without a page, or in an editor of its own)"
	}
	return ""
}

// methods of one backward pass, which a new class costs next to nothing.
var quick = []string{"Grad-CAM", "Grad-CAM++", "HiResCAM", "LayerCAM"}

// deepest is how many layers are offered unasked.
const deepest = 4

// offerAll is the request with every layer and method that can be chosen.
func offerAll(m *gradcamnb.Model, r gradcamnb.Request) (gradcamnb.Request, error) {
	if len(r.Methods) == 0 {
		r.Methods = quick
	}
	if len(r.Layers) > 0 {
		return r, nil
	}
	layers, err := m.Layers(r)
	if err != nil {
		return r, err
	}
	r.Layers = stages(layers)
	return r, nil
}

// stages names the last feature map of each resolution, the deepest ones, and the
// suggested layer, in the order of execution.
func stages(layers []gradcamnb.Layer) []string {
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

// opening is the first map to be seen: of one layer and one method, which is quicker
// than all of them.
func opening(r gradcamnb.Request) gradcamnb.Request {
	r.Layers, r.Methods, r.Targets = r.Layers[:min(1, len(r.Layers))], r.Methods[:min(1, len(r.Methods))],
		r.Targets[:min(1, len(r.Targets))]
	return r
}

// reach lets GoNB's side of the page reach the kernel behind a base URL and over https.
var reach = "<script>" + reachScript + "</script>"

//go:embed reach.js
var reachScript string

// session is one run of a live card.
type session struct {
	Explorer
	all    gradcamnb.Request
	given  gradcamnb.Target // what the card opened with
	opened int              // its element
	live   render.Live
	result *heatmap.Result     // the picture with all maps so far
	latest []*heatmap.Map      // of the class that was chosen last
	chosen render.LiveQuestion // what is looked at
}

// run shows the card and answers it until the end, and then leaves a static result.
// It returns a reason where the page does not answer.
func (s *session) run(ctx context.Context, first gradcamnb.Request) (reason string, err error) {
	results, err := s.Model.Run(ctx, first)
	if err != nil {
		return "", err
	}
	opened := *results[0]
	s.result = results[0]
	s.latest = opened.Maps
	s.opened = opened.Maps[0].Index
	switch {
	case len(first.Targets) > 0:
		s.given = first.Targets[0]
	case opened.Maps[0].Box.Area() > 0:
		s.given = gradcamnb.Detection(1)
	default:
		s.given = gradcamnb.Class(s.opened)
	}
	likely := opened.Scores
	if opened.Maps[0].Head != "" { // they are of another output
		likely = nil
	}
	id := "gradcam-" + gonbui.UniqueId()
	_, fixed := s.given.WithIndex(0)
	s.live = render.Live{Fixed: fixed != nil, Ask: "/" + id + "/ask", Reply: "/" + id + "/reply",
		Labels: s.Model.Info().Elements(s.given), Likely: likely}
	card, err := render.LiveHTML(id, &opened, s.live, nil)
	if err != nil {
		return "", err
	}
	heard := newInbox(s.live.Reply)
	subscription := comms.Subscribe(s.live.Ask, func(_ string, text string) { heard.sort(text) })
	defer comms.Unsubscribe(subscription)
	// Whatever happens, the live card goes: without the cell it is dead.
	remove := func() { gonbui.UpdateHTML(id, "") }
	gonbui.UpdateHTML(id, reach) // before the connection is asked for, and gone with the card
	if !s.greeted(ctx, heard.hello, func() { gonbui.UpdateHTML(id, card) }) {
		remove()
		return "the page did not answer; it must be one of JupyterLab or Jupyter Notebook, and not VS Code or Colab", nil
	}
	s.answer(ctx, render.LiveQuestion{Index: opened.Maps[0].Index})
	ended := s.loop(ctx, heard)
	remove()
	gonbui.DisplayMarkdown(ended)
	return "", s.leave()
}

// greeted shows the card until the page says hello, and a first and a second time anew
// where it does not: a connection that takes half a second to open is given up by GoNB's
// side of the page (docs/upstream.md), and what the card said on it is lost.
//
// Until then a line says what is waited for.
func (s *session) greeted(ctx context.Context, hello <-chan bool, show func()) bool {
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
			return true // the loop ends with it, too
		case <-time.After(wait):
		}
	}
	return false
}

// loop answers the card until the end, and says how that came. A card that says hello once
// more was shown anew and has the first maps only.
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
			s.answer(ctx, render.LiveQuestion{Index: s.latest[0].Index})
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

// target explains an element of what the first target explained. The element that the card opened
// with is that target itself, which need not have elements.
func (s *session) target(index int) (gradcamnb.Target, error) {
	if index == s.opened {
		return s.given, nil
	}
	return s.given.WithIndex(index)
}

// keep adds the maps of a class, in place of those that are there already.
func (s *session) keep(r *heatmap.Result) {
	var maps []*heatmap.Map
	for _, m := range s.result.Maps {
		if m.Index != r.Maps[0].Index {
			maps = append(maps, m)
		}
	}
	kept := *r
	kept.Maps = append(slices.Clone(r.Maps), maps...)
	s.result, s.latest = &kept, r.Maps
}

// leave shows what was looked at: the latest class as a picture, all on the card, which opens at what was seen last,
// and the Go code that asks for it.
func (s *session) leave() error {
	seen := *s.result
	seen.Maps = s.latest
	last := s.last()
	if err := showOpen([]*heatmap.Result{&seen}, []*heatmap.Result{s.result}, last); err != nil {
		return err
	}
	t, err := s.target(last.Index)
	if err != nil {
		return err
	}
	gonbui.DisplayMarkdown("As code:\n```go\n" + choiceCode(t, last) + "\n```")
	return checkDelivered()
}

// last is the map that was looked at last.
func (s *session) last() *heatmap.Map {
	for _, m := range s.result.Maps {
		if c := s.chosen; c.Method != "" && m.Index == c.Index && m.Layer == c.Layer && m.Method == c.Method {
			return m
		}
	}
	return s.latest[0]
}
