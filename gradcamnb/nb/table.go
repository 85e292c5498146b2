package nb

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
)

// table lists the predictions in markdown.
func table(r *heatmap.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | class | score | probability |\n|---|---|---|---|\n", escape(r.Model))
	for _, p := range r.Top {
		probability := "-"
		if !math.IsNaN(float64(p.Probability)) {
			probability = fmt.Sprintf("%.1f %%", 100*p.Probability)
		}
		fmt.Fprintf(&b, "| %s | %d | %.3g | %s |\n", escape(p.Label), p.Index, p.Score, probability)
	}
	return b.String()
}

// longestLabel is the number of characters of a label that are shown.
const longestLabel = 80

// escape makes a label safe as a markdown table cell: one short line without
// anything that HTML or markdown would read.
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

// detectionTable lists detections in markdown.
func detectionTable(found []heatmap.Detection) string {
	var b strings.Builder
	b.WriteString("| | class | score | x0 | y0 | x1 | y1 |\n|---|---|---|---|---|---|---|\n")
	for i, d := range found {
		name := escape(d.Label)
		if name == "" {
			name = strconv.Itoa(d.Class)
		}
		fmt.Fprintf(&b, "| %d | %s | %.2f | %.0f | %.0f | %.0f | %.0f |\n", i+1, name, d.Score, d.Box[0], d.Box[1], d.Box[2], d.Box[3])
	}
	if len(found) == 0 {
		return "Nothing is found."
	}
	return b.String()
}
