package nb

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// tables returns one Markdown table with the predictions of results: the best ones of each picture, or only the first
// one if there are many pictures, and the explained class if it is another one. Results with the same predictions, such
// as those of one picture that is explained several times, are listed once.
func tables(results []*heatmap.Result) string {
	var rows []string
	seen := map[string]bool{}
	names := heatmap.PictureNames(results)
	several := false
	for i, r := range results {
		of := rowsOf(r, len(results) > few)
		key := strings.Join(of, "")
		if key == "" || seen[key] && r.Name == "" {
			continue
		}
		seen[key] = true
		several = several || i > 0
		for k := range of {
			of[k] = "| " + escape(names[i]) + " " + of[k]
		}
		rows = append(rows, of...)
	}
	if len(rows) == 0 {
		return ""
	}
	head, under := "| picture | class | number | score | probability |\n", "|---|---|---|---|---|\n"
	if !several {
		head, under = "| class | number | score | probability |\n", "|---|---|---|---|\n"
		for k, row := range rows {
			rows[k] = strings.TrimPrefix(row, "| "+escape(names[0])+" ")
		}
	}
	return head + under + strings.Join(rows, "")
}

// rowsOf returns the rows of a result, without the picture's name: one for each of its predictions, or only for the
// first one if brief is true, and one for every explained class that is not among these.
func rowsOf(r *heatmap.Result, brief bool) []string {
	var rows []string
	line := func(p heatmap.Prediction, rank int) {
		said := "-"
		if !math.IsNaN(float64(p.Probability)) {
			said = heatmap.Percent(p.Probability)
		}
		if rank > 0 {
			said += fmt.Sprintf(" (explained, rank %d)", rank)
		}
		rows = append(rows, fmt.Sprintf("| %s | %d | %.3g | %s |\n", escape(p.Name()), p.Index, p.Score, said))
	}
	best, of := r.Top, ""
	if len(best) > 0 {
		of = best[0].Of
	}
	if brief {
		best = best[:min(1, len(best))]
	}
	listed := map[int]bool{}
	for _, p := range best {
		listed[p.Index] = true
		line(p, 0)
	}
	for _, m := range r.Maps {
		if m.Rank > 0 && m.Head == "" && !listed[m.Index] {
			listed[m.Index] = true
			line(heatmap.Prediction{Index: m.Index, Label: m.Class, Of: of, Score: m.Score, Probability: m.Probability}, m.Rank)
		}
	}
	return rows
}

// longestLabel is the most characters of a label that are shown.
const longestLabel = 80

// escape returns a label that is safe as a cell of a Markdown table: one short line without anything that HTML or
// Markdown would interpret.
func escape(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > longestLabel {
		s = string(runes[:longestLabel]) + "…"
	}
	s = html.EscapeString(s)
	return markdown.Replace(s)
}

var markdown = strings.NewReplacer(
	`\`, `&#92;`, `|`, `&#124;`, "`", "&#96;", `*`, `&#42;`, `_`, `&#95;`, `[`, `&#91;`, `]`, `&#93;`,
	`(`, `&#40;`, `)`, `&#41;`, `~`, `&#126;`, `$`, `&#36;`, `!`, `&#33;`, `:`, `&#58;`,
)

// detectionsAlt returns words that describe a picture of detections for people who cannot see it.
func detectionsAlt(found []heatmap.Detection) string {
	const named = 12 // a longer list helps nobody
	if len(found) == 0 {
		return "a picture in which nothing is found"
	}
	var parts []string
	for _, d := range found[:min(named, len(found))] {
		parts = append(parts, fmt.Sprintf("%s %.2f", heatmap.ClassName(d.Label, d.Class), d.Score))
	}
	if n := len(found) - named; n > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", n))
	}
	if len(found) == 1 {
		return "1 detection: " + parts[0]
	}
	return fmt.Sprintf("%d detections: %s", len(found), strings.Join(parts, ", "))
}

// foundAlt returns words for the detections of a result, to stand behind a title; empty if there are none.
func foundAlt(r *heatmap.Result) string {
	if len(r.Detections) == 0 {
		return ""
	}
	return "; " + detectionsAlt(r.Detections)
}

// detectionTable returns a Markdown table of detections.
func detectionTable(found []heatmap.Detection) string {
	if len(found) == 0 {
		return "Nothing is found."
	}
	var b strings.Builder
	b.WriteString("| detection | class | score | x0 | y0 | x1 | y1 |\n|---|---|---|---|---|---|---|\n")
	for i, d := range found {
		name := escape(d.Label)
		if name == "" {
			name = strconv.Itoa(d.Class)
		}
		fmt.Fprintf(&b, "| %d | %s | %.2f | %.0f | %.0f | %.0f | %.0f |\n", i+1, name, d.Score, d.Box[0], d.Box[1], d.Box[2],
			d.Box[3])
	}
	return b.String()
}
