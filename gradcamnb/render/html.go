package render

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
)

//go:embed card
var cardFiles embed.FS

// cardParts are the files of the card's script in their order; each knows the ones before.
var cardParts = []string{"main", "maps", "parts", "draw", "text", "live", "keys", "start"}

var (
	cardScript = sync.OnceValue(func() string {
		var b strings.Builder
		b.WriteString("function (id, style, data) {\n")
		for _, part := range cardParts {
			b.WriteString(cardFile(part + ".js"))
		}
		return b.String() + "}\n"
	})
	cardStyle = sync.OnceValue(func() string { return cardFile("card.css") })
)

func cardFile(name string) string {
	text, err := cardFiles.ReadFile("card/" + name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return string(text)
}

// Measures of an HTML card.
const (
	cardPicture = 440     // longest side of an embedded picture, in pixels
	cardHeat    = 96      // longest side of the map that is shown where no script runs
	cardCells   = 64 * 64 // cells of an embedded map; a larger one is averaged down
	cardLabel   = 400     // characters of an embedded text
	cardQuality = 85      // of the embedded pictures, as JPEG
)

// HTML writes results as one card that plays in any browser, without a kernel and
// with nothing from elsewhere: opacity, colours, a threshold with the box of its
// region, the value and the receptive field under the pointer, and a switch between
// the pictures, targets, layers and methods that the results hold.
//
// Where scripts are stripped, as in a notebook that is not trusted, the first map
// stays as a picture with its title and diagnosis. The id must be unique within the
// page.
//
// Maps are embedded as 16 bits a cell at the layer's resolution, and the browser
// resizes them as [heatmap.Map] says.
func HTML(id string, results []*heatmap.Result, o *Options) (string, error) {
	return htmlCard(id, results, o, nil)
}

// Page is [HTML] as a page of its own.
func Page(results []*heatmap.Result, o *Options) (string, error) {
	card, err := HTML("card", results, o)
	if err != nil {
		return "", err
	}
	at := opening(results, o)
	title := html.EscapeString(figureTitle(results[at[0]], results[at[0]].Maps[at[1]]))
	return "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n" + policy(card) +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
		"<style>:root { color-scheme: light dark; } body { font-family: sans-serif; }</style>\n" +
		"<title>" + title + "</title>\n<body>\n<main>\n" + card + "\n</main>\n", nil
}

// policy lets a page run the card's own script and nothing else, and load nothing: what others named, such as
// classes and layers, could do nothing even if it came to stand in the page as it is.
func policy(card string) string {
	_, script, _ := strings.Cut(card, "<script>")
	script, _, _ = strings.Cut(script, "</script>")
	sum := sha256.Sum256([]byte(script))
	return fmt.Sprintf("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-%s'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n",
		base64.StdEncoding.EncodeToString(sum[:]))
}

func htmlCard(id string, results []*heatmap.Result, o *Options, live *Live) (string, error) {
	if len(results) == 0 || len(results[0].Maps) == 0 {
		return "", errors.New("there is no map to make a card of")
	}
	open := opening(results, o)
	data := cardData{Open: open, Opacity: o.opacity(), Colors: cardColors(o.colors()), Live: live}
	data.Film = o != nil && o.Film
	if o != nil && o.Range != nil {
		data.Range = &[2]float32{o.Range.Lo, o.Range.Hi}
	}
	var first string // the first picture, which stands in the page
	for i, r := range results {
		c, src, err := newCardResult(r)
		if err != nil {
			return "", err
		}
		if i == open[0] {
			first = src
		} else {
			c.Picture = src
		}
		data.Results = append(data.Results, c)
	}
	still, err := stillHTML(results[open[0]], results[open[0]].Maps[open[1]], first, o)
	if err != nil {
		return "", err
	}
	script, err := scriptHTML(id, data)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`<div id="%s" class="gradcam-card" data-lm-suppress-shortcuts="true">%s%s</div>`, html.EscapeString(id), still, script), nil
}

// Covering is a card that stands for the figure and the table before it on the page: where it plays it hides so many of
// the outputs just before its own, and offers to show them.
func Covering(card string, outputs int) string {
	if outputs == 0 {
		return card
	}
	return strings.Replace(card, `class="gradcam-card"`, fmt.Sprintf(`class="gradcam-card" data-covers="%d"`, outputs), 1)
}

