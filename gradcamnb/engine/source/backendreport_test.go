package source

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// different says why an answer of ours is not the one that onnx's tests expect, by the name of the case. Any other case
// with a wrong answer fails the test.
var different = []struct{ name, reason string }{
	{`^test_mod_`, "an infinity or the sign of a zero, which the formula x - y floor(x/y) does not keep"},
	{`^test_bitwise_|^test_bitshift_`,
		"whole numbers beyond 2^24, and shifts by less than nothing or more than there are bits"},
	{`e8m0`, "a power of two below the smallest normal float32"},
	{`^test_reduce_max_empty_set_bool`, "the largest of no truth value"},
	{`^test_resize_downsample_scales_(cubic|linear)_align_corners$`,
		"onnxruntime and torch divide by the rounded size less one, as here, and onnx by the size before it is rounded"},
	{`^light_squeezenet$`, "on XLA the softmax of its thousand logits, which are all 9.5e9, is not a number"},
	{`^test_operator_add`, "values of float64 beyond the largest float32"},
}

// rough says why a gradient is not compared, or is not a number, although the values are right.
var rough = []struct{ name, reason string }{
	{`^test_attention_.*_expanded$`,
		"a row that is masked throughout, of which onnx's own formula has 0/0 in its gradient"},
	{`^test_dropout_default_mask_ratio$`,
		"the program of the gradient, a constant, fails on the pure-Go backend; why is not known yet"},
	{`empty_set|zero_size`, "GoMLX has no gradient of a tensor without values"},
	{`^test_(quantizelinear|cast|castlike)_.*(e4m3fn|E4M3FN|e5m2|E5M2|float4e2m1|FLOAT4E2M1)|^test_quantizelinear_(e4m3fn|e5m2|float4e2m1)`, "the gradient goes straight through a rounding whose steps are wide"},
	{`^test_MaxPool\d+d_stride_padding_dilation$`,
		"kinks lie closer than the differences' step, in windows of 200 values; torch 2.15's autograd has our number"},
}

func roughOf(name string) string {
	for _, d := range rough {
		if regexp.MustCompile(d.name).MatchString(name) {
			return d.reason
		}
	}
	return ""
}

func reasonOf(name string) string {
	for _, d := range different {
		if regexp.MustCompile(d.name).MatchString(name) {
			return d.reason
		}
	}
	return ""
}

// tally counts the cases of a set or an operator.
type tally struct {
	cases, pass, checked int
	reasons              []string
}

func (t *tally) add(o outcome) {
	t.cases++
	switch o.verdict {
	case "pass":
		t.pass++
		if o.gradient == "checked" {
			t.checked++
		}
	default:
		reason := cmp.Or(reasonOf(o.name), shortReason(o.reason))
		if !slices.Contains(t.reasons, reason) {
			t.reasons = append(t.reasons, reason)
		}
	}
}

// shortReason returns an error of ours without the node's name, in one line of a table.
func shortReason(s string) string {
	s = regexp.MustCompile(`^(output \d+: )?operator (\w+), node "[^"]*"[^:]*: `).ReplaceAllString(s, "$2: ")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "|", "/"), "\n", " ")
	if i := strings.Index(s, "compilation failed"); i >= 0 {
		return "the graph could not be built"
	}
	if len(s) > 160 {
		s = s[:157] + "..."
	}
	return s
}

// operatorOf returns the operator that a case tests: that of its only node, or the one that its expanded form replaces,
// by its name.
func operatorOf(o outcome) string {
	nodes := o.proto.GetGraph().GetNode()
	if o.set == "node" && len(nodes) > 0 && !strings.HasSuffix(o.name, "_expanded") {
		return nodes[0].OpType
	}
	return ""
}

// writeReport writes docs/operators.md or, of a backend other than go, docs/operators-xla.md.
func writeReport(docs, backend string, outcomes []outcome) error {
	title, path, chosen, other := "Operators", "operators.md", "", "operators-xla.md"
	if backend != "go" {
		title, path, chosen, other = "Operators on "+backend, "operators-xla.md", "GRADCAM_BACKEND="+backend+" ", "operators.md"
	}
	sets, operators := map[string]*tally{}, map[string]*tally{}
	left := map[string]int{}
	var all tally
	for _, o := range outcomes {
		if o.verdict == "left out" {
			left[o.reason]++
			continue
		}
		all.add(o)
		for key, in := range map[string]map[string]*tally{o.set: sets, operatorOf(o): operators} {
			if key == "" {
				continue
			}
			if in[key] == nil {
				in[key] = &tally{}
			}
			in[key].add(o)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# %s

This page says which of ONNX's operators work, by onnx 1.23.2's own backend tests of operators with tensors as inputs and
outputs: **%d of %d pass, %.1f %%**, on the backend %s. For %d of them the gradient agrees with differences, too. A value
passes if it agrees to 1e-5 of the largest for float32, or as onnx's own runner compares if the expected numbers were typed
by hand; to a step of the type for smaller types; exactly for whole numbers and truth values. Inputs of whole numbers and
truth values are given as constants, as an exporter writes them. [The same on the other backend](%s).

`+"`python testdata/backend/make.py FOLDER` writes the tests, and `GRADCAM_BACKEND_TESTS=FOLDER %sgo test ./gradcamnb/engine/source -run TestBackendTests -update`"+`
this page.

| set | cases | pass | gradient compared |
|---|---|---|---|
`, title, all.pass, all.cases, 100*float64(all.pass)/float64(all.cases), backend, all.checked, other, chosen)
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		t := sets[name]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", name, t.cases, t.pass, t.checked)
	}
	b.WriteString("\nLeft out:\n\n")
	for _, reason := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(&b, "- %d: %s\n", left[reason], reason)
	}
	b.WriteString("\n## By operator\n\nThe cases of the set *node*, without those that onnx writes out in other operators. If a case does not pass, the last column says why.\n\n| operator | pass | gradient compared | why not |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(operators)) {
		t := operators[name]
		fmt.Fprintf(&b, "| %s | %d of %d | %d | %s |\n", name, t.pass, t.cases, t.checked, strings.Join(t.reasons, "; "))
	}
	return os.WriteFile(filepath.Join(docs, path), []byte(b.String()), 0o644)
}
