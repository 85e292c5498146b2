package walk

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// parameters returns the arguments of an operator that are no nodes, as [Node.String] writes them. GoMLX offers no
// other way to ask for the strides of a convolution or the limits of a slice.
func parameters(n *Node) string {
	s := n.String()
	name := " " + n.Type().String() + "("
	if at := strings.Index(s, name); at >= 0 && n.GetAlias() == "" {
		return s[at+len(name):]
	}
	if at := strings.LastIndex(s, name); at >= 0 { // an alias may hold any text
		return s[at+len(name):]
	}
	return s
}

var patterns sync.Map // of parameters, by name

// field returns the text of the parameter that is written as name=... or name:....
func field(params, name string) (string, bool) {
	p, ok := patterns.Load(name)
	if !ok {
		p, _ = patterns.LoadOrStore(name,
			regexp.MustCompile(`(?:^|[ {(])`+name+`[=:](\[\[[^\]]*\](?: \[[^\]]*\])*\]|\[[^\]]*\]|[^ ,})]*)`))
	}
	m := p.(*regexp.Regexp).FindStringSubmatch(params)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// numbers returns the whole numbers of a parameter, written as [1 2] or [[1 2] [3 4]], in order.
func numbers(n *Node, name string) []int {
	text, ok := field(parameters(n), name)
	if !ok {
		exceptions.Panicf("GoMLX writes the node %s without %s: this version of it is not known", n, name)
	}
	var out []int
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == '[' || r == ']' || r == ' ' }) {
		i, err := strconv.Atoi(word)
		if err != nil {
			exceptions.Panicf("GoMLX writes the node %s with %s=%s, which is no list of whole numbers: this version of it is not known", n, name, text)
		}
		out = append(out, i)
	}
	return out
}

// number returns a parameter that is a single whole number.
func number(n *Node, name string) int {
	all := numbers(n, name)
	if len(all) != 1 {
		exceptions.Panicf("GoMLX writes the node %s with %d numbers for %s: this version of it is not known", n, len(all),
			name)
	}
	return all[0]
}

// Convolution holds the parameters of GoMLX's ConvGeneral.
type Convolution struct {
	Axes                            ConvolveAxesConfig // meaning of the operands' axes
	Strides                         []int              // for each spatial axis
	Paddings                        [][2]int           // before and after each spatial axis
	InputDilations, KernelDilations []int              // for each spatial axis
	Groups, BatchGroups             int                // groups of channels, and of the batch
}

// ConvolutionOf reads the parameters of a convolution. Lists that are not given are filled in: strides and dilations of
// 1, no padding.
func ConvolutionOf(n *Node) Convolution {
	spatial := n.Rank() - 2
	c := Convolution{
		Axes: ConvolveAxesConfig{
			InputBatch: number(n, "InputBatch"), InputChannels: number(n, "InputChannels"),
			InputSpatial:        numbers(n, "InputSpatial"),
			KernelInputChannels: number(n, "KernelInputChannels"), KernelOutputChannels: number(n, "KernelOutputChannels"),
			KernelSpatial: numbers(n, "KernelSpatial"),
			OutputBatch:   number(n, "OutputBatch"), OutputChannels: number(n, "OutputChannels"),
			OutputSpatial: numbers(n, "OutputSpatial"),
		},
		Strides: defaultOnes(numbers(n, "strides"), spatial), Paddings: make([][2]int, spatial),
		InputDilations: defaultOnes(numbers(n, "inputDilations"), spatial), KernelDilations: defaultOnes(numbers(n, "kernelDilations"),
			spatial),
		Groups: max(1, number(n, "channelGroupCount")), BatchGroups: max(1, number(n, "batchGroupCount")),
	}
	for i, p := range numbers(n, "paddings") {
		c.Paddings[i/2][i%2] = p
	}
	return c
}

func defaultOnes(list []int, n int) []int {
	if len(list) > 0 {
		return list
	}
	for range n {
		list = append(list, 1)
	}
	return list
}

