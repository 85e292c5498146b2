package heatmap

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Lead says by how much the best map of a picture and target is better than the next best one, by a metric. A metric
// that runs the model measures both maps several times: with other random numbers and, if it hides parts of the
// picture, over other baselines.
type Lead struct {
	Metric   string    // its name
	Baseline string    // the one that the maps themselves are measured over; empty if each metric has its paper's
	Over     []string  // the baselines that are compared; empty if the metric has none
	Repeated []float64 // by how much the map is better, each time; negative if it is worse
	Steps    int       // in which insertion and deletion are measured; 0 if the metric is made of neither
}

// Mean returns the mean of the differences.
func (l Lead) Mean() float64 {
	sum := 0.0
	for _, d := range l.Repeated {
		sum += d
	}
	return sum / float64(len(l.Repeated))
}

// StdErr returns the standard error of the mean:
//
//	sqrt( sum of (d_i - mean)^2 / (n - 1) / n )
//
// It is NaN if the difference was measured once.
func (l Lead) StdErr() float64 {
	n, mean, sum := float64(len(l.Repeated)), l.Mean(), 0.0
	for _, d := range l.Repeated {
		sum += (d - mean) * (d - mean)
	}
	return math.Sqrt(sum / (n - 1) / n)
}

// Clear tells whether the two maps can be told apart: the lead is more than twice its standard error. A lead that was
// measured once, since nothing is hidden or drawn, is clear if it is not zero.
func (l Lead) Clear() bool {
	if len(l.Repeated) == 1 {
		return l.Mean() > 0
	}
	return l.Mean() > 2*l.StdErr()
}

// String returns the lead in words, such as "by 0.120 ± 0.023 over the baselines mean, blur, black".
func (l Lead) String() string {
	if len(l.Repeated) == 1 {
		return "by " + rounded(l.Mean(), l.Mean()/10)
	}
	how := l.repeats()
	lead, err := rounded(l.Mean(), l.StdErr()), rounded(l.StdErr(), l.StdErr())
	if lead == tiny && err == tiny {
		return fmt.Sprintf("by %s%s", tiny, how)
	}
	return fmt.Sprintf("by %s ± %s%s", lead, err, how)
}

// repeats returns words that say over what the difference was measured again; empty if it was measured once.
func (l Lead) repeats() string {
	switch {
	case len(l.Repeated) == 1:
		return ""
	case len(l.Over) > 0:
		return " over the baselines " + strings.Join(l.Over, ", ")
	}
	return fmt.Sprintf(" in %d draws", len(l.Repeated))
}

// isTie tells whether both maps scored the same each time.
func (l Lead) isTie() bool {
	return !slices.ContainsFunc(l.Repeated, func(d float64) bool { return d != 0 })
}

// tiny stands for numbers that have no digit among the decimals that are written.
const tiny = "less than 0.0001"

// rounded returns v with one digit more than its error begins with, and with four decimals at most: 0.066667 ± 0.0882
// is 0.067, and 231.2 ± 104 is 231. If neither v nor its error has a digit there, it returns [tiny], or "0" for 0.
func rounded(v, err float64) string {
	const decimals = 4
	half := 0.5 * math.Pow10(-decimals)
	err = math.Abs(err)
	switch {
	case v == 0 && err < half:
		return "0"
	case math.Abs(v) < half && err < half:
		return tiny
	case err == 0:
		return fmt.Sprintf("%.*f", decimals, v)
	}
	return fmt.Sprintf("%.*f", min(decimals, max(0, 1-int(math.Floor(math.Log10(err))))), v)
}

// describeLeads returns sentences that say which maps of results are framed, and by how much they lead. It is empty if
// no maps were compared.
func describeLeads(results []*Result) string {
	var leads []*Lead
	framed := 0
	for _, r := range results {
		for _, m := range r.Maps {
			if m.Lead == nil {
				continue
			}
			leads = append(leads, m.Lead)
			if m.Lead.Clear() {
				framed++
			}
		}
	}
	if len(leads) == 0 {
		return ""
	}
	metric := leads[0].Metric + leads[0].measured()
	if slices.ContainsFunc(leads, func(l *Lead) bool { return l.Metric+l.measured() != metric }) {
		metric = leads[0].Metric
	}
	switch {
	case len(leads) == 1 && framed == 1:
		return fmt.Sprintf("Framed: the best %s. It leads %s.", metric, leads[0])
	case len(leads) == 1 && leads[0].Mean() < 0:
		behind := Lead{Over: leads[0].Over}
		for _, d := range leads[0].Repeated {
			behind.Repeated = append(behind.Repeated, -d)
		}
		return fmt.Sprintf("No frame: the best by %s falls behind the next best %s.", metric, behind)
	case len(leads) == 1 && leads[0].isTie():
		return fmt.Sprintf("No frame: the best two by %s are equal%s.", metric, leads[0].repeats())
	case len(leads) == 1:
		return fmt.Sprintf("No frame: the best by %s leads the next best %s, which is not clearly more than 0.", metric, leads[0])
	}
	return fmt.Sprintf("Framed: the best %s, if its lead is clear: %d of %d.", metric, framed, len(leads))
}

// measured returns words that say in how many steps the picture was shown and hidden, and over which baseline; empty if
// it was not.
func (l Lead) measured() string {
	if l.Steps == 0 {
		return ""
	}
	if l.Baseline != "" {
		return fmt.Sprintf(" (%d steps, over the baseline %s)", l.Steps, l.Baseline)
	}
	return fmt.Sprintf(" (%d steps, what is hidden is blurred for insertion and of the mean colour for deletion)", l.Steps)
}
