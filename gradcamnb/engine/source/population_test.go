package source

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute-onnx/support/protos"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// outcome is the result of a case.
type outcome struct {
	backendCase
	verdict  string // "pass", "refused", "wrong", "left out"
	reason   string
	constant bool   // every input was given as a constant
	gradient string // "checked", "none" (nothing real goes in and out), or what is wrong
}

// bench runs cases on a backend.
type bench struct{ compute.Backend }

// run tries a case with its inputs as they are, with integers and truth values as constants. If that is refused, it
// makes more of the inputs constants.
func (b bench) run(c backendCase) outcome {
	o := outcome{backendCase: c}
	if o.reason = leftOut(c.proto); o.reason != "" {
		o.verdict = "left out"
		return o
	}
	c.fit()
	var refused error
	tries := []backendCase{c}
	if len(c.inputs) > 1 {
		tries = append(tries, c.constants(c.picture()))
	}
	tries = append(tries, c.constants(-1))
	for i, try := range tries {
		verdict, err := b.compare(try)
		if verdict != "refused" {
			o.verdict, o.constant = verdict, i == len(tries)-1
			if err != nil {
				o.reason = err.Error()
			}
			if verdict == "pass" {
				o.gradient = b.gradient(try)
			}
			return o
		}
		refused = cmp.Or(refused, err)
	}
	o.verdict, o.reason = "refused", refused.Error()
	return o
}

// compare runs the case and compares every output.
func (b bench) compare(c backendCase) (verdict string, err error) {
	r, err := b.open(c, nil)
	if err != nil {
		return "refused", err
	}
	got, err := r.values(nil, 0)
	if err != nil {
		return "refused", err
	}
	for i, want := range c.outputs {
		if !slices.Equal(got[i].dims, want.dims) {
			return "wrong", fmt.Errorf("output %d has the shape %v, want %v", i, got[i].dims, want.dims)
		}
		if err := want.near(got[i].values); err != nil && !want.nearEnough(got[i].values) {
			return "wrong", fmt.Errorf("output %d: %w", i, err)
		}
	}
	return "pass", nil
}

// near returns an error if the values differ from the right ones: at all, for integers and truth values; by more than
// 1e-5 of the largest, for float32 and float64; and by more than a step or two of the type, for smaller ones.
func (n numbers) near(got []float64) error {
	if len(got) != len(n.values) {
		return fmt.Errorf("%d values, want %d", len(got), len(n.values))
	}
	largest := 0.0
	for _, v := range n.values {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			largest = max(largest, math.Abs(v))
		}
	}
	for i, want := range n.values {
		if math.IsNaN(want) != math.IsNaN(got[i]) || math.IsInf(want, 0) && got[i] != want {
			return fmt.Errorf("value %d is %g, want %g", i, got[i], want)
		}
		if d := math.Abs(got[i] - want); d > n.tolerance(want, largest) {
			return fmt.Errorf("value %d is %g, want %g (largest %g)", i, got[i], want, largest)
		}
	}
	return nil
}

// nearEnough is onnx's own comparison, which numbers typed with four digits need.
func (n numbers) nearEnough(got []float64) bool {
	for i, want := range n.values {
		if !n.real || math.IsNaN(got[i]) || math.IsInf(want, 0) || !(math.Abs(got[i]-want) <= 1e-7+1e-3*math.Abs(want)) {
			return false
		}
	}
	return true
}

// tolerance returns how far a value may be from the right one.
func (n numbers) tolerance(want, largest float64) float64 {
	switch {
	case !n.real:
		return 0
	case n.step <= 1e-5:
		return n.step*largest + 1e-7
	}
	return n.step*math.Abs(want) + n.least
}

// gradient compares the derivative of a score, SUM y cos(i), along three directions with
// central differences.
func (b bench) gradient(c backendCase) string {
	p := c.inputs[c.picture()]
	if c.set == "light" {
		return "none" // TestLightNetworks
	}
	if !p.real || p.proto == nil || !slices.ContainsFunc(c.outputs, func(n numbers) bool { return n.real }) {
		return "none"
	}
	smooth := c
	smooth.proto = proto.Clone(c.proto).(*protos.ModelProto)
	var wanted []*protos.ValueInfoProto
	for i, out := range c.outputs {
		if out.real && !slices.ContainsFunc(out.values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			wanted = append(wanted, smooth.proto.Graph.Output[i])
		}
	}
	if len(wanted) == 0 {
		return "none"
	}
	smooth.proto.Graph.Output = wanted
	forward, err := b.open(smooth, nil)
	if err != nil {
		return err.Error()
	}
	if len(forward.names) == 0 {
		return "none" // it does not depend on the picture
	}
	forward.nudge()
	both, err := b.open(smooth, []string{p.name})
	if err != nil {
		return err.Error()
	}
	both.at = []int{0, 1}
	both.known = make([]numbers, 2)
	both.nudge()
	res, err := both.values(nil, 0)
	if err != nil {
		return err.Error()
	}
	grad := res[1].values
	if len(grad) != len(p.values) {
		return fmt.Sprintf("its gradient has %d values, and the input %d", len(grad), len(p.values))
	}
	for _, v := range grad {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "its gradient is not a number"
		}
	}
	for seed := range 2 {
		if err := directional(forward, grad, seed); err != nil {
			return err.Error()
		}
	}
	return "checked"
}

