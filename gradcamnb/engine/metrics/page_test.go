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

const pageHead = `# Metrics

Made of the registry in ` + "`gradcamnb/engine/metrics`" + ` by a test (` +
	"`go test ./gradcamnb/engine/metrics -run Page -update`" + `). A metric says how
far a map can be believed, in one number. Ask for any of them with ` +
	"`gradcamnb.Measured(gradcamnb.Measuring{Metrics: ...})`" + `, or over a
whole data set with ` + "`gradcam study --metric NAME`" + `. Case, dashes and spaces do not matter in a name.

f is the explained score: of a class its probability. a is the map at the size of the model's input, with its sign where a formula adds it up, else
its positive part L. M is where the object is, for which a truth must be given: a mask or a box. x is the picture. The pixels are taken in 8 steps
unless something else is asked for; published figures take up to 224: 8 are right for choosing between maps, not for quoting.

The numbers agree with Quantus 0.6.0, captum 0.9.0, pytorch-grad-cam 1.5.7 and scikit-learn within 1e-5 wherever the definition is the same
(` + "`testdata/golden/metrics/make.py`" +
	`, TestPeersAgree). Known differences: Quantus hides single values of single channels, we hide pixels; its
Monotonicity puts the baseline on the baseline and is always 1; its Sensitivity-n correlates over pictures; insertion with RISE's own blur
(11 x 11, cut at one sigma) lies up to 0.23 above ours, which is cut at two. ROAD is pytorch-grad-cam 1.5.7's but for its noise, which each
library draws, and for maps with pixels of one value, of which it hides all or none; its two halves are there less the whole picture's score.
IROF's regions are each library's own; over the same ones the number is Quantus'.

`

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
