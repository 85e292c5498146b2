package main

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// benchReport returns a record as Markdown.
func benchReport(rec *record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Grad-CAM, %s\n\n", time.Now().Format(time.DateOnly))
	fmt.Fprintf(&b, "%s/%s, %d threads, %s; medians of %s interleaved rounds, in milliseconds. An explanation goes from the model's input to the normalised heatmaps. If a row names no class, it is each picture's best. "+
		"The number after a peer's time says how many times as long as gradcam the peer takes. *cl* marks torch's forward pass in channels_last, which is shown if it is quicker than the default layout. *Import* is the time to read the file and rewrite its graph. *First* is the first call: it uploads the weights, compiles or takes the program that an earlier process kept, and runs. "+
		"A round in which other processes took more than a tenth of the machine is measured again; † marks a case in which most rounds were still disturbed, so that its medians say little.\n",
		runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version(), rec.rounds())
	for _, grown := range []string{"", "size", "batch", "classes", "layers", "methods"} {
		b.WriteString(benchTable(rec.Rows, grown))
	}
	b.WriteString(coldTable(rec.Cold))
	b.WriteString(losses(rec.Rows))
	return b.String()
}

func (r *record) rounds() string {
	lo, hi := 0, 0
	for _, row := range r.Rows {
		if lo == 0 || row.Rounds < lo {
			lo = row.Rounds
		}
		hi = max(hi, row.Rounds)
	}
	if lo == hi {
		return strconv.Itoa(lo)
	}
	return fmt.Sprintf("%d to %d", lo, hi)
}

// benchTable returns the table of the cases in which the same thing grows, or nothing if there are none.
func benchTable(rows []benchRow, grown string) string {
	var b strings.Builder
	libraries := slices.Clone(peerLibraries)
	peers := false
	for _, r := range rows {
		if r.Case.Grown != grown {
			continue
		}
		if b.Len() == 0 {
			peers = slices.ContainsFunc(rows, func(r benchRow) bool { return len(r.Medians) > 1 })
			if grown != "" {
				fmt.Fprintf(&b, "\n## Cost by %s\n", grown)
			}
			b.WriteString("\n| model | backend | batch | what | gradcam |")
			line := "|---|---|---|---|---|"
			if peers {
				b.WriteString(" torch forward | | " + strings.Join(libraries, " | | ") + " | |")
				line += strings.Repeat("---|---|", 1+len(libraries))
			}
			b.WriteString(" import | first |\n" + line + "---|---|\n")
		}
		mine := r.Medians[ours]
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %.1f%s |", r.Case.model(), r.Case.Backend, r.Case.Batch, r.Case.words(),
			1e3*mine, r.mark())
		if peers {
			floor, cl := r.forward()
			b.WriteString(peerCells(floor, mine, cl))
			for _, l := range libraries {
				b.WriteString(peerCells(r.Medians[l], mine, false))
			}
		}
		fmt.Fprintf(&b, " %.0f | %.0f |\n", 1e3*r.Import, 1e3*r.First)
	}
	return b.String()
}

// mark returns a sign if most of the case's rounds were disturbed.
func (r benchRow) mark() string {
	if 2*r.Disturbed > r.Rounds {
		return " †"
	}
	return ""
}

func peerCells(theirs, mine float64, channelsLast bool) string {
	if theirs == 0 {
		return " | |"
	}
	cl := ""
	if channelsLast {
		cl = " *cl*"
	}
	return fmt.Sprintf(" %.1f%s | %.2f |", 1e3*theirs, cl, theirs/mine)
}

// forward returns the time of torch's bare forward pass in its quicker layout, or 0 if it was not measured.
func (r benchRow) forward() (seconds float64, channelsLast bool) {
	plain, cl := r.Medians[forward], r.Medians[forwardChannelsLast]
	if cl > 0 && (plain == 0 || cl < plain) {
		return cl, true
	}
	return plain, false
}

// words returns what a case explains: layers, methods, classes and size.
func (c benchCase) words() string {
	layers := strings.Join(c.Layers, ", ")
	if layers == "" {
		layers = "last"
	}
	out := []string{layers}
	if !slices.Equal(c.Methods, []string{"Grad-CAM"}) {
		out = append(out, strings.Join(c.Methods, ", "))
	}
	if c.Classes > 0 {
		out = append(out, fmt.Sprintf("%d classes", c.Classes))
	}
	if c.Side > 0 {
		out = append(out, fmt.Sprintf("%d x %d", c.Side, c.Side))
	}
	if c.Warm > 0 {
		out = append(out, fmt.Sprintf("after %d of the same", c.Warm))
	}
	return strings.Join(out, "; ")
}

// coldTable returns the table of cold starts. Behind every peer it says how many times as much the peer takes as the
// first start of gradcam.
func coldTable(rows []coldRow) string {
	if len(rows) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n## Cold start and memory\n\nFrom process start to the pictures written, medians, with the largest resident memory of the process: the weights, the program, and all that the runtime and its libraries keep. On XLA the first process with a model compiles, and later ones take the program that it kept.\n\n" +
		"| model | batch | | rounds | seconds | | MiB | |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		seconds, mib := "", ""
		mine := slices.IndexFunc(rows, func(m coldRow) bool {
			return m.File == r.File && m.Batch == r.Batch && strings.HasPrefix(m.Who, ours)
		})
		if !strings.HasPrefix(r.Who, ours) && mine >= 0 {
			seconds = fmt.Sprintf("%.2f", r.Seconds/rows[mine].Seconds)
			if rows[mine].MiB > 0 {
				mib = fmt.Sprintf("%.2f", r.MiB/rows[mine].MiB)
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %d | %.2f | %s | %.0f | %s |\n", benchCase{File: r.File}.model(), r.Batch, r.Who,
			r.Rounds, r.Seconds, seconds, r.MiB, mib)
	}
	return b.String()
}

// losses returns a list of the cases in which a peer is quicker, or nothing if there are none.
func losses(rows []benchRow) string {
	var b strings.Builder
	for _, r := range rows {
		others := maps.Clone(r.Medians)
		others["torch's forward pass"], _ = r.forward()
		for _, one := range []string{ours, forward, forwardChannelsLast} {
			delete(others, one)
		}
		for _, who := range slices.Sorted(maps.Keys(others)) {
			theirs := others[who]
			if mine := r.Medians[ours]; theirs > 0 && theirs < mine {
				fmt.Fprintf(&b, "* %s, batch %d, on %s (%s): %s takes %.2f times as long.\n", r.Case.model(), r.Case.Batch,
					r.Case.Backend, r.Case.words(), who, theirs/mine)
			}
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n## Losses\n\n" + b.String()
}
