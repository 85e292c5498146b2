package heatmap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/internal/fault"
	"github.com/gradcam-go/gradcam/internal/must"
	"github.com/gradcam-go/gradcam/internal/nearest"
)

// Axis is a property in which the maps of a sheet differ.
type Axis string

// These are the axes.
const (
	ByPicture Axis = "pictures"
	ByTarget  Axis = "targets"
	ByLayer   Axis = "layers"
	ByMethod  Axis = "methods"
)

// axes are all axes, in the order in which titles name them.
var axes = []Axis{ByPicture, ByTarget, ByLayer, ByMethod}

// AxisByName returns the axis with a name, in the plural or the singular. "images" is another name of "pictures", and
// "classes" of "targets".
func AxisByName(name string) (Axis, error) {
	switch name = strings.ToLower(strings.TrimSpace(name)); name {
	case "image", "images":
		return ByPicture, nil
	case "class", "classes":
		return ByTarget, nil
	}
	var names []string
	for _, a := range axes {
		if name == string(a) || name+"s" == string(a) {
			return a, nil
		}
		names = append(names, string(a))
	}
	return "", fault.Errorf(fault.ErrUnknownName, "nothing can be laid out by %q%s; there are %s", name,
		nearest.DidYouMean(name, names), strings.Join(names, ", "))
}

// place is the place of a map on each of the axes, numbered in the order of appearance.
type place [4]int

// CheckAxes returns an error if an axis goes both down and across.
func CheckAxes(rows, columns []Axis) error {
	for _, a := range rows {
		if slices.Contains(columns, a) {
			return fmt.Errorf("%s cannot be both down and across", a)
		}
	}
	return nil
}

// Tabulate lays the maps of results out as a sheet, by the axes of rows down and by those of columns across. On every
// other axis all maps must be the same. A map whose [Lead] is clear is framed.
func Tabulate(results []*Result, rows, columns []Axis) (*Sheet, error) {
	if err := CheckAxes(rows, columns); err != nil {
		return nil, err
	}
	s := &Sheet{Results: results}
	names := newNames(results)
	type key [2]string
	taken := map[key]place{}
	var downs, acrosses []string
	cells := map[key]Cell{}
	at := func(list, titles *[]string, id, title string) {
		if !slices.Contains(*list, id) {
			*list = append(*list, id)
			*titles = append(*titles, title)
		}
	}
	for i, r := range results {
		for j, m := range r.Maps {
			p := names.place(i, j)
			k := key{p.key(rows), p.key(columns)}
			if before, ok := taken[k]; ok {
				return nil, before.clash(p, m)
			}
			taken[k] = p
			cells[k] = Cell{Result: i, Map: j, Framed: m.Lead != nil && m.Lead.Clear()}
			at(&downs, &s.Rows, k[0], names.title(p, rows))
			at(&acrosses, &s.Columns, k[1], names.title(p, columns))
			for name := range m.Metrics {
				if !slices.Contains(s.Metrics, name) {
					s.Metrics = append(s.Metrics, name)
				}
			}
		}
	}
	if len(cells) == 0 {
		return nil, fmt.Errorf("there is no map to lay out")
	}
	slices.Sort(s.Metrics)
	for _, down := range downs {
		var row []Cell
		for _, across := range acrosses {
			c, ok := cells[key{down, across}]
			if !ok {
				c.Empty = "no map"
			}
			row = append(row, c)
		}
		s.Cells = append(s.Cells, row)
	}
	s.Title, s.Note = names.common(results, slices.Concat(rows, columns)), describeLeads(results)
	return s, nil
}

// names holds the titles on each axis, by number, and the place of every map.
type names struct {
	titles map[Axis][]string
	places [][]place // by result and map
}

func newNames(results []*Result) names {
	n := names{titles: map[Axis][]string{}}
	number := func(a Axis, title string) int {
		if i := slices.Index(n.titles[a], title); i >= 0 {
			return i
		}
		n.titles[a] = append(n.titles[a], title)
		return len(n.titles[a]) - 1
	}
	pictures := PictureNames(results)
	for i, r := range results {
		var places []place
		var targets []string // of this picture: "top 1" is another class in each
		for _, m := range r.Maps {
			t := slices.Index(targets, m.Target)
			if t < 0 {
				t = len(targets)
				targets = append(targets, m.Target)
				n.nameTarget(t, m)
			}
			layer := m.Layer
			if m.place() != AtLayer {
				layer = "the picture"
			}
			places = append(places, place{number(ByPicture, pictures[i]), t, number(ByLayer, layer), number(ByMethod, m.Method)})
		}
		n.places = append(n.places, places)
	}
	return n
}

