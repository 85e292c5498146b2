package nb

import (
	"bytes"
	"encoding/gob"
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/gradcam-go/gradcam/gradcamnb"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/testing/eventually"
	"github.com/gradcam-go/gradcam/internal/testing/posix"
)

// kernel plays the GoNB kernel: it reads what a cell displays and answers Sync.
// gonbui keeps one pipe for the life of a process, so there is one kernel, too.
type kernel struct {
	mu  sync.Mutex
	got []*protocol.DisplayData

	back sync.Mutex
	enc  *gob.Encoder
}

// send gives the cell a value from the page.
func (k *kernel) send(address string, value any) {
	if err := k.reply(address, value); err != nil {
		panic(err)
	}
}

func (k *kernel) reply(address string, value any) error {
	k.back.Lock()
	defer k.back.Unlock()
	return k.enc.Encode(&protocol.CommValue{Address: address, Value: value})
}

func (k *kernel) take() []*protocol.DisplayData {
	k.mu.Lock()
	defer k.mu.Unlock()
	got := k.got
	k.got = nil
	return got
}

var theKernel = sync.OnceValue(func() *kernel {
	dir, err := os.MkdirTemp("", "nb")
	if err != nil {
		panic(err)
	}
	out, back := filepath.Join(dir, "out"), filepath.Join(dir, "back")
	for env, path := range map[string]string{protocol.GONB_PIPE_ENV: out, protocol.GONB_PIPE_BACK_ENV: back} {
		if err := posix.Mkfifo(path, 0o600); err != nil {
			panic(err)
		}
		if err := os.Setenv(env, path); err != nil {
			panic(err)
		}
	}
	k := &kernel{}
	go k.serve(out, back)
	return k
})

func (k *kernel) serve(out, back string) {
	r, err := os.Open(out)
	if err != nil {
		panic(err)
	}
	w, err := os.OpenFile(back, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	dec := gob.NewDecoder(r)
	k.back.Lock()
	k.enc = gob.NewEncoder(w)
	k.back.Unlock()
	for {
		m := &protocol.DisplayData{}
		if dec.Decode(m) != nil {
			return
		}
		if v, ok := m.Data[protocol.MIMECommValue].(protocol.CommValue); ok && v.Address == protocol.GonbuiSyncAddress {
			if k.reply(protocol.GonbuiSyncAckAddress, v.Value) != nil {
				return
			}
			continue
		}
		k.mu.Lock()
		k.got = append(k.got, m)
		k.mu.Unlock()
	}
}

func inNotebook(t *testing.T) *kernel {
	t.Helper()
	k := theKernel()
	gonbui.IsNotebook = true
	t.Cleanup(func() { gonbui.IsNotebook = false })
	gonbui.Sync() // what the test before has shown is not this one's
	k.take()
	return k
}

func result(label string) *heatmap.Result {
	m := &heatmap.Map{Grid: heatmap.Grid{W: 2, H: 2, Values: []float32{0, 1, 2, 3}},
		Raw: heatmap.Grid{W: 2, H: 2, Values: []float32{0, 1, 2, 3}}, Class: label}
	return &heatmap.Result{
		Picture: image.NewNRGBA(image.Rect(0, 0, 8, 8)),
		Frame:   imgio.Frame{PictureW: 8, PictureH: 8, ModelW: 2, ModelH: 2, ScaleX: 4, ScaleY: 4},
		Model:   "net", Maps: []*heatmap.Map{m},
		Top: []heatmap.Prediction{{Index: 3, Label: label, Score: 1.5, Probability: 0.25}},
	}
}

// A picture alone comes first, then a table for each result and one card.
func TestShowInNotebook(t *testing.T) {
	k := inNotebook(t)
	if err := Show(result("cat"), result("dog")); err != nil {
		t.Fatal(err)
	}
	got := k.take()
	if len(got) != 3 {
		t.Fatalf("%d outputs, want a picture, a table and a card", len(got))
	}
	for i, m := range got {
		if len(m.Data) != 1 {
			t.Errorf("output %d has %d kinds", i, len(m.Data))
		}
	}
	if png, ok := got[0].Data[protocol.MIMEImagePNG].([]byte); !ok || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Error("the first output is no picture")
	}
	if alt, _ := got[0].Metadata["alt"].(string); !strings.HasPrefix(alt, "net: ") ||
		!strings.Contains(alt, "(cat)") || !strings.HasSuffix(alt, ", and 1 more") {
		t.Errorf("the picture has the text %q for those who cannot see it", alt)
	}
	text, _ := got[1].Data[protocol.MIMETextMarkdown].(string)
	for _, want := range []string{"| picture 1 | cat | 3 | 1.5 | 25.0 % |", "| picture 2 | dog | 3 | 1.5 | 25.0 % |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table %q lacks %q", text, want)
		}
	}
	card, _ := got[2].Data[protocol.MIMETextHTML].(string)
	if !strings.HasPrefix(card, `<div id="gradcam-`) || !strings.Contains(card, `data-covers="2"`) {
		t.Errorf("the last output is no card that covers the two before: %.80q", card)
	}
}

