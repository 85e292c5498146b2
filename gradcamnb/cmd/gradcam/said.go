package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/gradcamnb/imgio"
	"github.com/gradcam-go/gradcam/internal/printable"
)

// sayResults prints a line for each picture that says what was found and where the figure is:
//
//	espresso 94.4 %, Grad-CAM at _swish -> out/overlay.png
//
// said is what the engine has said already about how pictures are prepared; it is not said again.
func sayResults(dir string, results []*heatmap.Result, said string) {
	names := heatmap.PictureNames(results)
	for i, r := range results {
		if len(r.Maps) == 0 {
			continue
		}
		line := describeMap(r, r.Maps[0])
		if len(results) > 1 {
			line = names[i] + ": " + line
		}
		switch n := len(r.Maps); n {
		case 1:
		case 2:
			line += ", and 1 more map"
		default:
			line += fmt.Sprintf(", and %d more maps", n-1)
		}
		line += inBrackets(r.Maps[0].Note)
		if r.Maps[0].Diagnosis != said {
			line += inBrackets(r.Maps[0].Diagnosis)
		}
		fmt.Printf("%s -> %s\n", printable.Line(line), printable.Line(filepath.Join(dir, "overlay.png")))
	}
}

// strangeness returns what is strange about how pictures are prepared, in words; empty if nothing is.
func strangeness(prep *imgio.Prep) string {
	if prep == nil {
		return ""
	}
	return prep.Strange()
}

func inBrackets(words string) string {
	if words == "" {
		return ""
	}
	return " (" + words + ")"
}

// describeMap returns words for what a map explains, how likely the model finds it, and how the map was made.
func describeMap(r *heatmap.Result, m *heatmap.Map) string {
	what := m.Class
	if what == "" {
		what = m.Target + ","
	}
	if p, ok := r.Likelihood(m); ok {
		what += " " + heatmap.Percent(p)
	} else {
		what += fmt.Sprintf(" %.3g %s", m.Score, m.ScoreUnit)
	}
	made := m.Method
	if m.Layer != "" {
		made += " at " + m.Layer
	}
	return what + ", " + made
}

// saySheet prints a line that says which maps of a sheet are framed and where the sheet is.
func saySheet(dir string, s *heatmap.Sheet) {
	var framed []string
	n, compared := 0, false
	for i := range s.Cells {
		for j, c := range s.Cells[i] {
			r, m := s.At(i, j)
			if m == nil {
				continue
			}
			n, compared = n+1, compared || m.Lead != nil
			if c.Framed {
				framed = append(framed, describeMap(r, m))
			}
		}
	}
	line := fmt.Sprintf("%d maps", n)
	switch {
	case len(framed) > 0:
		line += ", the best: " + strings.Join(framed, "; ")
	case compared:
		line += ", none clearly the best"
	}
	fmt.Printf("%s -> %s\n", printable.Line(line), printable.Line(filepath.Join(dir, "sheet.png")))
}
