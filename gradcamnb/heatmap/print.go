package heatmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/printable"
)

// String returns the grid's size and range in one line, since printing thousands of values helps nobody.
func (g Grid) String() string {
	if len(g.Values) == 0 {
		return g.Size() + " cells"
	}
	return fmt.Sprintf("%s cells from %.4g to %.4g", g.Size(), slices.Min(g.Values), slices.Max(g.Values))
}

// String returns the map in one line: method, layer, target, score, probability and range. Characters of names that
// would steer a terminal are escaped, here and in what the other types print.
func (m *Map) String() string {
	s := m.brief()
	if m.Rank > 0 && m.Probability == m.Probability {
		s += fmt.Sprintf(", %s, rank %d of %d", Percent(m.Probability), m.Rank, m.Classes)
	}
	s += ": " + m.Raw.String()
	if m.Diagnosis != "" {
		s += "; " + m.Diagnosis
	}
	return printable.Line(s)
}

// brief returns method, layer, target and score of the map.
func (m *Map) brief() string {
	where := ""
	if m.place() == AtLayer {
		where = " at " + m.Layer
	}
	target := m.Target
	if m.Class != "" {
		target += " (" + m.Class + ")"
	}
	return fmt.Sprintf("%s%s of %s, %.4g %s", m.Method, where, target, m.Score, m.ScoreUnit)
}

// String returns the prediction in one line: label or number of the class, and probability or score.
func (p Prediction) String() string {
	name := printable.Line(p.Name())
	if p.Probability != p.Probability {
		return fmt.Sprintf("%s %.3g", name, p.Score)
	}
	return name + " " + Percent(p.Probability)
}

// String returns the result in one line: the picture's name, the model, its likeliest classes, and the map or the
// number of maps.
func (r *Result) String() string {
	var top []string
	for _, p := range r.Top {
		top = append(top, p.String())
	}
	made := fmt.Sprintf("%d maps", len(r.Maps))
	switch len(r.Maps) {
	case 0:
		made = "no map"
	case 1:
		made = r.Maps[0].brief()
	}
	parts := slices.DeleteFunc([]string{r.Name, r.Model, strings.Join(top, ", ")}, func(s string) bool { return s == "" })
	return printable.Line(strings.Join(parts, ": ") + "; " + made)
}

// String returns the detection in one line: class, score, box, and whether it has a mask.
func (d Detection) String() string {
	s := fmt.Sprintf("%s %.2f, box %.0f", ClassName(d.Label, d.Class), d.Score, d.Box)
	if n := len(d.Points); n > 0 {
		s += fmt.Sprintf(", %d points", n)
	}
	if len(d.Mask.Values) > 0 {
		s += ", with a mask"
	}
	return printable.Line(s)
}

// String returns the hot region in one line: the cut, its share of the picture, and the box.
func (h *HotRegion) String() string {
	return fmt.Sprintf("cut %s at %.4g: %.1f %% of the picture, box %.0f", h.Cut, h.Threshold, 100*h.Area, h.Box)
}

// String returns the sentences in one line.
func (t *Trust) String() string { return strings.Join(t.Words, " ") }

// Percent returns a probability in per cent. A probability that is not zero is never written as zero.
func Percent(p float32) string {
	if p > 0 && p < 0.001 {
		return "< 0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// String returns the sheet's title, rows and columns in one line.
func (s *Sheet) String() string {
	return printable.Line(fmt.Sprintf("%s: %d rows (%s) by %d columns (%s)", s.Title, len(s.Rows),
		strings.Join(s.Rows, "; "), len(s.Columns), strings.Join(s.Columns, "; ")))
}
