package main

import (
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/gradcam-go/gradcam/gradcamnb/heatmap"
	"github.com/gradcam-go/gradcam/internal/printable"
)

// sayNotNumbers warns on the standard error if a map has values that are NaN or infinite, as damaged weights make them:
// the files are written, but show nothing. of names the picture; it may be empty.
func sayNotNumbers(of string, results []*heatmap.Result) {
	for _, r := range results {
		for _, m := range r.Maps {
			if slices.ContainsFunc(m.Raw.Values, func(v float32) bool {
				return math.IsNaN(float64(v)) ||
					math.IsInf(float64(v), 0)
			}) {
				if of != "" {
					of = printable.Line(of) + ": "
				}
				fmt.Fprintf(os.Stderr, "gradcam: %s%s\n", of, printable.Line(m.Diagnosis))
				return
			}
		}
	}
}
