"""What is done to a file after its export: simplifiers, onnxruntime's optimiser, float16, int8, external data."""
import contextlib
import io
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import helper, numpy_helper
from torch import nn
from torch.nn import functional as F


def quietly(f, *a, **k):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return f(*a, **k)


def simplified(m, x, words):
    import onnxsim
    return quietly(onnxsim.simplify, m)[0], f"{words}, then onnxsim {onnxsim.__version__}"


def slimmed(m, x, words):
    import onnxslim
    return quietly(onnxslim.slim, m), f"{words}, then onnxslim {onnxslim.__version__}"


def optimised(level):
    def f(m, x, words):
        so = ort.SessionOptions()
        so.graph_optimization_level = getattr(ort.GraphOptimizationLevel, f"ORT_ENABLE_{level.upper()}")
        with tempfile.TemporaryDirectory() as d:
            so.optimized_model_filepath = f"{d}/m.onnx"
            ort.InferenceSession(m.SerializeToString(), so, providers=["CPUExecutionProvider"])
            return onnx.load(f"{d}/m.onnx"), f"{words}, then onnxruntime {ort.__version__}'s {level} optimiser"
    return f


def halved(net):
    """The weights rounded to float16, so that the file may hold them so without a difference."""
    for t in [*net.parameters(), *net.buffers()]:
        if t.is_floating_point():
            t.data = t.data.half().float()


def half_weights(m, x, words):
    """Weights of more than 16 values as float16, each behind a Cast."""
    casts = []
    for t in m.graph.initializer:
        a = numpy_helper.to_array(t)
        if a.dtype == np.float32 and a.size > 16 and (a.astype(np.float16).astype(np.float32) == a).all():
            casts.append(helper.make_node("Cast", [t.name + "_half"], [t.name], to=onnx.TensorProto.FLOAT))
            t.CopyFrom(numpy_helper.from_array(a.astype(np.float16), t.name + "_half"))
    assert casts
    for c in reversed(casts):
        m.graph.node.insert(0, c)
    return m, f"{words}, then weights as float16"


def half(m, x, words):
    from onnxconverter_common import float16
    return quietly(float16.convert_float_to_float16, m, keep_io_types=True), f"{words}, then float16 by onnxconverter-common"


class Pictures:
    def __init__(self, name, batches):
        self.name, self.batches = name, iter(batches)

    def get_next(self):
        x = next(self.batches, None)
        return None if x is None else {self.name: x}


def quantised(m, batches, form):
    """int8 by onnxruntime's static quantiser, form "QDQ" or "QOperator"."""
    from onnxruntime import quantization as q
    with tempfile.TemporaryDirectory() as d:
        onnx.save(m, f"{d}/in.onnx")
        quietly(q.quant_pre_process, f"{d}/in.onnx", f"{d}/pre.onnx", skip_symbolic_shape=True)
        quietly(q.quantize_static, f"{d}/pre.onnx", f"{d}/out.onnx", Pictures("image", batches), quant_format=q.QuantFormat[form],
                per_channel=form == "QDQ", weight_type=q.QuantType.QInt8, activation_type=q.QuantType.QUInt8)
        return onnx.load(f"{d}/out.onnx")


class Round(torch.autograd.Function):
    """Rounding, half to even, that a gradient passes straight through."""

    @staticmethod
    def forward(_, x):
        return torch.round(x)

    @staticmethod
    def backward(_, g):
        return g


