package nb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// sheetOf lays the maps of results out as a table: pictures and layers down, targets and methods across. What all maps
// have in common stands only in the title.
func sheetOf(results []*heatmap.Result) *heatmap.Sheet {
	s := &heatmap.Sheet{Results: results}
	var rows, columns [][2]int // picture and layer; target and method, by their order
	var layers, methods []string
	targets := map[int][]string{} // what each is called, in any picture
	where := map[[2][2]int]heatmap.Cell{}
	at := func(list *[]string, name string) int {
		if i := slices.Index(*list, name); i >= 0 {
			return i
		}
		*list = append(*list, name)
		return len(*list) - 1
	}
	pictures := heatmap.PictureNames(results)
	for i, r := range results {
		var own []string // targets of this picture; "top 1" is another class in each
		for j, m := range r.Maps {
			t := at(&own, m.Target)
			if name := cmp.Or(m.Class, m.Target); !slices.Contains(targets[t], name) {
				targets[t] = append(targets[t], name)
			}
			row, column := [2]int{i, at(&layers, m.Layer)}, [2]int{t, at(&methods, m.Method)}
			if !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
			if !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
			where[[2][2]int{row, column}] = heatmap.Cell{Result: i, Map: j}
			for name := range m.Metrics {
				at(&s.Metrics, name)
			}
		}
	}
	slices.Sort(s.Metrics)
	targetTitle := func(t int) string {
		if len(targets[t]) == 1 {
			return targets[t][0]
		}
		return fmt.Sprintf("target %d", t+1)
	}
	for _, row := range rows {
		var cells []heatmap.Cell
		for _, column := range columns {
			c, ok := where[[2][2]int{row, column}]
			if !ok {
				c.Empty = "not asked for"
			}
			cells = append(cells, c)
		}
		s.Cells = append(s.Cells, cells)
		s.Rows = append(s.Rows, title(
			part{pictures[row[0]], len(results) > 1},
			part{layers[row[1]], len(layers) > 1}))
	}
	for _, column := range columns {
		s.Columns = append(s.Columns, title(
			part{targetTitle(column[0]), len(targets) > 1},
			part{methods[column[1]], len(methods) > 1}))
	}
	s.Title = title(
		part{results[0].Model, true},
		part{strings.Join(methods, ""), len(methods) == 1},
		part{strings.Join(layers, ""), len(layers) == 1},
		part{targetTitle(0), len(targets) == 1})
	return s
}

// findFramed returns the map of a sheet's first framed cell, or nil if there is none.
func findFramed(s *heatmap.Sheet) *heatmap.Map {
	for i := range s.Cells {
		for j, c := range s.Cells[i] {
			if _, m := s.At(i, j); c.Framed {
				return m
			}
		}
	}
	return nil
}

// part is a piece of a title. It is said only if it tells rows or columns apart.
type part struct {
	text string
	said bool
}

func title(parts ...part) string {
	var said []string
	for _, p := range parts {
		if p.said && p.text != "" {
			said = append(said, p.text)
		}
	}
	return strings.Join(said, ", ")
}
