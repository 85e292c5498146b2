package onnxnorm

// Constant returns an output that does not depend on the picture; ok is false for any other output.
func (g *Graph) Constant(name string) (dims []int, values []float64, ok bool) {
	t := g.constants[name]
	if t == nil {
		return nil, nil, false
	}
	return t.dims, convert(t.numbers(), func(v float32) float64 { return float64(v) }), true
}