class Twin(nn.Module):
    """A quantised file as a torch network: integers are held as the numbers they stand for, rounding is passed
    straight through by the gradient, and saturation stops it. `tap` sees the wanted tensor."""

    def __init__(self, m, tap):
        super().__init__()
        self.m, self.at, self.tap = m, tap, nn.Identity()
        self.device = nn.Parameter(torch.zeros(()))  # pytorch-grad-cam asks a parameter for the device
        self.const = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in m.graph.initializer}

    def forward(self, x):
        v = {k: t.to(x.dtype) if t.is_floating_point() else t for k, t in self.const.items()}
        v[self.m.graph.input[0].name] = x + 0 * self.device  # so that there is something to derive by
        get = lambda n, i: v[n.input[i]] if i < len(n.input) and n.input[i] else None
        for n in self.m.graph.node:
            a = {k.name: helper.get_attribute_value(k) for k in n.attribute}
            op = n.op_type
            real = lambda i, axis=None: self.real(get(n, i), get(n, i + 1), get(n, i + 2), axis, x.dtype)
            if op == "QuantizeLinear":
                y = self.steps(get(n, 0), get(n, 1), get(n, 2))
            elif op == "DequantizeLinear":
                y = self.real(get(n, 0), get(n, 1), get(n, 2), a.get("axis", 1), x.dtype)
            elif op == "QLinearConv":
                s = get(n, 1) * get(n, 4)
                b = None if get(n, 8) is None else get(n, 8).to(x.dtype) * s
                y = self.steps(self.conv(real(0), real(3, 0), b, a), get(n, 6), get(n, 7))
            elif op == "QGemm":
                b = None if get(n, 6) is None else get(n, 6).to(x.dtype) * (get(n, 1) * get(n, 4))
                w = real(3, 0 if a.get("transB") else 1)
                y = real(0) @ (w.t() if a.get("transB") else w) + b
                y = y if get(n, 7) is None else self.steps(y, get(n, 7), get(n, 8))
            elif op == "QLinearMatMul":
                y = self.steps(real(0) @ real(3, -1), get(n, 6), get(n, 7))
            elif op == "QLinearConcat":
                y = self.steps(torch.cat([real(i) for i in range(2, len(n.input), 3)], a["axis"]), get(n, 0), get(n, 1))
            elif op in ("QLinearAdd", "QLinearMul"):
                y = self.steps(real(0) + real(3) if op == "QLinearAdd" else real(0) * real(3), get(n, 6), get(n, 7))
            elif op in self.of_one:
                y = self.steps(self.of_one[op](real(0), a), get(n, 3), get(n, 4))
            elif op == "ReduceMean":
                y = get(n, 0).mean([int(k) for k in get(n, 1)] if get(n, 1) is not None else a["axes"], keepdim=bool(a.get("keepdims", 1)))
            elif op == "Conv":
                y = self.conv(get(n, 0), get(n, 1), get(n, 2), a)
            elif op == "Gemm":
                y = get(n, 0) @ (get(n, 1).t() if a.get("transB") else get(n, 1)) + get(n, 2)
            elif op == "Relu":
                y = F.relu(get(n, 0))
            elif op == "GlobalAveragePool":
                y = get(n, 0).mean((2, 3), keepdim=True)
            elif op in ("Flatten", "Reshape"):
                y = get(n, 0).flatten(1)
            else:
                raise NotImplementedError(op)
            v[n.output[0]] = self.tap(y) if n.output[0] == self.at else y
        return v[self.m.graph.output[0].name]

    of_one = {
        "QLinearGlobalAveragePool": lambda x, a: x.mean((2, 3), keepdim=True),
        "QLinearAveragePool": lambda x, a: F.avg_pool2d(x, a["kernel_shape"], a["strides"]),
        "QLinearSigmoid": lambda x, a: torch.sigmoid(x),
        "QLinearLeakyRelu": lambda x, a: F.leaky_relu(x, a["alpha"]),
    }

    @staticmethod
    def conv(x, w, b, a):
        p = a.get("pads", [0, 0, 0, 0])
        return F.conv2d(F.pad(x, (p[1], p[3], p[0], p[2])), w, b, a.get("strides", 1), 0, a.get("dilations", 1), a.get("group", 1))

    @staticmethod
    def real(q, s, z, axis, dtype):
        if q.is_floating_point():
            return q  # held as numbers already
        shape = [1] * q.ndim
        if s.numel() > 1:
            shape[axis] = -1
        z = torch.zeros_like(s) if z is None else z
        return (q.to(dtype) - z.to(dtype).reshape(shape)) * s.reshape(shape)

    @staticmethod
    def steps(x, s, z):
        lo, hi = (-128, 127) if z.dtype == torch.int8 else (0, 255)
        # hardtanh has no gradient at its ends, which a Relu folded into the zero point has not either.
        return Round.apply(F.hardtanh(x / s, float(lo - int(z)), float(hi - int(z)))) * s
