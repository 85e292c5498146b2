package nb

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
)

//go:embed reach.js
var reachScript string

// reach returns a script that lets GoNB's side of the page reach a kernel also behind a base URL, over https, over http
// from another machine, and beside the cards of another notebook.
func reach(kernel string) string { return fmt.Sprintf("<script>%s(%q)</script>", reachScript, kernel) }

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
	s.chosen = render.LiveQuestion{Index: s.opened, Layer: opened.Maps[0].Layer, Method: opened.Maps[0].Method}
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
	id, kernel := "gradcam-"+gonbui.UniqueId(), os.Getenv(protocol.GONB_JUPYTER_KERNEL_ID_ENV)
	_, fixed := s.given.WithIndex(0)
	s.live = render.Live{Fixed: fixed != nil || boxes, Boxes: boxes, Levels: boxes && len(first.Layers) == 0,
		Ask: "/" + id + "/ask", Reply: "/" + id + "/reply", Kernel: kernel,
		Labels: s.Model.Info().Elements(s.given), Likely: likely}
	card, err := render.LiveHTML(id, &opened, s.live, nil)
	if err != nil {
		return "", err
	}
	gonbui.UpdateHTML(id, reach(kernel)) // the card replaces it
	gonbui.Sync()                        // before GoNB opens its connection for the subscription
	computing, stop := context.WithCancel(ctx)
	defer stop()
	heard := newInbox(s.live.Reply, stop)
	subscription := comms.Subscribe(s.live.Ask, func(_ string, text string) { heard.sort(text) })
	defer comms.Unsubscribe(subscription)
	// The live card is removed in any case, since it does nothing without the cell.
	remove := func() { gonbui.UpdateHTML(id, "") }
	if !s.waitForHello(ctx, heard.hello, func() { gonbui.UpdateHTML(id, card) }) {
		remove()
		return "the page did not answer; it must be one of JupyterLab or Jupyter Notebook, and not VS Code or Colab", nil
	}
	s.answer(computing, render.LiveQuestion{Index: s.opened})
	ended := s.loop(ctx, computing, heard)
	gonbui.DisplayMarkdown(ended)
	err = s.leave()
	remove() // last, since a kernel that is restarted gives the program hardly any time, and then the card stays
	return "", errors.Join(err, checkDelivered())
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

// loop answers the card until the end and returns a phrase that says how it ended. The context computing ends when Stop
// is pressed, even while maps are computed. If a card says hello once more, it was shown anew and has only the first
// maps.
func (s *session) loop(ctx, computing context.Context, heard *inbox) string {
	const looked = "; what was looked at:"
	patience := cmp.Or(s.Idle, 10*time.Minute)
	idle := time.NewTimer(patience)
	defer idle.Stop()
	away := time.NewTicker(absence / 10)
	defer away.Stop()
	for {
		select {
		case <-heard.hello:
			s.answer(computing, render.LiveQuestion{Index: element(s.latest[0])})
		case a := <-heard.asks:
			s.chosen = a
			s.answer(computing, a)
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

// leave shows what was looked at: the last class as a picture, all maps on a card that opens at the last one seen, and
// the Go code that asks for that map.
func (s *session) leave() error {
	last, seen := s.lastMap(), *s.result
	other := func(m *heatmap.Map) bool { return element(m) != element(last) }
	seen.Maps = slices.DeleteFunc(slices.Clone(seen.Maps), other)
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
	chosen := func(m *heatmap.Map) bool { return m.Layer == s.chosen.Layer && m.Method == s.chosen.Method }
	for _, m := range s.result.Maps {
		if element(m) == s.chosen.Index && chosen(m) {
			return m
		}
	}
	// What was chosen is not computed.
	return s.latest[max(0, slices.IndexFunc(s.latest, chosen))]
}
