package source

import (
	"cmp"
	"errors"
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
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/proto"

	"github.com/gradcam-go/gradcam/gradcamnb/engine/source/onnxnorm"
	"github.com/gradcam-go/gradcam/internal/testing/require"
)

// backendCase is one of onnx's own backend tests: a model and, for its inputs, the outputs
// that onnx says are right.
type backendCase struct {
	set, name string // "node", "test_abs"
	proto     *protos.ModelProto
	inputs    []numbers // in the graph's order
	outputs   []numbers
}

// outcome is what became of a case.
type outcome struct {
	backendCase
	verdict  string // "pass", "refused", "wrong", "left out"
	reason   string
	constant bool   // every input was given as a constant
	gradient string // "checked", "none" (nothing real goes in and out), or what is wrong
}

// readCase reads the first set of inputs of the case in a folder.
func readCase(dir string) (c backendCase, err error) {
	c = backendCase{set: filepath.Base(filepath.Dir(dir)), name: filepath.Base(dir), proto: &protos.ModelProto{}}
	data, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return c, err
	}
	if err := proto.Unmarshal(data, c.proto); err != nil {
		return c, err
	}
	for kind, into := range map[string]*[]numbers{"input": &c.inputs, "output": &c.outputs} {
		declared := c.proto.Graph.Output
		if kind == "input" {
			declared = withoutWeights(c.proto.Graph)
		}
		for i, v := range declared {
			file := filepath.Join(dir, "test_data_set_0", fmt.Sprintf("%s_%d.pb", kind, i))
			data, err := os.ReadFile(file)
			if errors.Is(err, os.ErrNotExist) && kind == "input" {
				continue // an input that stays empty
			}
			if err != nil {
				return c, err
			}
			p := &protos.TensorProto{}
			if err := proto.Unmarshal(data, p); err != nil {
				return c, fmt.Errorf("%s: %w", file, err)
			}
			n, err := numbersOf(p)
			if err != nil {
				return c, fmt.Errorf("%s: %w", file, err)
			}
			n.name = v.Name
			*into = append(*into, n)
		}
	}
	return c, nil
}

func withoutWeights(g *protos.GraphProto) []*protos.ValueInfoProto {
	return slices.DeleteFunc(slices.Clone(g.Input), func(v *protos.ValueInfoProto) bool {
		return slices.ContainsFunc(g.Initializer, func(p *protos.TensorProto) bool { return p.Name == v.Name })
	})
}

// leftOut says why a case is outside what is measured: numbers go in and out, and the
// same numbers every time.
func leftOut(m *protos.ModelProto) string {
	for _, v := range slices.Concat(m.Graph.Input, m.Graph.Output) {
		t := v.GetType().GetTensorType()
		switch {
		case t == nil:
			return "a sequence, an optional or a map goes in or out"
		case protos.TensorProto_DataType(t.ElemType) == protos.TensorProto_STRING:
			return "strings go in or out"
		case protos.TensorProto_DataType(t.ElemType) == protos.TensorProto_COMPLEX64,
			protos.TensorProto_DataType(t.ElemType) == protos.TensorProto_COMPLEX128:
			return "complex numbers go in or out"
		}
	}
	for _, n := range m.Graph.Node {
		switch {
		case n.Domain == "ai.onnx.preview.training":
			return "it is for training"
		case slices.Contains([]string{"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform",
			"RandomUniformLike"}, n.OpType):
			return "it draws random numbers"
		case strings.Contains(n.OpType, "Sequence") && n.OpType != "ReverseSequence", strings.HasPrefix(n.OpType, "Optional"):
			return "sequences or optionals are inside"
		case n.OpType == "ImageDecoder":
			return "it reads a file of a picture"
		case n.OpType == "Dropout" && len(n.Input) > 2 && strings.Contains(m.Graph.Name, "train"):
			return "it is for training"
		case n.OpType == "BatchNormalization" && strings.Contains(m.Graph.Name, "training"):
			return "it is for training"
		}
	}
	return ""
}

// fit gives every declared input the shape of what is put in.
func (c *backendCase) fit() {
	for _, in := range c.inputs {
		for _, v := range c.proto.Graph.Input {
			if v.Name == in.name {
				declared := onnxnorm.Declare(v.Name, in.dims)
				v.Type.GetTensorType().Shape = declared.Type.GetTensorType().Shape
			}
		}
	}
}