// directional compares along one direction. It passes over places that are not smooth within the step, such as a kink
// or a rounding: there the differences at half the step differ, too.
func directional(forward *openedCase, grad []float64, seed int) error {
	u := make([]float64, len(grad))
	var analytic, size float64
	for i := range u {
		u[i] = math.Sin(float64(i*(seed+3)) + 1 + float64(seed))
		analytic += u[i] * grad[i]
		size += math.Abs(u[i] * grad[i])
	}
	estimate := func(h float64) (float64, float64, error) {
		var s [2]float64
		var terms float64
		for k, sign := range []float64{1, -1} {
			out, err := forward.values(u, sign*h)
			if err != nil {
				return 0, 0, err
			}
			for _, n := range out {
				for i, v := range n.values {
					s[k] += v * math.Cos(float64(i))
					terms += math.Abs(v)
				}
			}
		}
		return (s[0] - s[1]) / (2 * h), terms / 2 * 1e-7 / h, nil
	}
	const h = 1.0 / 256
	wide, noise, err := estimate(h)
	if err != nil {
		return err
	}
	narrow, _, err := estimate(h / 2)
	if err != nil {
		return err
	}
	tolerance := 0.01*size + 2*noise + 1e-4
	if !(math.Abs(wide-narrow) <= tolerance) || math.IsNaN(wide) {
		return nil
	}
	if !(math.Abs(wide-analytic) <= 2*tolerance) {
		return fmt.Errorf("its gradient along a direction is %g, by differences %g", analytic, wide)
	}
	return nil
}

// TestBackendTests runs onnx's own backend tests, which testdata/backend/make.py writes into the folder
// that GRADCAM_BACKEND_TESTS names; GRADCAM_BACKEND is another backend than go, and GRADCAM_CASES
// a pattern of the names of cases. With -update it writes docs/operators.md, or for another backend
// docs/operators-xla.md.
func TestBackendTests(t *testing.T) {
	root := os.Getenv("GRADCAM_BACKEND_TESTS")
	if root == "" {
		require.Missing(t, "backend-tests",
			"GRADCAM_BACKEND_TESTS does not name the folder that testdata/backend/make.py filled")
	}
	name := cmp.Or(os.Getenv("GRADCAM_BACKEND"), "go:ops_sequential")
	backend, err := compute.NewWithConfig(name)
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(os.Getenv("GRADCAM_CASES"))
	files, err := filepath.Glob(filepath.Join(root, "*", "*", "model.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var outcomes []outcome
	var all tally
	for _, file := range files {
		dir := filepath.Dir(file)
		if !pattern.MatchString(filepath.Base(dir)) {
			continue
		}
		o := outcomeOf(bench{backend}, dir)
		outcomes = append(outcomes, o)
		if o.verdict == "left out" {
			continue
		}
		all.add(o)
		t.Logf("%s\t%s\t%s\t%s\t%v\t%s\t%s", o.set, o.name, o.verdict, o.gradient, o.constant, operatorOf(o),
			strings.ReplaceAll(o.reason, "\n", " "))
		switch {
		case o.verdict == "wrong" && reasonOf(o.name) == "":
			t.Errorf("%s: %s", o.name, o.reason)
		case o.verdict == "pass" && o.gradient != "checked" && o.gradient != "none" && roughOf(o.name) == "":
			t.Errorf("%s: %s", o.name, o.gradient)
		}
	}
	share := float64(all.pass) / float64(all.cases)
	t.Logf("%d of %d pass, %.1f %%; %d gradients compared", all.pass, all.cases, 100*share, all.checked)
	if pattern.String() != "" {
		return
	}
	if share < 0.95 {
		t.Errorf("%.1f %% of the cases pass, and 95 are wanted", 100*share)
	}
	if require.Update() {
		backend, _, _ := strings.Cut(name, ":ops")
		if err := writeReport(filepath.Join("..", "..", "..", "docs"), backend, outcomes); err != nil {
			t.Fatal(err)
		}
	}
}

// outcomeOf reads and runs the case in a folder.
func outcomeOf(b bench, dir string) outcome {
	c, err := readCase(dir)
	if err == nil && c.heavy() && !require.IsSlow() && !require.Update() {
		return outcome{backendCase: c, verdict: "left out", reason: "it takes long (-slow)"}
	}
	if err == nil {
		return guarded(b, c)
	}
	o := outcome{backendCase: c, verdict: "refused", reason: err.Error()}
	if why := leftOut(c.proto); why != "" {
		o.verdict, o.reason = "left out", why
	}
	return o
}

func guarded(b bench, c backendCase) (o outcome) {
	defer func() {
		if e := recover(); e != nil {
			o = outcome{backendCase: c, verdict: "refused", reason: fmt.Sprint("PANIC ", e)}
		}
	}()
	return b.run(c)
}