// Window holds the parameters of GoMLX's ReduceWindow, for each axis of its input.
type Window struct {
	Reduction                       string   // "Max", "Min", "Sum" or "Product"
	Size, Strides                   []int    // for each axis: length and step of the window
	Paddings                        [][2]int // before and after each axis
	InputDilations, WindowDilations []int    // for each axis
}

// WindowOf reads the parameters of a pooling.
func WindowOf(n *Node) Window {
	rank := n.Rank()
	kind, _ := field(parameters(n), "reductionType")
	w := Window{
		Reduction: kind, Size: numbers(n, "windowDimensions"), Strides: numbers(n, "strides"), Paddings: make([][2]int, rank),
		InputDilations: defaultOnes(numbers(n, "inputDilations"), rank), WindowDilations: defaultOnes(numbers(n, "windowDilations"),
			rank),
	}
	if len(w.Strides) == 0 {
		w.Strides = w.Size
	}
	for i, p := range numbers(n, "paddings") {
		w.Paddings[i/2][i%2] = p
	}
	return w
}

var padded = regexp.MustCompile(`Start:(-?\d+) End:(-?\d+)`)

// paddingOf returns how much a Pad adds before and behind each axis that it names.
func paddingOf(n *Node) (out [][2]int) {
	for _, m := range padded.FindAllStringSubmatch(parameters(n), -1) {
		before, _ := strconv.Atoi(m[1])
		after, _ := strconv.Atoi(m[2])
		out = append(out, [2]int{before, after})
	}
	if out == nil && !strings.Contains(parameters(n), "axesConfig=[]") {
		exceptions.Panicf("GoMLX writes the node %s without its padding: this version of it is not known", n)
	}
	return out
}

// Norm holds the parameters of GoMLX's BatchNormForInference.
type Norm struct {
	Epsilon float64 // added to the variance
	Axis    int     // axis of the channels
}

// NormOf reads the parameters of a batch norm.
func NormOf(n *Node) Norm {
	text, _ := field(parameters(n), "epsilon")
	epsilon, err := strconv.ParseFloat(text, 64)
	if err != nil {
		exceptions.Panicf("GoMLX writes the node %s without its epsilon: this version of it is not known", n)
	}
	return Norm{epsilon, number(n, "featureAxis")}
}

// ReducedAxes returns the axes that a node reduces, as a sum or an extreme does.
func ReducedAxes(n *Node) []int {
	axes := numbers(n, "axes")
	if len(axes) > 0 {
		return axes
	}
	for i := range n.Inputs()[0].Rank() {
		axes = append(axes, i)
	}
	return axes
}

// ScatterOf reads the parameters of the gradient of a max pooling.
func ScatterOf(n *Node) Window {
	w := Window{Size: numbers(n, "windowDimensions"), Strides: numbers(n, "windowStrides"),
		Paddings: make([][2]int, n.Rank())}
	for i, p := range numbers(n, "paddings") {
		w.Paddings[i/2][i%2] = p
	}
	return w
}

// sortedAxis returns the axis that a node sorts along, which GoMLX does not write into its text; ok is false if it
// cannot be told.
func sortedAxis(n *Node) (axis int, ok bool) {
	inputs := reflect.ValueOf(n).Elem().FieldByName("inputs")
	if inputs.Kind() != reflect.Interface || inputs.Elem().Kind() != reflect.Pointer {
		return 0, false
	}
	of := inputs.Elem().Elem().FieldByName("axis")
	if of.Kind() != reflect.Int {
		return 0, false
	}
	return int(of.Int()), true
}

// Places holds the parameters of GoMLX's ScatterSum, ScatterMax and ScatterMin.
type Places struct {
	IndexAxis        int   // axis of the indices whose values make up one place
	Window, Inserted []int // the axes of the updates that lie in a window, and those of the operand that a window lacks
	Operand          []int // the axes of the operand that the indices count along
}

// ScatterSumOf reads the parameters of a sum of values at given places.
func ScatterSumOf(n *Node) Places {
	return Places{number(n, "indexVectorAxis"), numbers(n, "updateWindowAxes"), numbers(n, "insertedWindowAxes"),
		numbers(n, "scatterAxesToOperandAxes")}
}