// nameTarget gives a target its title: its class. If pictures differ in the class, the title is the rank, such as
// "top 1", or the target's number.
func (n names) nameTarget(t int, m *Map) {
	title := m.Target
	if m.Class != "" {
		title = m.Class
	}
	list := n.titles[ByTarget]
	switch {
	case t == len(list):
		list = append(list, title)
	case list[t] != title:
		list[t] = fmt.Sprintf("target %d", t+1)
		if m.AskedRank > 0 {
			list[t] = fmt.Sprintf("top %d", m.AskedRank)
		}
	}
	n.titles[ByTarget] = list
}

func (n names) place(result, m int) place { return n.places[result][m] }

func (n names) title(p place, by []Axis) string {
	var parts []string
	for _, a := range by {
		parts = append(parts, n.titles[a][p[slices.Index(axes, a)]])
	}
	return strings.Join(parts, ", ")
}

// common returns what all maps have in common, as a title: the model, and the axes that are laid out neither way.
func (n names) common(results []*Result, laid []Axis) string {
	parts := []string{results[0].Model}
	for _, a := range axes[1:] {
		if !slices.Contains(laid, a) {
			parts = append(parts, strings.Join(n.titles[a], ", "))
		}
	}
	return strings.Join(parts, ", ")
}

// key returns a text that differs for two places that differ on one of the given axes.
func (p place) key(by []Axis) string {
	var b strings.Builder
	for _, a := range by {
		fmt.Fprintf(&b, "%d ", p[slices.Index(axes, a)])
	}
	return b.String()
}

// clash returns the error for two maps that would lie in one cell, at the places p and q. The second one is m.
func (p place) clash(q place, m *Map) error {
	for i, a := range axes {
		if p[i] != q[i] {
			return fmt.Errorf("the maps differ in %s, too: lay them out by it, or choose one", a)
		}
	}
	return fmt.Errorf("one map is there twice, %s: name its method, layer and target once", m.brief())
}

// Stack returns one sheet with the rows of several, such as those of two checkpoints of a model. The sheets must have
// the same columns. If titles are given, the title of a row begins with that of its sheet.
func Stack(titles []string, sheets ...*Sheet) (*Sheet, error) {
	if len(sheets) == 0 {
		return nil, fmt.Errorf("there is no sheet to stack")
	}
	out := &Sheet{Title: sheets[0].Title, Columns: sheets[0].Columns, Shared: sheets[0].Shared, Metrics: sheets[0].Metrics,
		Note: sheets[0].Note}
	for i, s := range sheets {
		if !slices.Equal(s.Columns, out.Columns) {
			return nil, fmt.Errorf("sheets with the columns %q and %q cannot be stacked", out.Columns, s.Columns)
		}
		for j, row := range s.Cells {
			moved := slices.Clone(row)
			for k := range moved {
				moved[k].Result += len(out.Results)
			}
			out.Cells = append(out.Cells, moved)
			title := s.Rows[j]
			if i < len(titles) {
				title = strings.TrimSuffix(titles[i]+", "+title, ", ")
			}
			out.Rows = append(out.Rows, title)
		}
		out.Results = append(out.Results, s.Results...)
	}
	out.Note = cmp.Or(describeLeads(out.Results), out.Note)
	return out, nil
}

// Subtract adds a row with the maps of row a less those of row b, drawn signed; see [Difference].
func (s *Sheet) Subtract(a, b int) error {
	for _, i := range []int{a, b} {
		if i < 0 || i >= len(s.Cells) {
			return fmt.Errorf("the sheet has no row %d; it has %d", i, len(s.Cells))
		}
	}
	var row []Cell
	for j := range s.Columns {
		ra, ma := s.At(a, j)
		_, mb := s.At(b, j)
		if ma == nil || mb == nil {
			row = append(row, Cell{Empty: "no map"})
			continue
		}
		d, err := Difference(ma, mb)
		if err != nil {
			return fmt.Errorf("column %q: %w", s.Columns[j], err)
		}
		ra.Maps = append(ra.Maps, d)
		row = append(row, Cell{Result: s.Cells[a][j].Result, Map: len(ra.Maps) - 1, Signed: true})
	}
	s.Cells = append(s.Cells, row)
	s.Rows = append(s.Rows, s.Rows[a]+" - "+s.Rows[b])
	return nil
}

// MustSubtract is like Subtract, but panics with the error.
func (s *Sheet) MustSubtract(a, b int) { must.OK(s.Subtract(a, b)) }
