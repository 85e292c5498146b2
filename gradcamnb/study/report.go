package study

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/metrics"
	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/gradcamnb/render"
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/printable"
)

//go:embed report.html
var reportText string

var reportPage = template.Must(template.New("report").Funcs(template.FuncMap{"short": formatShort}).Parse(reportText))

// thumbnail is the longer side of a picture in a report, in pixels.
const thumbnail = 120

// page is the data of the report's template.
type page struct {
	Summary  *Summary
	Metrics  []metricPage
	Columns  []columnPage
	Curves   []curvesPage
	Classes  classesPage
	Clusters []clustersPage

	MoreClusters int // methods and layers whose clusters are not shown
	Truths       int // pictures that have a truth
	Known        int // pictures that were given
}

// columnPage holds the maps with the highest and the lowest value of a column that is no metric.
type columnPage struct {
	Name            string
	Highest, Lowest []examplePage
}

// All tells whether the sample holds all pictures that have maps.
func (p page) All() bool {
	return p.Summary.Sampled < mostSampled || p.Summary.Sampled == p.Summary.Pictures
}

// Several tells whether the study has more than one model.
func (p page) Several() bool { return len(p.Summary.Answers) > 1 }

// Name returns the name of a cell, with its model if there are several.
func (p page) Name(c Cell) string { return p.Summary.cellName(c) }

type metricPage struct {
	Name, Formula, Paper, Beware, Better string
	Rows                                 []rowPage
	Critical                             string        // the critical difference in words; empty if there is none
	Layers, Boxes, Diagram               template.HTML // plots; empty if there is nothing to draw
	Pairs                                []Comparison
	Lowest, Highest, Misplaced           []examplePage
}

type rowPage struct {
	Number
	Rank     float64 // mean rank; 0 if there is none
	AsGood   bool    // the critical difference does not tell it from the best
	Interval template.HTML
}

type examplePage struct {
	Example
	Image template.URL
	Name  string // of the cell
}

// Report returns an HTML page that shows a summary: tables that can be sorted, plots with intervals, and the maps that
// stand out, drawn on their pictures. The page is one file and loads nothing. A picture that cannot be read any more is
// left out.
func Report(s *Summary, pictures []Picture) ([]byte, error) {
	defer stopReading()
	byName := map[string]Picture{}
	for _, p := range pictures {
		byName[validText(p.Name)] = p
	}
	drawn := &thumbnails{pictures: byName, done: map[string]template.URL{}, name: s.cellName}
	out := page{Summary: s, Known: len(pictures), Truths: CountTruths(pictures)}
	for _, name := range s.Metrics {
		if m := s.metricPage(name, drawn); len(m.Rows) > 0 {
			out.Metrics = append(out.Metrics, m)
		}
	}
	for _, name := range []string{byScore, byProbability} {
		if x := s.Examples[name]; len(x.Highest) > 0 {
			out.Columns = append(out.Columns, columnPage{name, drawn.fillAll(firstExamples(x.Highest)),
				drawn.fillAll(firstExamples(x.Lowest))})
		}
	}
	for _, metric := range curvesOf([]string{"insertion - deletion"}) {
		if plots := s.curvePlots(metric); len(plots) > 0 {
			out.Curves = append(out.Curves, curvesPage{metric, plots})
		}
	}
	out.Classes = s.classesPage()
	out.Clusters, out.MoreClusters = s.clustersPages(drawn)
	var b bytes.Buffer
	if err := reportPage.Execute(&b, out); err != nil {
		return nil, fmt.Errorf("the report: %w", err)
	}
	return []byte(printable.Text(b.String())), nil // names of others steer nothing
}

// MustReport is like Report, but panics with the error.
func MustReport(s *Summary, pictures []Picture) []byte { return must.Get(Report(s, pictures)) }

