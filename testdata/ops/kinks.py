"""What torch's autograd gives at the kinks and ties of every piecewise operator.

    pip install torch
    python kinks.py

Writes kinks.json. A case is an operator of ONNX with its attributes and constants, the values it
reads, and torch's gradient of SUM (i + 1) y[i] over the values y of the expression. Where operands
is 2 the values are cut in half along the last axis, and the operator reads both. call is what
torch's newer exporter writes beside the node. An infinite derivative, which leaves nothing of a map, is
replaced by the 0 of torch's norms. Made with torch 2.15.0.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

cases = []


def case(op, where, taken, expression, x, shape=None, operands=1, constants=(), call="", opset=20, **attributes):
    t = torch.tensor(x, dtype=torch.float32).reshape(shape or [1, 1, 1, len(x)]).requires_grad_()
    y = eval(expression, {"torch": torch, "F": F, "x": t, **dict(zip("ab", t.chunk(2, 3)))})
    weights = torch.arange(1, y.numel() + 1, dtype=torch.float32).reshape(y.shape)
    g, = torch.autograd.grad((y * weights).sum(), t)
    g = torch.where(g.isinf(), 0, g)
    cases.append(dict(operator=op, where=where, taken=taken, torch=expression, attributes=attributes, opset=opset,
                      constants=[dict(dims=list(torch.tensor(c).shape), values=torch.tensor(c).flatten().tolist(), integers=not torch.tensor(c).is_floating_point()) for c in constants],
                      call=call, operands=operands, shape=list(t.shape), x=t.flatten().tolist(), value=y.flatten().tolist(), gradient=g.flatten().tolist()))


three = [-1.0, 0.0, 1.0]
case("Relu", "0", "0", "F.relu(x)", three)
case("LeakyRelu", "0", "the slope below", "F.leaky_relu(x, 0.2)", three, alpha=0.2)
case("PRelu", "0", "the slope below", "F.prelu(x, torch.tensor([0.2]))", three, constants=[[[[0.2]]]])
case("ThresholdedRelu", "alpha", "0", "F.threshold(x, 0.5, 0)", [0.0, 0.5, 1.0], alpha=0.5)
case("Elu", "0", "alpha, of the branch below", "F.elu(x, 1.5)", three, alpha=1.5)
case("Selu", "0", "gamma * alpha, of the branch below", "F.selu(x)", three)
case("Celu", "0", "1", "F.celu(x, 0.5)", three, alpha=0.5)
case("Softplus", "none; written with a maximum", "1/2 at 0", "F.softplus(x)", three)
case("Mish", "none; written with a maximum", "0.6 at 0", "F.mish(x)", three)
case("Softsign", "none; written with an absolute value", "1 at 0", "F.softsign(x)", three)
case("HardSigmoid", "both ends", "0", "F.hardsigmoid(x)", [-4.0, -3.0, 0.0, 3.0, 4.0], alpha=1 / 6, beta=0.5)
case("HardSwish", "-3 and 3", "0 and 1", "F.hardswish(x)", [-4.0, -3.0, -2.0, 0.0, 3.0, 4.0])
case("Clip", "both ends", "0", "x.clamp(0, 6)", [-1.0, 0.0, 1.0, 6.0, 7.0], constants=[0.0, 6.0])
case("Max", "equal operands", "a half each", "torch.maximum(a, b)", [0.0, 1.0, 2.0, 1.0, 1.0, 1.0], operands=2)
case("Min", "equal operands", "a half each", "torch.minimum(a, b)", [0.0, 1.0, 2.0, 1.0, 1.0, 1.0], operands=2)
case("Max", "equal to a constant", "a half", "torch.maximum(x, torch.zeros(()))", three, constants=[0.0])
case("Min", "equal to a constant", "a half", "torch.minimum(x, torch.zeros(()))", three, constants=[0.0])
case("Max", "torch.clamp to a number, as the newer exporter writes it", "0", "x.clamp(min=0)", three, constants=[0.0],
     call="%clamp : [num_users=1] = call_function[target=torch.ops.aten.clamp.Tensor](args = (%x, %scalar_tensor_default), kwargs = {})")
case("Min", "torch.clamp to a number, as the newer exporter writes it", "0", "x.clamp(max=0)", three, constants=[0.0],
     call="%clamp : [num_users=1] = call_function[target=torch.ops.aten.clamp.Tensor](args = (%x, None, %scalar_tensor_default), kwargs = {})")
case("Abs", "0", "0", "torch.abs(x)", three)
case("Sign", "0", "0", "torch.sign(x)", three)
case("Floor", "integers", "0", "torch.floor(x)", [-1.0, 0.0, 0.5])
case("Ceil", "integers", "0", "torch.ceil(x)", [-1.0, 0.0, 0.5])
ties = [1.0, 3.0, 3.0, 3.0, 2.0, 2.0, 5.0, 5.0]
aten = "%m : [num_users=1] = call_function[target=torch.ops.aten.{}](args = (%x, {}), kwargs = {{}})".format
case("ReduceMax", "ties, several axes", "an equal part each", "x.amax((2, 3), keepdim=True)", ties, [1, 2, 2, 2], constants=[[2, 3]])
case("ReduceMax", "ties, all axes", "an equal part each", "x.max()", ties, [1, 2, 2, 2], keepdims=0)
case("ReduceMax", "ties, amax of one axis by the newer exporter", "an equal part each", "x.amax(1)", ties, [1, 4, 1, 2], constants=[[1]], keepdims=0, call=aten("amax.default", "[1]"))
case("ReduceMax", "ties, max(x, dim), or one axis by the older exporter", "the first takes all", "x.max(1, keepdim=True)[0]", ties, [1, 4, 1, 2], constants=[[1]])
case("ReduceMax", "ties, max(x, dim), or one axis by the older exporter", "the first takes all", "x.max(3)[0]", ties, [1, 1, 2, 4], constants=[[3]], keepdims=0, call=aten("max.dim", "3"))
case("ReduceMax", "ties, adaptive pooling by the newer exporter: axes [-2, -1], kept", "the first takes all", "F.adaptive_max_pool2d(x, 1)", ties, [1, 2, 2, 2], constants=[[-2, -1]],
     call=aten("amax.default", "[-2, -1], True"))
case("ReduceMin", "ties", "an equal part each", "x.amin(1, keepdim=True)", ties, [1, 4, 1, 2], constants=[[1]])
case("ReduceMin", "ties, min(x, dim) by the newer exporter", "the first takes all", "x.min(1, keepdim=True)[0]", ties, [1, 4, 1, 2], constants=[[1]], call=aten("min.dim", "1, True"))
case("GlobalMaxPool", "ties", "the first takes all", "F.adaptive_max_pool2d(x, 1)", ties, [1, 2, 2, 2])
case("MaxPool", "ties", "the first takes all", "F.max_pool2d(x, 2)", ties, [1, 1, 2, 4], kernel_shape=[2, 2], strides=[2, 2])
case("MaxPool", "ties, one window", "the first takes all", "F.max_pool2d(x, (2, 4))", ties, [1, 1, 2, 4], kernel_shape=[2, 4])
case("ReduceL2", "a vector of zeros", "0", "x.norm(p=2, dim=3, keepdim=True)", [0.0, 0.0, 3.0, 4.0], [1, 1, 2, 2], constants=[[3]])
case("Sqrt", "0", "0; torch's sqrt has an infinite one, its norms and standard deviations 0", "torch.sqrt(x)", [0.0, 1.0, 4.0])
case("Pow", "0, exponents between 0 and 1", "0; torch has an infinite one", "x ** 0.5", [0.0, 1.0, 4.0], constants=[0.5])
case("Pow", "0, exponents between 0 and 1", "0; torch has an infinite one", "x ** 0.25", [0.0, 1.0, 16.0], constants=[0.25])
case("Pow", "0, whole exponents", "as the formula", "x ** 2", three, constants=[2.0])
case("Pow", "0, whole exponents", "as the formula", "x ** 3", three, constants=[3.0])
case("Pow", "0, exponent 1", "1", "x ** 1", three, constants=[1.0])
case("Pow", "0, exponent 0", "0", "x ** 0", three, constants=[0.0])
case("Pow", "0, exponents above 1", "0", "x ** 1.5", [0.0, 1.0, 4.0], constants=[1.5])
case("Pow", "a base and an exponent of 0", "0", "torch.pow(a, b)", [0.0, 0.0, 0.0, 2.0, 2.0, 0.0, 1.0, 0.5], operands=2)

out = pathlib.Path(__file__).parent / "kinks.json"
body = ",\n".join(json.dumps(c) for c in cases)
out.write_text(f'{{"torch": "{torch.__version__.split("+")[0]}", "cases": [\n{body}\n]}}\n')