// stillHTML is what stays where scripts are stripped; the script draws its own in
// place of it. The map and the picture are backgrounds: JupyterLab keeps them in what it
// does not trust, and nbconvert --sanitize-html takes styles away, where it would write out
// an img element with its thousands of characters.
func stillHTML(r *heatmap.Result, m *heatmap.Map, picture string, o *Options) (string, error) {
	heat, err := pngURL(overlayAlone(r, m, o))
	if err != nil {
		return "", err
	}
	layers := "url(" + heat + ")"
	if picture != "" {
		layers += ",url(" + picture + ")"
	}
	w, h := stageSize(r)
	text := html.EscapeString
	title, about := text(figureTitle(r, m)), text(clean(subtitle(r, m, m.Class)))

	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-weight:bold">%s</div><div>%s</div>`, title, about)
	fmt.Fprintf(&b, `<div role="img" title="%s, %s" class="gradcam-still" style="width:%dpx;height:%dpx;margin:8px 0 8px 0;background-size:100%% 100%%;background-image:%s"></div><div>%s</div>`, title, about, w, h, layers, text(where(r, m)))
	if m.Diagnosis != "" {
		fmt.Fprintf(&b, `<div style="font-weight:bold">%s</div>`, text(clean(m.Diagnosis)))
	}
	if m.Trust != nil {
		for _, said := range m.Trust.Words {
			fmt.Fprintf(&b, `<div>%s</div>`, text(said))
		}
	}
	return b.String(), nil
}

// scriptHTML is the script with what it works with. JSON as Go writes it has no <, >
// or & and no line separators, so it cannot end the script. What it says is a comment of
// HTML, too, which JavaScript passes over: nbconvert --sanitize-html takes the tags of a
// script away and leaves what is between them as text, except for comments.
func scriptHTML(id string, data cardData) (string, error) {
	var arguments []string
	for _, v := range []any{id, cardStyle(), data} {
		text, err := json.Marshal(v)
		if err != nil {
			return "", fmt.Errorf("writing the card: %w", err)
		}
		arguments = append(arguments, string(text))
	}
	return "<script><!--\n(" + cardScript() + ")(" + strings.Join(arguments, ", ") + ")\n--></script>", nil
}

// cardData is what the script works with.
type cardData struct {
	Open    [2]int       `json:"open"` // the result and its map that are seen first
	Opacity float64      `json:"opacity"`
	Colors  []cardColor  `json:"colors"`          // the first one is chosen
	Range   *[2]float32  `json:"range,omitempty"` // of the colours, where it is not each map's own
	Results []cardResult `json:"results"`
	Live    *Live        `json:"live,omitempty"`
	Film    bool         `json:"film,omitempty"` // the results are frames, one after the other
}

type cardColor struct {
	Name   string `json:"name"`
	Stops  string `json:"stops"` // rrggbb at equal distances
	Signed bool   `json:"signed,omitempty"`
}

type cardResult struct {
	Name    string       `json:"name,omitempty"`
	Model   string       `json:"model"`
	Made    string       `json:"made"` // backend and time
	Picture string       `json:"picture,omitempty"`
	Has     bool         `json:"hasPicture"`
	Size    [2]int       `json:"size"` // at which it is shown
	Frame   imgio.Frame  `json:"frame"`
	Seen    [4]int       `json:"seen"` // left, top, right, bottom in the picture's pixels
	Truth   *heatmap.Box `json:"truth,omitempty"`
	Top     []cardPredic `json:"top"`
	Maps    []CardMap    `json:"maps"`
}

type cardPredic struct {
	Index       int      `json:"index"`
	Label       string   `json:"label"`
	Score       *float64 `json:"score"`
	Probability *float64 `json:"p"`
}

// CardMap is one map as the card's script reads it.
type CardMap struct {
	Layer     string         `json:"layer"`
	Method    string         `json:"method"`
	Target    string         `json:"target"`
	Class     string         `json:"class"`
	Index     int            `json:"index"`
	Score     *float64       `json:"score"`
	ScoreUnit string         `json:"scoreUnit"`
	Unit      string         `json:"unit"`
	Diagnosis string         `json:"diagnosis"`
	Trust     []string       `json:"trust,omitempty"` // sentences
	Size      [2]int         `json:"size"`            // of the model's input, width and height
	Grid      [2]int         `json:"grid"`            // of the layer
	Kept      [2]int         `json:"kept"`            // of what is embedded
	Lo        float64        `json:"lo"`
	Hi        float64        `json:"hi"`
	Values    string         `json:"values"` // base64 of uint16, little end first: 0 is Lo, 65534 is Hi, 65535 no number
	Field     *heatmap.Field `json:"field,omitempty"`
	Note      string         `json:"note,omitempty"`   // what was taken for what the user wrote
	Pixels    bool           `json:"pixels,omitempty"` // of single pixels: see ofPixels
	P         *float64       `json:"p,omitempty"`      // probability of what is explained
	Rank      int            `json:"rank,omitempty"`
	Of        int            `json:"of,omitempty"` // how many classes the rank is among
	Head      string         `json:"head,omitempty"`
	Top       []cardPredic   `json:"top,omitempty"` // of the head, instead of the result's
	Box       *heatmap.Box   `json:"box,omitempty"` // of the detection that is explained
	Measured  []cardMeasure  `json:"measured,omitempty"`
}

