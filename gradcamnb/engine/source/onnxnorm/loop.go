package onnxnorm

// Loop is unrolled, so the number of its runs must not depend on the picture.
var _ = register("Loop", func(b *builder, n *node) {
	body := n.graphOf("body")
	times := foldLimit
	if n.input(0) != nil {
		times = int(n.number(0, "the trip count", 0))
	}
	goOn := &value{konst: truthTensor(nil, []int64{1})}
	if n.input(1) != nil {
		goOn = n.in[1]
	}
	carried := n.in[min(2, len(n.in)):]
	collected := make([][]*value, len(body.Output)-1-len(carried))
	for i := range times {
		yes, known := isTrue(goOn)
		if !known {
			failf("its condition is computed from the picture, which is only supported if the number of its runs is fixed")
		}
		if !yes {
			break
		}
		if i == foldLimit-1 {
			failf("it runs more than %d times", i)
		}
		out := b.run(n, body, append([]*value{number(i), goOn}, carried...))
		goOn, carried = out[0], out[1:1+len(carried)]
		for k, v := range out[1+len(carried):] {
			collected[k] = append(collected[k], b.applyStandard(n, "Unsqueeze", []*value{v, ints1(0)}))
		}
	}
	n.out = append(n.out, carried...)
	for _, c := range collected {
		n.out = append(n.out, b.stackParts(n, c, 0))
	}
}, nil)

// stackParts joins values along an axis.
func (b *builder) stackParts(n *node, parts []*value, at int) *value {
	switch len(parts) {
	case 0:
		failf("it never runs, so the values that it collects have no shape")
	case 1:
		return parts[0]
	}
	return b.applyStandard(n, "Concat", parts, attrInt("axis", at))
}
