package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
)

// benchReport is the report as Markdown. Ratios above one are ours faster.
func benchReport(f benchFlags, rows []benchRow, cold []coldRow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Grad-CAM, %s\n\n", time.Now().Format(time.DateOnly))
	fmt.Fprintf(&b, "%s/%s, %d threads, %s; medians of %d interleaved rounds, in milliseconds. An explanation is that of each picture's best class, from the model's input to the normalised heatmap.\n\n",
		runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(), f.rounds)
	if f.peer != "" {
		b.WriteString("| model | layer | batch | backend | gradcam | pytorch-grad-cam | ratio | torch forward | first call |\n|---|---|---|---|---|---|---|---|---|\n")
	} else {
		b.WriteString("| model | layer | batch | backend | gradcam | first call |\n|---|---|---|---|---|---|\n")
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %.1f |", r.model, layerWord(r.layer), r.batch, r.backend, 1e3*r.ours)
		if f.peer != "" {
			fmt.Fprintf(&b, " %.1f | %.2f | %.1f |", 1e3*r.peer, r.peer/r.ours, 1e3*r.forward)
		}
		fmt.Fprintf(&b, " %.0f |\n", 1e3*r.first)
	}
	if len(cold) > 0 {
		fmt.Fprintf(&b, "\nCold start, from process start to the picture written (%s):\n\n| | seconds | MiB |\n|---|---|---|\n", rows[0].model)
		for _, r := range cold {
			fmt.Fprintf(&b, "| %s | %.2f | %.0f |\n", r.who, r.seconds, r.mib)
		}
	}
	return b.String()
}

func layerWord(layer string) string {
	if layer == "" {
		return "last"
	}
	return layer
}
