package metrics

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

const pagePath = "../../../docs/metrics.md"

var pageHead = `# Metrics

A metric says in one number how far a map can be believed. Ask for one with
` + "`gradcamnb.Measured(gradcamnb.Measuring{Metrics: ...})`" + `, or over a whole data set with
` + "`gradcam study --metric NAME`" + `. Case, dashes and spaces do not matter in a name. A test writes this page
(` + "`go test ./gradcamnb/engine/metrics -run Page -update`" + `).

In the formulas f is the explained score, which for a class is its probability. a is the map at the size of the model's input, with
its sign if a formula adds it up; otherwise L is its positive part. M is where the object is: for it you must give a truth, a mask or a box.
x is the picture and c its likeliest class; i and j are pictures that were explained together. Pixels are taken in 8 steps by default. That is enough to choose between maps, but not to quote: published figures
take up to 224.

The numbers agree with Quantus 0.6.0, captum 0.9.0, pytorch-grad-cam 1.5.7 and scikit-learn within 1e-5 wherever the definition is the
same (` + "`testdata/golden/metrics/make.py`" + `, TestPeersAgree). ` + quantusCount() + `

These differences are known:

* Quantus hides single values of single channels; here whole pixels are hidden. Its Monotonicity compares the baseline with itself and
  is always 1. Its Sensitivity-n correlates over pictures.
* For Quantus' Consistency two maps say the same if their first five values have the same signs, which is so for nearly all maps; here
  they do if most of them lies in the same ninth of the picture. With that rule the number is that of Quantus.
* Insertion over RISE's own blur (a window of 11 x 11 pixels) is up to 0.23 higher than over ours, which blurs more. For figures to be
  compared with theirs take the baseline "rise-blur", which is that of their code.
* ROAD is that of pytorch-grad-cam 1.5.7, except for the noise, which each library draws itself, and for maps in which many pixels have
  one value: pytorch-grad-cam hides all of these or none. It also subtracts the whole picture's score from ROAD's two halves.
* Quantus' stability and sensitivity are NaN if a noisy copy of the picture is predicted to be something else. Here its map counts, too.
* IROF's regions are each library's own; over the same regions the number is that of Quantus.
* mu-fidelity follows xplique 2.0.2, whose code was read but not run, since it needs TensorFlow. xplique hides each cell with a chance of a
  fifth, and takes 0 for a correlation that has no value; here a set has a fifth of the cells, as in the paper.
* The metrics of complexity and of localisation see L, which is what a picture of the map shows. Quantus takes magnitudes or, if it is told
  so (abs=False), signed values: a map with negative values has other numbers there.
* A map without a positive value has no value by them, and a map that is the same everywhere puts pixels in no order, and has no value by
  metrics that need one. Quantus refuses both.
* Equal values of a map are taken in the order of their places, and Quantus' order of them is numpy's. In its pointing game it is enough if
  one of several highest values lies on the object; here the first one must.
* Regions of 8 x 8 begin in the upper left corner. If a side is no multiple of 8, Quantus lays them around the middle.

`

// ofQuantus are the metrics of Quantus 0.6.0 (quantus.AVAILABLE_METRICS) and what they are called here; empty for one
// that is not here.
var ofQuantus = map[string]string{
	"Faithfulness Correlation": "faithfulness correlation", "Faithfulness Estimate": "faithfulness estimate",
	"Pixel-Flipping": "pixel flipping", "Region Segmentation": "region perturbation", "Monotonicity-Arya": "monotonicity",
	"Monotonicity-Nguyen": "monotonicity correlation", "Selectivity": "selectivity", "SensitivityN": "sensitivity-n",
	"IROF": "IROF", "ROAD": "ROAD", "Infidelity": "infidelity", "Sufficiency": "sufficiency",
	"Continuity Test": "", "Local Lipschitz Estimate": "local Lipschitz", "Max-Sensitivity": "max-sensitivity",
	"Avg-Sensitivity": "average sensitivity", "Consistency": "consistency",
	"Relative Input Stability": "relative input stability", "Relative Output Stability": "relative output stability",
	"Relative Representation Stability": "", "Pointing Game": "pointing game", "Top-K Intersection": "top-k intersection",
	"Relevance Mass Accuracy": "energy", "Relevance Rank Accuracy": "relevance rank",
	"Attribution Localisation": "attribution localisation", "AUC": "AUC", "Focus": "Focus",
	"Sparseness": "sparseness", "Complexity": "complexity", "Effective Complexity": "effective complexity",
	"MPRT": "model randomisation", "Smooth MPRT": "smooth model randomisation",
	"Efficient MPRT": "efficient model randomisation", "Random Logit": "random logit", "Completeness": "completeness",
	"NonSensitivity": "non-sensitivity", "InputInvariance": "input invariance",
}

// quantusCount says how many of Quantus' metrics are here.
func quantusCount() string {
	here := 0
	var missing []string
	for theirs, ours := range ofQuantus {
		if ours == "" {
			missing = append(missing, theirs)
		} else {
			here++
		}
	}
	slices.Sort(missing)
	return fmt.Sprintf("Of the %d metrics of Quantus 0.6.0, %d are here, one of which, Focus, is a Go function for mosaics;\nthe others are %s.",
		len(ofQuantus), here, strings.Join(missing, " and "))
}

// Every metric of Quantus that the page counts is one here.
func TestMetricsOfQuantus(t *testing.T) {
	seen := map[string]string{"": ""}
	for theirs, ours := range ofQuantus {
		if _, twice := seen[ours]; twice && ours != "" {
			t.Errorf("%q and %q are one metric here", theirs, seen[ours])
		}
		seen[ours] = theirs
		if ours == "" || ours == "Focus" {
			continue
		}
		if m, err := ByName(ours); err != nil || m.Name != ours {
			t.Errorf("%s: %v", theirs, err)
		}
	}
	if len(ofQuantus) != 37 {
		t.Errorf("%d metrics, and Quantus 0.6.0 has 37", len(ofQuantus))
	}
}

// docs/metrics.md says everything of every metric.
func TestPage(t *testing.T) {
	want := page()
	if require.Update() {
		if err := os.WriteFile(pagePath, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(pagePath)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/metrics.md is not that of the registry: run this test with -update")
	}
}

func page() string {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, group := range []struct {
		group Group
		asks  string
	}{
		{Faithfulness, "does the model use what the map shows?"},
		{Localisation, "does the map lie on the object?"},
		{Robustness, "does the map stay when hardly anything changes?"},
		{Randomisation, "does the map depend on what the model has learnt?"},
		{Complexity, "how much of the picture does the map show?"},
		{Axiom, "does the map keep a law?"},
	} {
		fmt.Fprintf(&b, "## %s%s: %s\n\n| metric | formula | better | costs | when it misleads | paper |\n|---|---|---|---|---|---|\n",
			strings.ToUpper(string(group.group[:1])), group.group[1:], group.asks)
		for _, m := range All() {
			if m.Group == group.group {
				names := strings.Join(slices.Concat([]string{"**" + m.Name + "**"}, m.Also), ", ")
				fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s |\n", names, strings.ReplaceAll(m.Formula, "|", "\\|"), m.Better,
					cmp.Or(m.Cost, map[Need]string{Truth: "a truth", Nothing: "nothing"}[m.Needs]), m.Beware, m.Paper)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
