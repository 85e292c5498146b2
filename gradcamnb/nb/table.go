package nb

import (
	"fmt"
	"html"
	"math"
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
