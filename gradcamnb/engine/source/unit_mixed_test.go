package source

import (
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
)

// What is made of a softmax or a sigmoid by operators that otherwise make logits is neither called logits nor given a
// second softmax. Each case computes y of the logits x, the softmax p of them, its logarithm l or the sigmoid s.
func TestUnitsOfWhatIsMadeOfProbabilities(t *testing.T) {
	node := func(op, out string, in ...string) *protos.NodeProto {
		return &protos.NodeProto{OpType: op, Input: in, Output: []string{out}}
	}
	matrix := func(rows, columns int64, v ...float32) *protos.TensorProto {
		return &protos.TensorProto{DataType: int32(protos.TensorProto_FLOAT), Dims: []int64{rows, columns}, FloatData: v}
	}
	unit := func(u Unit) Ending { return Ending{Unit: u} }
	shared := func(times float64) Ending { return Ending{Unit: PlainNumbers, share: share{SoftmaxProbability, times}} }
	softmax := Ending{Unit: SoftmaxProbability, Before: "x", Squash: SoftmaxProbability}
	sigmoid := Ending{Unit: SigmoidProbability, Before: "x", Squash: SigmoidProbability}
	consts := map[string]*protos.TensorProto{
		"groups": matrix(3, 2, 1, 0, 0, 1, 0, 1), "ages": matrix(3, 1, 10, 20, 30),
		"learned":  matrix(3, 2, 1, -2, 3, 0, 1, 1),
		"0":        {DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{0}},
		"1e-7":     {DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{1e-7}},
		"2":        {DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{2}},
		"1/3":      {DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{1. / 3}},
		"0.5":      {DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{0.5}},
		"1":        {DataType: int32(protos.TensorProto_FLOAT), FloatData: []float32{1}},
		"one axis": {DataType: int32(protos.TensorProto_INT64), Dims: []int64{1}, Int64Data: []int64{-1}},
		"classes":  {DataType: int32(protos.TensorProto_INT64), Dims: []int64{1}, Int64Data: []int64{1}},
		"pictures": {DataType: int32(protos.TensorProto_INT64), Dims: []int64{1}, Int64Data: []int64{0}},
		"two axes": {DataType: int32(protos.TensorProto_INT64), Dims: []int64{2}, Int64Data: []int64{2, 3}},
		"3":        {DataType: int32(protos.TensorProto_FLOAT), Dims: []int64{3}, FloatData: []float32{10, 20, 30}},
	}
	for name, c := range map[string]struct {
		nodes []*protos.NodeProto
		want  Ending
	}{
		"sum over groups": {[]*protos.NodeProto{node("ReduceSum", "y", "p", "one axis")}, unit(SoftmaxProbability)},
		"area":            {[]*protos.NodeProto{node("ReduceSum", "y", "p", "two axes")}, unit(PlainNumbers)},
		"area, axis by axis": {[]*protos.NodeProto{node("ReduceSum", "a", "p", "one axis"),
			node("ReduceSum", "y", "a", "one axis")}, unit(PlainNumbers)},
		"below zero":      {[]*protos.NodeProto{node("Sub", "y", "0", "s")}, unit(PlainNumbers)},
		"layer with bias": {[]*protos.NodeProto{node("Gemm", "y", "p", "groups", "1e-7")}, unit(Logits)},
		"sum of sigmoids": {[]*protos.NodeProto{node("ReduceSum", "y", "s")}, unit(PlainNumbers)},
		"sum of logits":   {[]*protos.NodeProto{node("ReduceSum", "y", "x")}, unit(Logits)},
		"expectation": {[]*protos.NodeProto{node("Mul", "a", "p", "3"), node("ReduceSum", "y", "a")},
			unit(PlainNumbers)},
		"expectation by product": {[]*protos.NodeProto{node("MatMul", "y", "p", "ages")}, unit(PlainNumbers)},
		"entropy": {[]*protos.NodeProto{node("Mul", "a", "p", "l"), node("ReduceSum", "b", "a"), node("Neg", "y", "b")},
			unit(PlainNumbers)},
		"attention pooling":   {[]*protos.NodeProto{node("Mul", "a", "p", "x"), node("ReduceSum", "y", "a")}, unit(Logits)},
		"table of groups":     {[]*protos.NodeProto{node("MatMul", "y", "p", "groups")}, unit(SoftmaxProbability)},
		"weights":             {[]*protos.NodeProto{node("MatMul", "y", "p", "learned")}, unit(Logits)},
		"layer of sigmoids":   {[]*protos.NodeProto{node("MatMul", "y", "s", "groups")}, unit(Logits)},
		"values by attention": {[]*protos.NodeProto{node("MatMul", "y", "p", "x")}, unit(Logits)},
		"threshold":           {[]*protos.NodeProto{node("Where", "y", "c", "p", "0")}, unit(PlainNumbers)},
		"choice of logits":    {[]*protos.NodeProto{node("Where", "y", "c", "x", "0")}, unit(Logits)},
		"negative":            {[]*protos.NodeProto{node("Neg", "y", "p")}, unit(PlainNumbers)},
		"log-sigmoid": {[]*protos.NodeProto{node("Neg", "a", "x"), node("Softplus", "b", "a"), node("Neg", "y", "b")},
			unit(PlainNumbers)},
		"negative logits":   {[]*protos.NodeProto{node("Neg", "y", "x")}, unit(Logits)},
		"kept from 0 and 1": {[]*protos.NodeProto{node("Clip", "y", "p", "1e-7", "1")}, softmax},
		"kept from 0":       {[]*protos.NodeProto{node("Clip", "y", "s", "1e-7")}, sigmoid},
		"cut":               {[]*protos.NodeProto{node("Clip", "y", "p", "0", "0.5")}, unit(PlainNumbers)},
		"cut by a tensor":   {[]*protos.NodeProto{node("Clip", "y", "p", "x")}, unit(PlainNumbers)},
		"logarithm of a little more": {[]*protos.NodeProto{node("Add", "a", "p", "1e-7"), node("Log", "y", "a")},
			Ending{Unit: LogProbability, Before: "x", Squash: SoftmaxProbability}},
		"mean of two": {[]*protos.NodeProto{node("Add", "a", "p", "q"), node("Div", "y", "a", "2")},
			unit(SoftmaxProbability)},
		"mean of halves": {[]*protos.NodeProto{node("Mul", "a", "0.5", "p"), node("Mul", "b", "q", "0.5"),
			node("Add", "y", "a", "b")}, unit(SoftmaxProbability)},
		"mean of three, in thirds": {[]*protos.NodeProto{node("Sum", "a", "p", "q", "p"), node("Mul", "y", "a", "1/3")},
			unit(SoftmaxProbability)},
		"a quarter and three": {[]*protos.NodeProto{node("Add", "a", "p", "q"), node("Add", "b", "a", "p"),
			node("Add", "e", "b", "p"), node("Div", "d", "e", "2"), node("Mul", "y", "d", "0.5")},
			unit(SoftmaxProbability)},
		"mean, one operator": {[]*protos.NodeProto{node("Mean", "y", "p", "q")}, unit(SoftmaxProbability)},
		"mean of sigmoids": {[]*protos.NodeProto{node("Add", "a", "s", "s"), node("Mul", "y", "a", "0.5")},
			unit(SigmoidProbability)},
		"mean of both":      {[]*protos.NodeProto{node("Mean", "y", "p", "s")}, unit(SigmoidProbability)},
		"sum of two":        {[]*protos.NodeProto{node("Add", "y", "p", "q")}, shared(2)},
		"difference of two": {[]*protos.NodeProto{node("Sub", "y", "p", "q")}, unit(PlainNumbers)},
		"too much":          {[]*protos.NodeProto{node("Add", "a", "p", "q"), node("Mul", "y", "a", "2")}, shared(4)},
		"half and logits": {[]*protos.NodeProto{node("Mul", "a", "p", "0.5"), node("Mul", "b", "x", "0.5"),
			node("Add", "y", "a", "b")}, unit(Logits)},
		"mean of logits":        {[]*protos.NodeProto{node("Mean", "y", "x", "x")}, unit(Logits)},
		"largest of two":        {[]*protos.NodeProto{node("Max", "y", "p", "q")}, unit(SigmoidProbability)},
		"largest logits":        {[]*protos.NodeProto{node("Max", "y", "x", "x")}, unit(Logits)},
		"Max as a bound":        {[]*protos.NodeProto{node("Max", "y", "1e-7", "p")}, softmax},
		"Min and Max as bounds": {[]*protos.NodeProto{node("Max", "a", "s", "1e-7"), node("Min", "y", "1", "a")}, sigmoid},
		"Max that cuts":         {[]*protos.NodeProto{node("Max", "y", "p", "0.5")}, unit(PlainNumbers)},
		"Relu as a Max":         {[]*protos.NodeProto{node("Max", "y", "0", "x")}, unit(PlainNumbers)},
		"moved":                 {[]*protos.NodeProto{node("Add", "y", "p", "0.5")}, unit(PlainNumbers)},
	} {
		e := endings{made: map[string]*protos.NodeProto{}, consts: consts, known: map[string]Ending{}, softmaxAxis: -1,
			shapes: map[string][]int{"p": {1, 3}, "x": {1, 3}}}
		for _, n := range append(c.nodes, node("Conv", "x", "image"), node("Softmax", "p", "x"), node("Softmax", "q", "x"),
			node("Sigmoid", "s", "x"),
			node("LogSoftmax", "l", "x"), node("Greater", "c", "x", "0")) {
			e.made[n.Output[0]] = n
		}
		if got := e.findEnding("y", 0); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