// picture is the place of the input that stands for the picture: the first of real
// numbers, or else the first.
func (c *backendCase) picture() int {
	at := slices.IndexFunc(c.inputs, func(n numbers) bool { return n.real && n.size() > 0 })
	return max(at, 0)
}

// constants is the case with the inputs but the picture as initializers, or all of them.
func (c backendCase) constants(but int) backendCase {
	p := proto.Clone(c.proto).(*protos.ModelProto)
	for i, in := range c.inputs {
		if i != but {
			p.Graph.Initializer = append(p.Graph.Initializer, in.proto)
		}
	}
	if but >= 0 {
		c.inputs = c.inputs[but : but+1]
	} else {
		const name = "a picture that nothing reads"
		p.Graph.Input = append(p.Graph.Input, onnxnorm.Declare(name, []int{1, 3, 2, 2}))
		c.inputs = []numbers{{name: name, dims: []int{1, 3, 2, 2}, values: make([]float64, 12), real: true}}
	}
	c.proto = p
	return c
}

// bench runs cases on a backend.
type bench struct{ compute.Backend }

// run tries a case with its inputs as they are, integers and truth values being constants, and
// where that is refused with more of them as constants.
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

// openedCase is a case that was opened.
type openedCase struct {
	c     backendCase
	exec  *model.Exec
	names []string
	at    []int // place of each output among the results, -1 of a constant
	known []numbers
}

// open imports the case; with a cut the results are the score and its gradient there.
func (b bench) open(c backendCase, cuts []string) (r *openedCase, err error) {
	if len(c.inputs) == 0 {
		return nil, errors.New("it has no input")
	}
	p := c.inputs[c.picture()]
	o := onnxnorm.Options{Picture: p.name, Given: map[string]onnxnorm.GivenInput{}, Cuts: cuts,
		PureGo: b.Name() == gobackend.GetBackend().Name(), Winograd: true, Evaluate: evaluate}
	for _, in := range c.inputs {
		if in.name != p.name {
			g := onnxnorm.GivenInput{Dims: in.dims}
			if !in.real {
				g.Ints = in.ints()
			}
			o.Given[in.name] = g
		}
	}
	m := proto.Clone(c.proto).(*protos.ModelProto)
	if err := onnxnorm.Inline(m); err != nil {
		return nil, err
	}
	g, err := onnxnorm.Normalise(m, p.dims, o)
	if err != nil {
		return nil, err
	}
	r = &openedCase{c: c}
	tensor := map[string]onnxnorm.Tensor{p.name: {Rewritten: p.name}}
	for name := range g.OtherInputs {
		tensor[name] = onnxnorm.Tensor{Rewritten: name}
	}
	for _, t := range g.Tensors {
		tensor[t.Name] = t
	}
	var wants []string
	var last []bool
	for _, out := range g.Outputs {
		t := tensor[out]
		if dims, values, ok := g.Constant(out); ok {
			r.at, r.known = append(r.at, -1), append(r.known, numbers{dims: dims, values: values})
			continue
		}
		r.at, r.known = append(r.at, len(wants)), append(r.known, numbers{})
		wants, last = append(wants, t.Rewritten), append(last, t.ChannelsLast)
	}
	if len(wants) == 0 {
		return r, nil
	}
	r.names = []string{p.name}
	for _, in := range c.inputs {
		if _, ok := g.OtherInputs[in.name]; ok {
			r.names = append(r.names, in.name)
		}
	}
	outs := len(wants)
	for range cuts {
		wants, last = append(wants, tensor[cuts[0]].Rewritten), append(last, tensor[cuts[0]].ChannelsLast)
	}
	r.exec, err = model.NewExec(b.Backend, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		data, err := proto.Marshal(g.Proto)
		if err != nil {
			panic(err)
		}
		imported, err := parser.Parse(data)
		if err != nil {
			panic(err)
		}
		imported.DisableFusion()
		feed := weightNodes(scope.At(onnxScope), in[0].Graph(), g.Weights)
		for i, n := range in {
			feed[r.names[i]] = n
		}
		nodes := imported.CallGraph(nil, in[0].Graph(), feed, wants...)
		inFile := func(i int, n *Node) *Node {
			if last[i] {
				return TransposeAllAxes(n, 0, 3, 1, 2)
			}
			return n
		}
		if len(cuts) == 0 {
			for i := range nodes {
				nodes[i] = ConvertDType(inFile(i, nodes[i]), 0+nodes[i].DType())
			}
			return nodes
		}
		score := Scalar(in[0].Graph(), nodes[0].DType(), 0)
		for i := range outs {
			y := inFile(i, nodes[i])
			score = Add(score, ReduceAllSum(Mul(y, projection(y.Graph(), y))))
		}
		cut := nodes[outs]
		return []*Node{score, inFile(outs, Gradient(score, cut)[0])}
	})
	return r, err
}

