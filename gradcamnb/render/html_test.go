package render

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"image"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// hostile are labels as files that nobody has looked at may hold them.
var hostile = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, `'"&`, "</div></script><!--", "]]>",
	"two\nlines\u2028three",
	"\u202eright to left", "مرحبا بالعالم", "埃及猫 🐈", strings.Repeat("W", 10_000), "\x00\x1b[31m", "{{.ID}}", "${x}`",
}

// The tags that a card is made of, with their attributes' values taken out.
var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	values = regexp.MustCompile(`"[^"]*"`)
	ours   = regexp.MustCompile(`^</?div( (id|class|data-lm-suppress-shortcuts|style|role|title)=)*>$`)
)

// Labels are text in the page's own part, and cannot leave the script in the other.
func TestHTMLKeepsLabelsText(t *testing.T) {
	for _, label := range hostile {
		r, m := scene(label)
		r.Model, m.Layer, m.Method, m.Target, m.Unit, m.Diagnosis = label, label, label, label, label, label
		card, err := HTML("x", []*heatmap.Result{r, r}, nil)
		if err != nil {
			t.Fatal(err)
		}
		still, script, ok := strings.Cut(card, "<script>")
		if !ok {
			t.Fatalf("%.20q: no script", label)
		}
		for _, tag := range tags.FindAllString(values.ReplaceAllString(still, ""), -1) {
			if !ours.MatchString(tag) {
				t.Errorf("%.20q puts %q into the page", label, tag)
			}
		}
		if strings.ContainsAny(still, "\u202e\x00\x1b") {
			t.Errorf("%.20q puts control characters into the page", label)
		}
		if n := strings.Count(strings.ToLower(script), "</script"); n != 1 {
			t.Errorf("%.20q: the script ends %d times", label, n)
		}
		// The script is one comment of HTML.
		if !strings.HasPrefix(script, "<!--\n") || !strings.HasSuffix(script, "\n--></script></div>") ||
			strings.Count(script, "-->") != 1 || strings.Contains(script, "--!>") {
			t.Errorf("%.20q: the script is not one comment", label)
		}
		if len(card) > 100_000 {
			t.Errorf("%.20q makes a card of %d bytes", label, len(card))
		}
	}
}

// The card loads nothing from elsewhere, and every picture has a text for those who
// cannot see it.
func TestHTMLIsSelfContained(t *testing.T) {
	r, _ := scene("tabby")
	card, err := HTML("x", []*heatmap.Result{r}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range regexp.MustCompile(`url\(([^)]{0,20})`).FindAllStringSubmatch(card, -1) {
		if !strings.HasPrefix(src[1], "data:image/") {
			t.Errorf("a picture comes from %q", src[1])
		}
	}
	for _, far := range regexp.MustCompile(`https?://[^"']*`).FindAllString(card, -1) {
		if far != "http://www.w3.org/2000/svg" { // the name of SVG's elements
			t.Errorf("the card names %q", far)
		}
	}
	if strings.Contains(card, "<img ") ||
		strings.Count(card, `role="img" title="net: Grad-CAM at layer4.2, target class 7 (tabby), score 9.12 logits, 75.0 %"`) != 1 {
		t.Error("there is no picture with its text")
	}
}

// A page's title is text, too.
func TestPageTitle(t *testing.T) {
	for _, label := range hostile {
		r, m := scene("tabby")
		r.Model, m.Layer = label, label
		page, err := Page([]*heatmap.Result{r}, nil)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(page, "<body")
		_, title, _ := strings.Cut(head, "<title>")
		if title, rest, ok := strings.Cut(title, "</title>"); !ok || strings.ContainsAny(title, "<>") ||
			strings.TrimSpace(rest) != "" {
			t.Errorf("%.20q makes the head %.200q", label, head)
		}
	}
}

// A map of 16 bits is off by at most half a step of 65534.
func TestCardMapKeepsValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	g := heatmap.NewGrid(9, 7)
	for i := range g.Values {
		g.Values[i] = float32(rng.NormFloat64() * 3)
	}
	g.Values[5] = float32(math.NaN())
	c := NewCardMap(&heatmap.Map{Grid: heatmap.NewGrid(20, 20), Raw: g})
	data, err := base64.StdEncoding.DecodeString(c.Values)
	if err != nil || len(data) != 2*9*7 {
		t.Fatalf("%d bytes, %v", len(data), err)
	}
	for i, want := range g.Values {
		q := binary.LittleEndian.Uint16(data[2*i:])
		if i == 5 {
			if q != 65535 {
				t.Errorf("NaN is %d", q)
			}
			continue
		}
		got := c.Lo + (c.Hi-c.Lo)*float64(q)/65534
		if !(math.Abs(got-float64(want)) <= 0.5001*(c.Hi-c.Lo)/65534) {
			t.Errorf("value %d is %g, want %g", i, got, want)
		}
	}
}

// A map that is too large becomes means of blocks of it, in its own shape.
func TestAveraged(t *testing.T) {
	g := heatmap.NewGrid(200, 100)
	for i := range g.Values {
		g.Values[i] = 2
	}
	got := averageCells(g)
	if got.W*got.H > cardCells || got.W < 60 || got.H < 30 {
		t.Errorf("averaged to %d x %d", got.W, got.H)
	}
	for _, v := range got.Values {
		if v != 2 {
			t.Fatalf("the mean of twos is %g", v)
		}
	}
}

// A photograph's card is small: a picture of 480 pixels and a map of 14 x 14.
func TestCardSize(t *testing.T) {
	r, m := scene("tabby")
	noise := image.NewNRGBA(image.Rect(0, 0, 1200, 900))
	for i := range noise.Pix { // worse than any photograph
		noise.Pix[i] = uint8(128 + 20*math.Sin(float64(i)/50) + float64(i*7919%23))
	}
	r.Picture = noise
	r.Frame.PictureW, r.Frame.PictureH = 1200, 900
	m.Raw = heatmap.NewGrid(14, 14)
	card, err := HTML("x", []*heatmap.Result{r}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(card) > 250_000 {
		t.Errorf("the card has %d bytes", len(card))
	}
}

// NaN and infinities have no JSON; the card is written all the same.
func TestHTMLOfBrokenMap(t *testing.T) {
	r, m := scene("tabby")
	nan := float32(math.NaN())
	m.Score, r.Top[0].Probability = nan, nan
	for i := range m.Raw.Values {
		m.Raw.Values[i] = nan
	}
	card, err := HTML("x", []*heatmap.Result{r}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, script, _ := strings.Cut(card, "\n}\n)(")
	data := "[" + strings.TrimSuffix(script, ")\n--></script></div>") + "]"
	var arguments []json.RawMessage
	if err := json.Unmarshal([]byte(data), &arguments); err != nil || len(arguments) != 3 {
		t.Errorf("%d arguments of the script: %v", len(arguments), err)
	}
	for _, results := range [][]*heatmap.Result{nil, {{}}, {r, {}}} {
		if _, err := HTML("x", results, nil); err == nil {
			t.Errorf("a card of %v was written", results)
		}
	}
}

// A model without labels makes a list of none, which the live card's script can go through.
func TestLiveCardWithoutLabels(t *testing.T) {
	r, _ := scene("")
	card, err := LiveHTML("x", r, Live{Ask: "/ask", Reply: "/reply"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(card, `"labels":[]`) {
		t.Error("the card holds no list of labels")
	}
}