// cardMeasure is what was measured of a map.
type cardMeasure struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"`
}

func newCardResult(r *heatmap.Result) (c cardResult, picture string, err error) {
	w, h := stageSize(r)
	seen := r.Frame.Seen()
	if r.Picture == nil {
		seen = image.Rect(0, 0, r.Frame.PictureW, r.Frame.PictureH)
	}
	c = cardResult{
		Name: clean(r.Name), Model: clean(r.Model), Made: made(r), Has: r.Picture != nil, Size: [2]int{w, h}, Frame: r.Frame, Seen: corners(seen),
		Top: []cardPredic{}, Maps: []CardMap{},
	}
	if r.Truth.Area() > 0 {
		c.Truth = &r.Truth
	}
	c.Top = append(c.Top, cardPredictions(r.Top)...)
	for _, m := range r.Maps {
		c.Maps = append(c.Maps, NewCardMap(m))
	}
	if r.Picture != nil {
		picture, err = jpegURL(shrunk(r.Picture, w, h))
	}
	return c, picture, err
}

// NewCardMap packs a map.
func NewCardMap(m *heatmap.Map) CardMap {
	kept := averaged(m.Evidence())
	lo, hi := bounds(kept)
	c := CardMap{
		Layer: clean(m.Layer), Method: clean(m.Method), Target: clean(m.Target), Class: clean(m.Class), Index: m.Index,
		Score: finite(m.Score), ScoreUnit: clean(m.ScoreUnit), Unit: clean(m.Unit), Diagnosis: clean(m.Diagnosis),
		Size: [2]int{m.W, m.H}, Grid: [2]int{m.Raw.W, m.Raw.H}, Kept: [2]int{kept.W, kept.H},
		Lo: lo, Hi: hi, Values: packed(kept, lo, hi), Field: m.Field, Measured: measured(m),
		Note: clean(m.Note), Pixels: ofPixels(m), Head: clean(m.Head), Top: cardPredictions(m.Top),
	}
	if m.Trust != nil {
		c.Trust = m.Trust.Words
	}
	if m.Rank > 0 {
		c.P, c.Rank, c.Of = finite(m.Probability), m.Rank, m.Classes
	}
	if m.Box.Area() > 0 {
		c.Box = &m.Box
	}
	return c
}

func cardPredictions(list []heatmap.Prediction) (out []cardPredic) {
	for _, p := range list {
		out = append(out, cardPredic{p.Index, clean(p.Label), finite(p.Score), finite(p.Probability)})
	}
	return out
}

func measured(m *heatmap.Map) []cardMeasure {
	var out []cardMeasure
	for _, name := range slices.Sorted(maps.Keys(m.Metrics)) {
		out = append(out, cardMeasure{clean(name), finite(float32(m.Metrics[name]))})
	}
	return out
}

// figureTitle is the first line of a figure.
func figureTitle(r *heatmap.Result, m *heatmap.Map) string {
	return clean(r.Model) + ": " + clean(madeBy(m))
}

// madeBy names the method and, where it has one, the layer.
func madeBy(m *heatmap.Map) string {
	if m.Layer == "" {
		return m.Method
	}
	return m.Method + " at " + m.Layer
}

func made(r *heatmap.Result) string {
	var ms float64
	for _, d := range r.Timings {
		ms += d.Seconds() * 1000
	}
	switch {
	case ms == 0:
		return r.Backend
	case ms < 1000:
		return fmt.Sprintf("%s, %.0f ms", r.Backend, ms)
	}
	return fmt.Sprintf("%s, %.1f s", r.Backend, ms/1000)
}

func corners(r image.Rectangle) [4]int { return [4]int{r.Min.X, r.Min.Y, r.Max.X, r.Max.Y} }

// clean makes a label one line of at most cardLabel characters, without control
// characters and without those that turn the direction of what follows.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
	runes := []rune(oneLine(s))
	if len(runes) > cardLabel {
		return string(runes[:cardLabel]) + "…"
	}
	return string(runes)
}

