package completed

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// BatchNormForInference implements [compute.StandardOps]:
//
//	y = (x - mean) scale / sqrt(variance + epsilon) + offset
//
// x is [...] with the channels in featureAxis; the other four are [channels].
func (f function) BatchNormForInference(x, scale, offset, mean, variance compute.Value, epsilon float32,
	featureAxis int) (compute.Value, error) {
	n, err := f.newBatchNorm(x, variance, epsilon, featureAxis)
	if err != nil {
		return nil, err
	}
	y := n.add(n.mul(n.sub(x, n.whole(mean)), n.whole(n.div(scale, n.deviation(variance)))), n.whole(offset))
	return y, n.err
}

// BatchNormForTraining implements [compute.StandardOps]. It is [function.BatchNormForInference] with the mean and the
// variance of x over all axes but the channels', which it returns, too:
//
//	variance = mean((x - mean)^2)
func (f function) BatchNormForTraining(x, scale, offset compute.Value, epsilon float32,
	featureAxis int) (y, mean, variance compute.Value, err error) {
	n, err := f.newBatchNorm(x, scale, epsilon, featureAxis)
	if err != nil {
		return nil, nil, nil, err
	}
	mean = n.mean(x)
	from := n.sub(x, n.whole(mean))
	variance = n.mean(n.mul(from, from))
	y = n.add(n.mul(from, n.whole(n.div(scale, n.deviation(variance)))), n.whole(offset))
	return y, mean, variance, n.err
}

// BatchNormGradient implements [compute.StandardOps]. For the gradient g of y, with z = (x - mean) / sqrt(variance +
// epsilon), it returns the gradients of
//
//	x:       scale / sqrt(variance + epsilon) (g - mean(g) - z mean(g z))
//	scale:   sum(g z)
//	offset:  sum(g)
//
// with means and sums over all axes but the channels'.
func (f function) BatchNormGradient(x, scale, mean, variance, g compute.Value, epsilon float32,
	featureAxis int) (ofX, ofScale, ofOffset compute.Value, err error) {
	n, err := f.newBatchNorm(x, variance, epsilon, featureAxis)
	if err != nil {
		return nil, nil, nil, err
	}
	deviation := n.deviation(variance)
	z := n.div(n.sub(x, n.whole(mean)), n.whole(deviation))
	gz := n.mul(g, z)
	rest := n.sub(n.sub(g, n.whole(n.mean(g))), n.mul(z, n.whole(n.mean(gz))))
	return n.mul(n.whole(n.div(scale, deviation)), rest), n.sum(gz), n.sum(g), n.err
}

// batchNorm writes out a batch norm.
type batchNorm struct {
	chain
	f              function
	shape, vector  shapes.Shape // of x, and of its channels
	axis           int          // of the channels
	epsilon, count float32      // count is the number of values in a channel
}

// newBatchNorm returns a batch norm of x, with a value of [channels].
func (f function) newBatchNorm(x, vector compute.Value, epsilon float32, featureAxis int) (*batchNorm, error) {
	n := &batchNorm{f: f, axis: featureAxis, epsilon: epsilon}
	var err error
	if n.shape, err = f.Shape(x); err != nil {
		return nil, err
	}
	if n.vector, err = f.Shape(vector); err != nil {
		return nil, err
	}
	n.count = float32(n.shape.Size() / max(1, n.shape.Dimensions[featureAxis]))
	return n, nil
}

func (n *batchNorm) add(a, b compute.Value) compute.Value {
	return n.do(func() (compute.Value, error) { return n.f.Add(a, b) })
}

func (n *batchNorm) sub(a, b compute.Value) compute.Value {
	return n.do(func() (compute.Value, error) { return n.f.Sub(a, b) })
}

func (n *batchNorm) mul(a, b compute.Value) compute.Value {
	return n.do(func() (compute.Value, error) { return n.f.Mul(a, b) })
}

func (n *batchNorm) div(a, b compute.Value) compute.Value {
	return n.do(func() (compute.Value, error) { return n.f.Div(a, b) })
}

// whole broadcasts [channels] over all axes but the channels'.
func (n *batchNorm) whole(v compute.Value) compute.Value {
	return n.do(func() (compute.Value, error) { return n.f.BroadcastInDim(v, n.shape, []int{n.axis}) })
}

// number returns a number for every channel.
func (n *batchNorm) number(of float32) compute.Value {
	v := n.do(func() (compute.Value, error) { return n.f.Constant([]float32{of}) })
	v = n.do(func() (compute.Value, error) { return n.f.ConvertDType(v, n.vector.DType) })
	return n.do(func() (compute.Value, error) { return n.f.BroadcastInDim(v, n.vector, nil) })
}

// sum returns the sum of every channel.
func (n *batchNorm) sum(v compute.Value) compute.Value {
	var others []int
	for axis := range n.shape.Rank() {
		if axis != n.axis {
			others = append(others, axis)
		}
	}
	return n.do(func() (compute.Value, error) { return n.f.ReduceSum(v, others...) })
}

func (n *batchNorm) mean(v compute.Value) compute.Value { return n.div(n.sum(v), n.number(n.count)) }

// deviation returns sqrt(variance + epsilon).
func (n *batchNorm) deviation(variance compute.Value) compute.Value {
	v := n.add(variance, n.number(n.epsilon))
	return n.do(func() (compute.Value, error) { return n.f.Sqrt(v) })
}

// chain runs steps until one fails.
type chain struct{ err error }

func (c *chain) do(step func() (compute.Value, error)) (v compute.Value) {
	if c.err == nil {
		v, c.err = step()
	}
	return v
}
