package nb

import (
	"context"
	"encoding/json"
	"errors"
	"image"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/driver"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
)

// model answers every request with maps of the right names; class 9 fails.
type model struct{ driver.Session }

func (model) Info() gradcamnb.Info { return gradcamnb.Info{Name: "net", Labels: []string{"a", "b"}} }

func (model) Layers(context.Context, gradcamnb.Request) ([]gradcamnb.Layer, error) {
	layer := func(name string, size, channels int) gradcamnb.Layer {
		return gradcamnb.Layer{Name: name, Shape: []int{1, channels, size, size}, Grid: [2]int{size, size},
			Channels: channels,
			Feeds:    true}
	}
	last := layer("relu", 4, 64)
	last.Suggested = true
	return []gradcamnb.Layer{
		layer("early", 16, 16), layer("late", 16, 16), layer("mean", 16, 1), layer("middle", 8, 32), last,
		layer("after", 4, 64), layer("pool", 1, 64),
	}, nil
}

func (model) Explain(_ context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	index := 5
	if len(r.Targets) > 0 {
		index = r.Targets[0].Index[0]
	}
	if index == 9 {
		return nil, errors.New("there is no class 9")
	}
	out := result("cat")
	out.Maps = nil
	layers, methods := r.Layers, r.Methods
	if layers == nil {
		layers = []string{"relu"}
	}
	if methods == nil {
		methods = []string{"Grad-CAM"}
	}
	for _, l := range layers {
		for _, m := range methods {
			one := *result("cat").Maps[0]
			one.Layer, one.Method, one.Index, one.Target = l, m, index, "class"
			out.Maps = append(out.Maps, &one)
		}
	}
	return []*heatmap.Result{out}, nil
}

func explorer() Explorer {
	return Explorer{Model: gradcamnb.NewModel(model{}), Picture: image.NewNRGBA(image.Rect(0, 0, 8, 8)),
		Answer: time.Minute}
}

