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
	best := r.Top
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
			line(r.Prediction(m), m.Rank)
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
	var parts []string
	for _, d := range found {
		parts = append(parts, detectionAlt(d))
	}
	switch len(found) {
	case 0:
		return "a picture in which nothing is found"
	case 1:
		return "1 detection: " + parts[0]
	}
	return fmt.Sprintf("%d detections: %s", len(found), inWords(parts))
}

func detectionAlt(d heatmap.Detection) string {
	return fmt.Sprintf("%s %.2f", heatmap.ClassName(d.Label, d.Class), d.Score)
}

// inWords returns the first words of a list for people who cannot see it. A longer list helps nobody.
func inWords(words []string) string {
	const most = 12
	if n := len(words) - most; n > 0 {
		words = append(words[:most:most], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(words, ", ")
}

// explainedAlt returns words for the maps of a figure of explained detections, which has one row or cell for each
// target.
func explainedAlt(r *heatmap.Result) string {
	var parts []string
	known := map[string]bool{}
	for _, m := range r.Maps {
		if m.Box.Area() == 0 || known[m.Target] {
			continue
		}
		known[m.Target] = true
		if m.Found > 0 && m.Found <= len(r.Detections) {
			parts = append(parts, detectionAlt(r.Detections[m.Found-1]))
		} else {
			parts = append(parts, heatmap.ClassName(m.Class, m.Index)+" (drawn)")
		}
	}
	if len(parts) == 0 {
		return "no detection is explained"
	}
	return "maps of " + inWords(parts)
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