// nudge moves the picture off whole numbers, where kinks and ties are, by 0.011 to 0.019.
func (r *openedCase) nudge() {
	r.c.inputs = slices.Clone(r.c.inputs)
	for i, in := range r.c.inputs {
		if in.name == r.names[0] {
			moved := make([]float64, len(in.values))
			for k, v := range in.values {
				by := 0.015 + 0.004*math.Sin(float64(7*k+1))
				if k%3 == 1 {
					by = -by
				}
				moved[k] = v + by
			}
			r.c.inputs[i].values = moved
		}
	}
}

// values runs the case, with the values of its inputs moved by h along the direction.
func (r *openedCase) values(direction []float64, h float64) (out []numbers, err error) {
	err = exceptions.TryCatch[error](func() {
		var got []*tensors.Tensor
		if len(r.names) > 0 {
			var in []any
			for i, name := range r.names {
				at := slices.IndexFunc(r.c.inputs, func(n numbers) bool { return n.name == name })
				x := r.c.inputs[at]
				flat := make([]float32, len(x.values))
				for k, v := range x.values {
					flat[k] = float32(v)
					if i == 0 && direction != nil {
						flat[k] += float32(h * direction[k])
					}
				}
				in = append(in, tensors.FromFlatDataAndDimensions(flat, x.dims...))
			}
			results, err := r.exec.Call(in...)
			if err != nil {
				panic(err)
			}
			got = results
		}
		for i, at := range r.at {
			if at < 0 {
				out = append(out, r.known[i])
				continue
			}
			flat := tensors.MustCopyFlatData[float32](got[at])
			n := numbers{dims: got[at].Shape().Dimensions}
			for _, v := range flat {
				n.values = append(n.values, float64(v))
			}
			out = append(out, n)
		}
	})
	return out, err
}

// near tells how the values differ from those that are right: at all, for integers and
// truth values; by more than 1e-5 of the largest, for float32 and float64; and by more than
// a step or two of the type, for smaller ones.
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
		if !n.real || math.IsNaN(got[i]) || math.IsInf(want, 0) || math.Abs(got[i]-want) > 1e-7+1e-3*math.Abs(want) {
			return false
		}
	}
	return true
}

// tolerance is what may lie between a value and the right one.
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

// directional compares along one direction. What is not smooth within the step, a kink or a
// rounding, is passed over: there the differences at half the step differ, too.
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
	if math.Abs(wide-narrow) > tolerance || math.IsNaN(wide) {
		return nil
	}
	if math.Abs(wide-analytic) > 2*tolerance {
		return fmt.Errorf("its gradient along a direction is %g, by differences %g", analytic, wide)
	}
	return nil
}

// TestBackendTests runs onnx's own backend tests, which testdata/backend/make.py writes into the folder
// that GRADCAM_BACKEND_TESTS names; GRADCAM_BACKEND is another backend than go, and GRADCAM_CASES
// a pattern of the names of cases. With -update it writes docs/operators.md.
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
		if err := writeReport(filepath.Join("..", "..", "..", "docs", "operators.md"), backend.Name(), outcomes); err != nil {
			t.Fatal(err)
		}
	}
}

// heavy tells whether the case takes seconds and more: a network, or a million values.
func (c *backendCase) heavy() bool {
	return c.set == "light" || slices.ContainsFunc(c.inputs, func(n numbers) bool { return n.size() > 1<<20 })
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
