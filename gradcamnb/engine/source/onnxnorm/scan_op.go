package onnxnorm

import "slices"

// Scan is unrolled: its body runs once for each entry of an axis.
var _ = register("Scan", func(b *builder, n *node) {
	if b.opset < 9 {
		failf("the form of opset 8, with a batch and lengths of its own, is not supported: export the model at opset 9 or later")
	}
	body := n.graphOf("body")
	scans := n.intOr("num_scan_inputs", 0)
	states := len(n.in) - scans
	if scans < 1 || states < 0 {
		failf("it scans %d of %d inputs", scans, len(n.in))
	}
	carried, inputs := n.in[:states], n.in[states:]
	along := n.intsOr("scan_input_axes", make([]int, scans))
	backward := n.intsOr("scan_input_directions", make([]int, scans))
	length := -1
	for i, v := range inputs {
		at := axis(along[i], len(v.dims))
		if length >= 0 && length != v.dims[at] {
			failf("it scans axes of %d and %d entries", length, v.dims[at])
		}
		length = v.dims[at]
	}
	outs := len(body.Output) - states
	collected := make([][]*value, outs)
	outAxes := n.intsOr("scan_output_axes", make([]int, outs))
	outBackward := n.intsOr("scan_output_directions", make([]int, outs))
	for t := range length {
		bind := slices.Clone(carried)
		for i, v := range inputs {
			k := t
			if backward[i] != 0 {
				k = length - 1 - t
			}
			at := attrInt("axis", axis(along[i], len(v.dims)))
			bind = append(bind, b.applyStandard(n, "Gather", []*value{v, number(k)}, at))
		}
		out := b.run(n, body, bind)
		carried = out[:states]
		for k, v := range out[states:] {
			at := axis(outAxes[k], len(v.dims)+1)
			collected[k] = append(collected[k], b.applyStandard(n, "Unsqueeze", []*value{v, ints1(at)}))
		}
	}
	n.out = append(n.out, carried...)
	for k, c := range collected {
		if outBackward[k] != 0 {
			slices.Reverse(c)
		}
		if len(c) == 0 {
			failf("it scans nothing")
		}
		n.out = append(n.out, b.stackParts(n, c, axis(outAxes[k], len(c[0].dims))))
	}
}, nil)