// finite is the value, or nil where JSON has no number for it.
func finite(v float32) *float64 {
	f := float64(v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

// finites are the values with zero for what JSON has no number for; never nil.
func finites(values []float32) []float32 {
	out := slices.Clone(values)
	for i, v := range out {
		if finite(v) == nil {
			out[i] = 0
		}
	}
	return append([]float32{}, out...)
}

// averaged is the grid with at most cardCells cells: means of blocks, one block a
// cell, all of the same size to within a cell.
func averaged(g heatmap.Grid) heatmap.Grid {
	if g.W*g.H <= cardCells {
		return g
	}
	shrink := math.Sqrt(float64(cardCells) / float64(g.W*g.H))
	out := heatmap.NewGrid(max(1, int(float64(g.W)*shrink)), max(1, int(float64(g.H)*shrink)))
	for y := range out.H {
		for x := range out.W {
			var sum, n float64
			for v := y * g.H / out.H; v < (y+1)*g.H/out.H; v++ {
				for u := x * g.W / out.W; u < (x+1)*g.W/out.W; u++ {
					sum += float64(g.At(u, v))
					n++
				}
			}
			out.Values[y*out.W+x] = float32(sum / n)
		}
	}
	return out
}

// bounds is the range of the finite values.
func bounds(g heatmap.Grid) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range g.Values {
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			lo, hi = min(lo, f), max(hi, f)
		}
	}
	if lo > hi {
		return 0, 0
	}
	return lo, hi
}

// packed is round(65534*(v-lo)/(hi-lo)) as 16 bits, 65535 for what is no number.
func packed(g heatmap.Grid, lo, hi float64) string {
	out := make([]byte, 0, 2*len(g.Values))
	for _, v := range g.Values {
		q := uint16(math.MaxUint16)
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			q = 0
			if hi > lo {
				q = uint16(math.Round(65534 * (f - lo) / (hi - lo)))
			}
		}
		out = binary.LittleEndian.AppendUint16(out, q)
	}
	return base64.StdEncoding.EncodeToString(out)
}

// cardColors are the registered colour maps, the chosen one first.
func cardColors(chosen ColorMap) []cardColor {
	const stops = 33
	pack := func(m ColorMap) cardColor {
		c := cardColor{Name: m.Name, Signed: m.Name == BlueRed.Name}
		for i := range stops {
			at := m.At(float64(i) / (stops - 1))
			c.Stops += fmt.Sprintf("%02x%02x%02x", at.R, at.G, at.B)
		}
		return c
	}
	out := []cardColor{pack(chosen)}
	for _, m := range colorMaps {
		if m.Name != chosen.Name {
			out = append(out, pack(m))
		}
	}
	return out
}

// stageSize is the size at which a result's picture is shown.
func stageSize(r *heatmap.Result) (w, h int) {
	w, h = r.Frame.PictureW, r.Frame.PictureH
	if r.Picture != nil {
		w, h = r.Picture.Bounds().Dx(), r.Picture.Bounds().Dy()
	}
	scale := float64(cardPicture) / float64(max(w, h, 1))
	if scale > 1 {
		scale = max(1, math.Min(scale, 320/float64(max(w, h, 1))))
	}
	return max(1, int(math.Round(float64(w)*scale))), max(1, int(math.Round(float64(h)*scale)))
}

// overlayAlone is what [Overlay] puts on the picture, as a small translucent
// picture of its own.
func overlayAlone(r *heatmap.Result, m *heatmap.Map, o *Options) *image.NRGBA {
	w, h := stageSize(r)
	shrink := min(1, float64(cardHeat)/float64(max(w, h)))
	out := image.NewNRGBA(image.Rect(0, 0, max(1, int(float64(w)*shrink)), max(1, int(float64(h)*shrink))))
	field, colors, scale, opacity := o.field(m), o.colors(), o.scale(m), o.opacity()
	seen := r.Frame.Seen()
	b := out.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			px, py := (2*x+1)*r.Frame.PictureW/(2*b.Dx()), (2*y+1)*r.Frame.PictureH/(2*b.Dy())
			t := o.place(field.AtPixel(r.Frame, px, py), scale)
			c, a := colors.At(t), opacity*o.strength(t)
			switch {
			case r.Picture == nil:
				a = 1
			case !image.Pt(px, py).In(seen):
				c, a = color.NRGBA{R: 200, G: 200, B: 200}, 0.6
			}
			if math.IsNaN(t) {
				c, a = nanColor, opacity
			}
			c.A = uint8(255*a + 0.5)
			out.SetNRGBA(x, y, c)
		}
	}
	if m.Box.Area() > 0 {
		sx, sy := float64(b.Dx())/float64(r.Frame.PictureW), float64(b.Dy())/float64(r.Frame.PictureH)
		outline(out, heatmap.Box{m.Box[0] * sx, m.Box[1] * sy, m.Box[2] * sx, m.Box[3] * sy}, 1, boxColor)
	}
	return out
}

func jpegURL(img image.Image) (string, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: cardQuality}); err != nil {
		return "", fmt.Errorf("writing the picture as JPEG: %w", err)
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func pngURL(img image.Image) (string, error) {
	var b bytes.Buffer
	if err := encoder.Encode(&b, img); err != nil {
		return "", fmt.Errorf("writing the picture as PNG: %w", err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
