package heatmap

import (
	"fmt"
	"slices"
	"strings"
)

// String returns the grid's size and range in one line, since printing thousands of values helps nobody.
func (g Grid) String() string {
	if len(g.Values) == 0 {
		return g.Size() + " cells"
	}
	return fmt.Sprintf("%s cells from %.4g to %.4g", g.Size(), slices.Min(g.Values), slices.Max(g.Values))
}

// String returns the map in one line: method, layer, target, score and range.
func (m *Map) String() string {
	where := ""
	if m.place() == AtLayer {
		where = " at " + m.Layer
	}
	target := m.Target
	if m.Class != "" {
		target += " (" + m.Class + ")"
	}
	s := fmt.Sprintf("%s%s of %s, %.4g %s: %v", m.Method, where, target, m.Score, m.ScoreUnit, m.Raw)
	if m.Diagnosis != "" {
		s += "; " + m.Diagnosis
	}
	return s
}

// String returns the result in a few lines: the model, its best classes, and a line for every map.
func (r *Result) String() string {
	var top []string
	for _, p := range r.Top {
		name := p.Label
		if name == "" {
			name = fmt.Sprintf("class %d", p.Index)
		}
		top = append(top, fmt.Sprintf("%s %.3g", name, p.Score))
	}
	lines := []string{strings.TrimSuffix(r.Model+": "+strings.Join(top, ", "), ": ")}
	for _, m := range r.Maps {
		lines = append(lines, "  "+m.String())
	}
	return strings.Join(lines, "\n")
}

// String returns the sheet's title, rows and columns in one line.
func (s *Sheet) String() string {
	return fmt.Sprintf("%s: %d rows (%s) by %d columns (%s)", s.Title, len(s.Rows), strings.Join(s.Rows, "; "),
		len(s.Columns), strings.Join(s.Columns, "; "))
}