// One picture that is explained three times has its predictions listed once; what is explained and not among the best
// is listed with its rank.
func TestTableListsOnce(t *testing.T) {
	a, b := result("cat"), result("cat")
	b.Maps[0].Class, b.Maps[0].Index, b.Maps[0].Rank, b.Maps[0].Classes, b.Maps[0].Score, b.Maps[0].Probability = "tench",
		0, 412, 1000, 0.31, 0.0001
	text := tables([]*heatmap.Result{a, a, a})
	if n := strings.Count(text, "\n"); n != 3 {
		t.Errorf("three results of one picture have %d lines: %s", n, text)
	}
	if text := tables([]*heatmap.Result{b}); !strings.Contains(text,
		"| tench | 0 | 0.31 | < 0.1 % (explained, rank 412) |") {
		t.Errorf("the explained class is missing: %s", text)
	}
}

// Two cards on a page do not meet: their ids differ.
func TestCardsHaveIdsOfTheirOwn(t *testing.T) {
	k := inNotebook(t)
	ids := map[string]bool{}
	for range 3 {
		if err := Show(result("cat")); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range k.take() {
		if card, ok := m.Data[protocol.MIMETextHTML].(string); ok {
			id, _, _ := strings.Cut(card, " class=")
			ids[id] = true
		}
	}
	if len(ids) != 3 {
		t.Errorf("3 cards have the ids %v", ids)
	}
}

func TestNothingToShow(t *testing.T) {
	if err := Show(); err == nil || !strings.Contains(err.Error(), "no map") {
		t.Errorf("error %v", err)
	}
}

// gonbui loses output of a cell that ends without Sync; Show returns only when
// the kernel has all of it.
func TestNothingIsLost(t *testing.T) {
	k := inNotebook(t)
	var all []*heatmap.Result
	for range 2 {
		all = append(all, result("cat"))
	}
	for range 25 {
		if err := Show(all...); err != nil {
			t.Fatal(err)
		}
	}
	if got := k.take(); len(got) != 75 {
		t.Errorf("%d outputs arrived, want 25 pictures, tables and cards", len(got))
	}
}

func TestHostileLabels(t *testing.T) {
	for _, label := range []string{"<script>alert(1)</script>", "a | b", "a\nb\r\n| c", "`x`", "[x](javascript:y)",
		"مرحبا", "🐈", `"'&`, strings.Repeat("x", 10000)} {
		cell := escape(label)
		if strings.ContainsAny(cell, "<>|`[]\n\"'") || len(cell) > 1000 {
			t.Errorf("%.40q became %.80q", label, cell)
		}
		if n := strings.Count(tables([]*heatmap.Result{result(label)}), "\n"); n != 3 {
			t.Errorf("%.40q makes a table of %d lines, want 3", label, n)
		}
	}
}

func TestShowOutside(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		if err := Show(result("cat")); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"heatmap-1.png", "heatmap-2.png"} {
		if data, err := os.ReadFile(name); err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Five thousand calls at once are a few messages, the last of which says the last value.
func TestProgressIsHeldBack(t *testing.T) {
	k := inNotebook(t)
	step, start := Progress("<b>"), time.Now()
	for i := range 5000 {
		step(i+1, 5000, "loss 0.5")
	}
	most := 3 + int(time.Since(start)/often) // the first, the last, and what was on its way when it came
	if err := checkDelivered(); err != nil {
		t.Fatal(err)
	}
	got := k.take()
	if len(got) < 2 || len(got) > most {
		t.Fatalf("%d messages for 5000 calls, want at most %d", len(got), most)
	}
	for _, m := range got {
		if m.DisplayID == "" || m.DisplayID != got[0].DisplayID {
			t.Fatal("the line is not renewed in place")
		}
	}
	last, _ := got[len(got)-1].Data[protocol.MIMETextHTML].(string)
	for _, want := range []string{"&lt;b&gt; ", "5000 of 5000 (100 %)", "took ", "loss 0.5"} {
		if !strings.Contains(last, want) {
			t.Errorf("it ends with %q, without %q", last, want)
		}
	}
}

// If a loop stops early, its last line stays.
func TestProgressThatStopsEarly(t *testing.T) {
	k := inNotebook(t)
	step := Progress("x")
	step(1, 10)
	step(2, 10)
	step(3, 10)
	var got []*protocol.DisplayData
	eventually.True(t, "it ends with 3 of 10", func() bool {
		if err := checkDelivered(); err != nil {
			t.Fatal(err)
		}
		got = append(got, k.take()...)
		last, _ := got[len(got)-1].Data[protocol.MIMETextHTML].(string)
		return strings.Contains(last, "3 of 10 (30 %)")
	})
}

// The maps so far are one picture that is renewed in place, with the pace below it, and
// both are gone at the end.
func TestFollow(t *testing.T) {
	k := inNotebook(t)
	hear := Follow("D-RISE")
	for _, p := range []gradcamnb.Progress{
		{Done: 16, Total: 64, Partial: []*heatmap.Result{result("cat")}}, {Done: 32, Total: 64},
		{Done: 48, Total: 64, Partial: []*heatmap.Result{result("cat")}}, {Done: 64, Total: 64},
	} {
		hear(p)
	}
	if err := checkDelivered(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(10 * time.Millisecond)
	shown := map[string][]protocol.DisplayData{}
	for _, m := range k.take() {
		shown[m.DisplayID] = append(shown[m.DisplayID], *m)
	}
	if len(shown) != 2 {
		t.Fatalf("%d displays, want a picture and a line", len(shown))
	}
	for id, all := range shown {
		if last := all[len(all)-1].Data[protocol.MIMETextHTML]; last != "" {
			t.Errorf("display %s ends as %q", id, last)
		}
	}
}