func (s *Summary) metricPage(name string, drawn *thumbnails) metricPage {
	m := metricPage{Name: name}
	if metric, err := metrics.ByName(name); err == nil {
		m.Formula, m.Paper, m.Beware, m.Better = metric.Formula, metric.Paper, metric.Beware, metric.Better
	}
	ranks := map[Cell]int{}
	var ordered []Rank
	for _, r := range s.Ranks {
		if r.Metric == name {
			ranks[r.Cell] = len(ordered)
			ordered = append(ordered, r)
		}
	}
	if len(ordered) > 0 && !math.IsNaN(ordered[0].Critical) {
		m.Critical = fmt.Sprintf(
			"Mean ranks that differ by less than %.2f cannot be told apart at 5 %% (Nemenyi, %d pictures).",
			ordered[0].Critical, ordered[0].N)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, n := range s.Numbers {
		if n.Metric == name {
			lo, hi = min(lo, n.Mean, valueOr(n.Lo, n.Mean)), max(hi, n.Mean, valueOr(n.Hi, n.Mean))
		}
	}
	for _, n := range s.Numbers {
		if n.Metric != name {
			continue
		}
		row := rowPage{Number: n, Interval: interval(n, lo, hi)}
		if k, ok := ranks[n.Cell]; ok {
			row.Rank = ordered[k].Mean
			row.AsGood = ordered[k].Mean-ordered[0].Mean < ordered[0].Critical
		}
		m.Rows = append(m.Rows, row)
	}
	for _, c := range s.Comparisons {
		if c.Metric == name {
			m.Pairs = append(m.Pairs, c)
		}
	}
	m.Layers, m.Boxes, m.Diagram = s.layerPlot(name), s.boxPlot(name), s.criticalPlot(name)
	x := s.Examples[name]
	m.Lowest, m.Highest = drawn.fillAll(firstExamples(x.Lowest)), drawn.fillAll(firstExamples(x.Highest))
	m.Misplaced = drawn.fillAll(firstExamples(x.Misplaced))
	return m
}

func valueOr(v, otherwise float64) float64 {
	if math.IsNaN(v) {
		return otherwise
	}
	return v
}

// interval draws a mean and its interval on a line from lo to hi.
func interval(n Number, lo, hi float64) template.HTML {
	const width, height = 180.0, 14.0
	at := func(v float64) float64 {
		if hi == lo {
			return width / 2
		}
		return 4 + (v-lo)/(hi-lo)*(width-8)
	}
	a, b := at(valueOr(n.Lo, n.Mean)), at(valueOr(n.Hi, n.Mean))
	return template.HTML(fmt.Sprintf(
		`<svg width="%g" height="%g" role="img" aria-label="mean %s, 95 %% interval %s to %s"><line x1="%.1f" x2="%.1f" y1="7" y2="7" class="ci"/><circle cx="%.1f" cy="7" r="3.5" class="mean"/></svg>`,
		width, height, n.Short(n.Mean), n.Short(n.Lo), n.Short(n.Hi), a, b, at(n.Mean))) // numbers only
}

// formatShort returns a number as a table shows it, or a dash if it is NaN or infinite.
func formatShort(v float64) string { return formatFine(v, 0) }

// formatFine is like formatShort, with so many digits that a difference of fine shows, but at most nine.
func formatFine(v, fine float64) string {
	const usual, most = 4, 9
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	digits := usual
	if needed := math.Ceil(math.Log10(math.Abs(v)/fine)) + 1; fine > 0 && needed > usual {
		digits = int(min(needed, most))
	}
	return fmt.Sprintf("%.*g", digits, v)
}

// Short returns a value of this number's size as a table shows it: with four digits, or as many as its standard error
// makes sense of. It is a dash if the value is NaN or infinite.
func (n Number) Short(v float64) string { return formatFine(v, n.StdErr) }

// thumbnails draws maps on their pictures, each once.
type thumbnails struct {
	pictures map[string]Picture
	done     map[string]template.URL
	name     func(Cell) string
}

func (t *thumbnails) fillAll(examples []Example) []examplePage {
	var out []examplePage
	for _, e := range examples {
		cell := Cell{e.Row.Model, e.Row.Layer, e.Row.Method}
		key := fmt.Sprintf("%q %q %q", e.Row.Picture, e.Row.Target, cell)
		url, ok := t.done[key]
		if !ok {
			url = t.draw(e.Row)
			t.done[key] = url
		}
		out = append(out, examplePage{e, url, t.name(cell)})
	}
	return out
}

// draw returns the picture of a row with its map as a data URL. It is empty if the picture cannot be read.
func (t *thumbnails) draw(r Row) template.URL {
	p, ok := t.pictures[r.Picture]
	if !ok || r.Width < 1 || r.Height < 1 {
		return ""
	}
	img, err := p.Open()
	if err != nil {
		return ""
	}
	scale := min(1, thumbnail/float64(max(img.Bounds().Dx(), img.Bounds().Dy())))
	small := image.NewNRGBA(image.Rect(0, 0, max(1, int(scale*float64(img.Bounds().Dx()))),
		max(1, int(scale*float64(img.Bounds().Dy())))))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
	values := r.Values()
	for i, v := range values {
		values[i] = max(v, 0)
	}
	over := small
	if len(values) > 0 && len(values) == r.Width*r.Height && slices.Max(values) > 0 {
		over = overlay(small, r, values, scale)
	}
	if p.Truth != nil {
		if truth, err := p.Truth(img.Bounds()); err == nil {
			outline(over, truth)
		}
	}
	return encode(over)
}

// overlay returns a row's picture, scaled to small, with the row's map on it.
func overlay(small *image.NRGBA, r Row, values []float32, scale float64) *image.NRGBA {
	frame := imgio.Frame{PictureW: small.Rect.Dx(), PictureH: small.Rect.Dy(), ModelW: r.Width, ModelH: r.Height,
		X0: r.Left * scale, Y0: r.Top * scale,
		ScaleX: (r.Right - r.Left) * scale / float64(r.Width), ScaleY: (r.Bottom - r.Top) * scale / float64(r.Height)}
	m := &heatmap.Map{Grid: heatmap.Grid{W: r.Width, H: r.Height, Values: values}}
	return render.Overlay(&heatmap.Result{Picture: small, Frame: frame}, m, nil)
}

// outline draws the outline of the object on a picture.
func outline(img *image.NRGBA, truth heatmap.Grid) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	on := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < w && y < h && truth.At(x*truth.W/w, y*truth.H/h) > 0
	}
	if len(truth.Values) == 0 || len(truth.Values) != truth.W*truth.H {
		return
	}
	for y := range h {
		for x := range w {
			inside := on(x-1, y) && on(x+1, y) && on(x, y-1) && on(x, y+1)
			if on(x, y) && !inside {
				img.SetNRGBA(x, y, color.NRGBA{0, 255, 255, 255})
			}
		}
	}
}

func encode(img image.Image) template.URL {
	var b bytes.Buffer
	if jpeg.Encode(&b, img, &jpeg.Options{Quality: 70}) != nil {
		return ""
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
}

// firstExamples returns the examples that a report shows of those that a summary has: one row of a wide page.
func firstExamples(all []Example) []Example { return all[:min(len(all), 8)] }