// The last map of each resolution, with the suggested one for its own; neither pooled
// vectors nor averages over the channels.
func TestOfferedLayers(t *testing.T) {
	layers, err := model{}.Layers(t.Context(), gradcamnb.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := stages(layers), []string{"late", "middle", "relu"}; !slices.Equal(got, want) {
		t.Errorf("offers %q, want %q", got, want)
	}
}

// page plays a browser that shows the live card: it says hello and then what it is told.
type page struct {
	t     *testing.T
	k     *kernel
	came  []*protocol.DisplayData // and was not looked at yet
	seen  []*protocol.DisplayData
	asks  string
	reply string
}

func (p *page) ask(a render.LiveQuestion) {
	text, err := json.Marshal(a)
	if err != nil {
		p.t.Error(err)
	}
	p.k.send(p.asks, string(text))
}

// next waits for an output or message that fits.
func (p *page) next(fits func(*protocol.DisplayData) bool) *protocol.DisplayData {
	found := &protocol.DisplayData{}
	eventually.True(p.t, "an output or a message comes", func() bool {
		p.came = append(p.came, p.k.take()...)
		for len(p.came) > 0 {
			m := p.came[0]
			p.seen, p.came = append(p.seen, m), p.came[1:]
			if fits(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

var addresses = regexp.MustCompile(`"ask":"([^"]+)","reply":"([^"]+)"`)

// shown waits for a live card.
func (p *page) shown() {
	p.next(func(m *protocol.DisplayData) bool {
		html, _ := m.Data[protocol.MIMETextHTML].(string)
		found := addresses.FindStringSubmatch(html)
		if found != nil {
			p.asks, p.reply = found[1], found[2]
		}
		return found != nil
	})
}

func (p *page) opens() {
	p.shown()
	p.ask(render.LiveQuestion{Hello: true})
}

func (p *page) answer() (r render.Reply) {
	p.next(func(m *protocol.DisplayData) bool {
		v, ok := m.Data[protocol.MIMECommValue].(protocol.CommValue)
		if !ok || v.Address != p.reply {
			return false
		}
		text, _ := v.Value.(string)
		return json.Unmarshal([]byte(text), &r) == nil
	})
	return r
}

// found makes the fake model's maps those of detections.
type found struct{ model }

func (f found) Layers(ctx context.Context, r gradcamnb.Request) ([]gradcamnb.Layer, error) {
	layers, err := f.model.Layers(ctx, r)
	layers[1].Level, layers[4].Level = true, true
	return layers, err
}

func (f found) Explain(ctx context.Context, r gradcamnb.Request) ([]*heatmap.Result, error) {
	out, err := f.model.Explain(ctx, r)
	rank := 1
	if len(r.Targets) > 0 {
		rank = r.Targets[0].Index[0]
	}
	for _, d := range []float64{0, 2, 4} {
		out[0].Detections = append(out[0].Detections, heatmap.Detection{Box: heatmap.Box{d, d, d + 2, d + 2}, Class: 1})
	}
	for _, m := range out[0].Maps {
		m.Found, m.Index, m.Box = rank, 1, out[0].Detections[rank-1].Box
	}
	return out, err
}

// The detections of one class are told apart, and their maps made at the levels of the detector. All detections at once
// open with the surest.
func TestExploreDetections(t *testing.T) {
	e := explorer()
	e.Model, e.Choices = gradcamnb.NewModel(found{}), []gradcamnb.Choice{gradcamnb.Detections(0)}
	got := explored(t.Context(), t, e, func(p *page) {
		p.opens()
		if r := p.answer(); len(r.Maps) != 2*len(quick) || r.Maps[0].Found != 1 || r.Maps[0].Layer != "late" {
			t.Errorf("at first it sends %d maps of detection %d at %s", len(r.Maps), r.Maps[0].Found, r.Maps[0].Layer)
		}
		p.ask(render.LiveQuestion{Serial: 1, Index: 2})
		if r := p.answer(); len(r.Maps) != 2*len(quick) || r.Maps[0].Found != 2 || r.Maps[0].Index != 1 {
			t.Errorf("for detection 2 it sends %+.80v", r)
		}
		p.ask(render.LiveQuestion{Index: 2, Layer: "relu", Method: "HiResCAM", Stop: true})
	})
	card := left(t, got, "stopped")
	for _, rank := range []string{"1", "2"} {
		if n := strings.Count(card, `"found":`+rank); n != 2*len(quick) {
			t.Errorf("the card that is left holds %d maps of detection %s", n, rank)
		}
	}
	if !strings.Contains(card, `"found":[{"box":[0,0,2,2],"words":"1 class 1 0.00"}`) {
		t.Error("the card that is left has no boxes")
	}
	if !slices.ContainsFunc(got, func(m *protocol.DisplayData) bool {
		text, _ := m.Data[protocol.MIMETextMarkdown].(string)
		return strings.Contains(text, "gradcamnb.Detection(2)")
	}) {
		t.Error("the code of the choice is missing")
	}
}

// bare is a model that gives no layers, as one that onnxruntime runs.
type bare struct{ model }

func (bare) Layers(context.Context, gradcamnb.Request) ([]gradcamnb.Layer, error) {
	return nil, errors.New("no graph")
}

// What has no layers is explored by RISE, of few masks unless their number is said.
func TestExploreWithoutLayers(t *testing.T) {
	m := gradcamnb.NewModel(bare{})
	if r := offerAll(m, gradcamnb.Request{}); !slices.Equal(r.Methods, []string{"RISE"}) || r.Sampling.Masks != 512 ||
		r.Sampling.Design != "balanced" {
		t.Errorf("offers %q of %+v", r.Methods, r.Sampling)
	}
	sampled := gradcamnb.Request{}.With(gradcamnb.Sampled(gradcamnb.Sampling{Masks: 64}))
	if r := offerAll(m, sampled); r.Sampling.Masks != 64 || r.Sampling.Design != "" {
		t.Errorf("of a choice of masks it makes %+v", r.Sampling)
	}
	hiding := []string{"Occlusion"}
	if r := offerAll(m, gradcamnb.Request{Methods: hiding}); !slices.Equal(r.Methods, hiding) {
		t.Errorf("of a choice of methods it makes %q", r.Methods)
	}
}

func explored(ctx context.Context, t *testing.T, e Explorer, plays func(*page)) []*protocol.DisplayData {
	t.Helper()
	t.Setenv(protocol.GONB_JUPYTER_KERNEL_ID_ENV, "some-kernel")
	p := &page{t: t, k: inNotebook(t)}
	p.k.take()
	done := make(chan error)
	go func() { done <- e.Run(ctx) }()
	plays(p)
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Minute):
		t.Fatal("it does not end")
	}
	return slices.Concat(p.seen, p.came, p.k.take())
}

// left is what an exploration leaves: no live card, a reason, a picture, a table, a card.
func left(t *testing.T, got []*protocol.DisplayData, reason string) (card string) {
	t.Helper()
	shown := map[string]string{} // of outputs that are renewed, the last
	var said string
	pictures := 0
	for _, m := range got {
		if html, ok := m.Data[protocol.MIMETextHTML].(string); ok {
			shown[m.DisplayID] = html
		}
		if text, ok := m.Data[protocol.MIMETextMarkdown].(string); ok && m.DisplayID == "" && said == "" {
			said = text
		}
		if _, ok := m.Data[protocol.MIMEImagePNG]; ok {
			pictures++
		}
	}
	for id, html := range shown {
		if id != "" && html != "" {
			t.Error("the live card is still there")
		}
	}
	if !strings.Contains(said, reason) || pictures != 1 || !strings.HasPrefix(shown[""], "<div id=") {
		t.Errorf("it says %q, shows %d pictures and the card %.40q", said, pictures, shown[""])
	}
	return shown[""]
}

// The page opens the card, asks for a class, for one that fails, and stops.
func TestExplore(t *testing.T) {
	got := explored(t.Context(), t, explorer(), func(p *page) {
		p.opens()
		first := p.answer()
		if first.Serial != 0 || len(first.Maps) != 3*len(quick) || first.Maps[0].Index != 5 {
			t.Errorf("at first it sends %d maps of class %d", len(first.Maps), first.Maps[0].Index)
		}
		p.ask(render.LiveQuestion{Serial: 1, Index: 1})
		if r := p.answer(); r.Serial != 1 || len(r.Maps) != 3*len(quick) || r.Maps[0].Index != 1 {
			t.Errorf("for class 1 it sends %+.80v", r)
		}
		p.ask(render.LiveQuestion{Serial: 2, Index: 9})
		if r := p.answer(); r.Serial != 2 || !strings.Contains(r.Error, "no class 9") {
			t.Errorf("for a class that there is not it sends %+.80v", r)
		}
		p.k.send(p.asks, "not JSON")
		p.ask(render.LiveQuestion{Stop: true})
	})
	// GoNB opens its connection for the subscription, and the page must be ready for that.
	ready := slices.IndexFunc(got, func(m *protocol.DisplayData) bool {
		html, _ := m.Data[protocol.MIMETextHTML].(string)
		return strings.Contains(html, `gradcamConnections`) && strings.HasSuffix(html, "(\"some-kernel\")</script>")
	})
	subscribed := slices.IndexFunc(got, func(m *protocol.DisplayData) bool {
		return m.Data[protocol.MIMECommSubscribe] != nil
	})
	if ready < 0 || subscribed < ready {
		t.Errorf("the page is made ready by message %d, and the subscription is message %d", ready, subscribed)
	}
	card := left(t, got, "stopped")
	if n := strings.Count(card, `"index":1,"score"`); n != 3*len(quick) {
		t.Errorf("the card that is left holds %d maps of class 1", n)
	}
}

// What a page says on a connection that GoNB gives up is lost: the card is shown anew, and
// a page that was merely slow says hello twice.
func TestExploreShowsTheCardAnew(t *testing.T) {
	e := explorer()
	e.Answer = 15 * time.Second // a fifth of which goes by until the card is shown anew
	left(t, explored(t.Context(), t, e, func(p *page) {
		p.shown()
		p.opens()
		p.answer()
		p.ask(render.LiveQuestion{Serial: 1, Index: 1})
		p.answer()
		p.ask(render.LiveQuestion{Hello: true})
		if r := p.answer(); r.Serial != 0 || r.Maps[0].Index != 1 {
			t.Errorf("to the second hello it sends class %d", r.Maps[0].Index)
		}
		p.ask(render.LiveQuestion{Stop: true})
	}), "stopped")
}

func TestExploreEndsIdle(t *testing.T) {
	e := explorer()
	e.Idle = 50 * time.Millisecond
	left(t, explored(t.Context(), t, e, (*page).opens), "nothing was chosen for 50ms")
}

func TestExploreEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	left(t, explored(ctx, t, explorer(), func(p *page) {
		p.opens()
		p.answer()
		cancel()
	}), "interrupted")
}

// Nobody answers: it says so and shows all maps.
func TestExploreWithoutPage(t *testing.T) {
	e := explorer()
	e.Answer = 50 * time.Millisecond
	card := left(t, explored(t.Context(), t, e, func(*page) {}), "did not answer")
	if n := strings.Count(card, `"index":5,"score"`); n != 3*len(quick) {
		t.Errorf("the card holds %d maps", n)
	}
}

// Executed without a page, as by nbconvert, it does not even try.
func TestExploreHeadless(t *testing.T) {
	k := inNotebook(t)
	t.Setenv(protocol.GONB_JUPYTER_KERNEL_ID_ENV, "")
	k.take()
	start := time.Now()
	e := explorer()
	e.Answer = time.Minute
	if err := e.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	left(t, k.take(), "no page of JupyterLab")
	if took := time.Since(start); took > e.Answer {
		t.Errorf("it took %v", took)
	}
}
