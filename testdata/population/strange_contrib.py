"""Operators of onnxruntime's own, domain com.microsoft, as its optimisers and its quantiser write them. KINDS as in strange_graphs.py;
OPS are the same operators in float64, by their definitions, for the differences."""
import math

import numpy as np
from onnx.reference.op_run import OpRun

from strange_graphs import Builder

KINDS, OPS = {}, []
f32 = np.float32
erf = np.vectorize(math.erf, otypes=["float64"])


def defined(cls):
    cls.op_domain = "com.microsoft"
    OPS.append(cls)
    return cls


def kind(name, layers=("act",), tolerance=1e-5, **options):
    """Registers a body: what stands between act and the head, given the builder and act, with 6 channels in and out."""

    def register(body):
        def make(path):
            b = Builder(**options)
            b.domains["com.microsoft"] = 1
            y = body(b, b.stem())
            b.head(b.conv(y, 6, 4), 4)
            return b.save(path)[0], dict(layers=layers, tolerance=tolerance)

        KINDS[name] = make
        return body

    return register


def own(b, op, *ins, **a):
    return b.n(op, *ins, domain="com.microsoft", **a)


def tokens(b, x):
    return b.n("Transpose", b.n("Reshape", x, b.i(1, 6, 96)), perm=[0, 2, 1])


def cells(b, t):
    return b.n("Reshape", b.n("Transpose", t, perm=[0, 2, 1]), b.i(1, 6, 8, 12))


def gelu(x):
    return 0.5 * x * (1 + erf(x / np.sqrt(2)))


@defined
class Gelu(OpRun):
    def _run(self, x, **_):
        return (gelu(x),)


@defined
class BiasGelu(OpRun):
    def _run(self, x, b):
        return (gelu(x + b),)


@defined
class FastGelu(OpRun):
    def _run(self, x, b=None):
        x = x if b is None else x + b
        return (0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),)


@defined
class QuickGelu(OpRun):
    def _run(self, x, alpha=1.702):
        return (x / (1 + np.exp(-alpha * x)),)


@defined
class FusedMatMul(OpRun):
    def _run(self, x, y, alpha=1.0, transA=0, transB=0, transBatchA=0, transBatchB=0):
        x, y = (v.swapaxes(-1, -2) if t else v for v, t in ((x, transA), (y, transB)))
        return (alpha * (x @ y),)


@defined
class MatMulNBits(OpRun):
    def _run(self, x, q, scales, zeros=None, group=None, bias=None, K=0, N=0, bits=4, block_size=32, accuracy_level=0):
        blocks = -(-K // block_size)
        numbers = lambda bytes, n: np.stack([bytes >> s & (1 << bits) - 1 for s in range(0, 8, bits)], -1).reshape(N, -1)[:, :n].astype(float)
        zeros = np.full((N, blocks), 2.0 ** (bits - 1)) if zeros is None else numbers(zeros.reshape(N, -1), blocks) if zeros.dtype == np.uint8 else zeros.reshape(N, blocks)
        at = np.arange(K) // block_size if group is None else group[:K]
        w = (numbers(q, K) - zeros[:, at]) * scales.reshape(N, blocks)[:, at]
        return (x @ w.T + (0 if bias is None else bias),)


@defined
class FusedConv(OpRun):
    def _run(self, x, w, b=None, z=None, pads=None, activation="", activation_params=None, **_):
        import torch

        x, w, b, z = (None if v is None else torch.tensor(v) for v in (x, w, b, z))
        y = torch.nn.functional.conv2d(x, w, b, padding=tuple(pads[:2]))
        y = y if z is None else y + z
        return ((torch.nn.functional.leaky_relu(y, activation_params[0]) if activation == "LeakyRelu" else y).numpy(),)


@defined
class SkipLayerNormalization(OpRun):
    def _run(self, x, skip, gamma, beta=None, bias=None, epsilon=1e-12):
        s = x + skip + (0 if bias is None else bias)
        y = (s - s.mean(-1, keepdims=True)) / np.sqrt(s.var(-1, keepdims=True) + epsilon) * gamma
        return (y + (0 if beta is None else beta),)


@defined
class GroupNorm(OpRun):
    def _run(self, x, gamma, beta, activation=0, channels_last=1, epsilon=1e-5, groups=1):
        x = np.moveaxis(x, -1, 1) if channels_last else x
        g = x.reshape(x.shape[0], groups, -1)
        y = ((g - g.mean(2, keepdims=True)) / np.sqrt(g.var(2, keepdims=True) + epsilon)).reshape(x.shape)
        c = (1, -1) + (1,) * (x.ndim - 2)
        y = y * gamma.reshape(c) + beta.reshape(c)
        y = y / (1 + np.exp(-y)) if activation else y
        return (np.moveaxis(y, 1, -1) if channels_last else y,)


def nbits(b, t, bits, block, given, inputs=40, outputs=6):
    """A product of t with random weights; given says which of zero points, blocks of columns and bias there are."""
    blocks = -(-inputs // block)
    bytes = lambda *shape: b.c(b.r.randint(0, 256, shape).astype("uint8"))
    zeros = bytes(outputs * -(-blocks * bits // 8)) if "packed" in given else b.c(b.r.uniform(0, 2**bits - 1, (outputs, blocks)).astype("float32")) if "numbers" in given else ""
    group = b.c((np.arange(inputs)[::-1] // block).astype("int32")) if "group" in given else ""
    more = [zeros, group, b.w(outputs, scale=0.5) if "bias" in given else ""]
    while more and not more[-1]:
        more.pop()
    scales = b.c(b.r.uniform(0.001, 0.4 / 2**bits, outputs * blocks).astype("float32"))
    return own(b, "MatMulNBits", t, bytes(outputs, blocks, block * bits // 8), scales, *more, K=inputs, N=outputs, bits=bits, block_size=block)


def attended(q, k, v, heads, add, scale, causal):
    q, k, v = (t.reshape(t.shape[0], t.shape[1], heads, -1).transpose(0, 2, 1, 3) for t in (q, k, v))
    s = q @ k.swapaxes(2, 3) * (scale or q.shape[3] ** -0.5) + add
    if causal:
        s = np.where(np.tri(s.shape[2], s.shape[3], dtype=bool), s, -np.inf)
    e = np.exp(s - s.max(-1, keepdims=True))
    y = e / e.sum(-1, keepdims=True) @ v
    return y.transpose(0, 2, 1, 3).reshape(y.shape[0], y.shape[2], -1)


@defined
class Attention(OpRun):
    def _run(self, x, w, bias=None, mask=None, past=None, add=None, num_heads=1, unidirectional=0, qkv_hidden_sizes=None, scale=0.0, mask_filter_value=-10000.0, **_):
        y = x @ w + (0 if bias is None else bias)
        at = np.cumsum(qkv_hidden_sizes or [y.shape[2] // 3] * 3)
        add = 0 if add is None else add
        if mask is not None:
            shown = np.arange(x.shape[1]) < mask[:, None] if mask.ndim == 1 else mask
            add = add + (1 - shown[:, None, None]) * mask_filter_value
        return (attended(y[..., : at[0]], y[..., at[0] : at[1]], y[..., at[1] :], num_heads, add, scale, unidirectional),)


@defined
class MultiHeadAttention(OpRun):
    def _run(self, q, k=None, v=None, bias=None, mask=None, add=None, num_heads=1, unidirectional=0, scale=0.0, mask_filter_value=-10000.0):
        if q.ndim == 5:
            q, k, v = (q[:, :, :, i].reshape(q.shape[0], q.shape[1], -1) for i in range(3))
        if k.ndim == 5:
            k, v = (k[:, :, :, i].reshape(k.shape[0], k.shape[1], -1) for i in range(2))
        k, v = (t.transpose(0, 2, 1, 3).reshape(t.shape[0], t.shape[2], -1) if t.ndim == 4 else t for t in (k, v))
        if bias is not None:
            n = q.shape[2]
            q, k, v = q + bias[:n], k + bias[n : 2 * n], v + bias[2 * n :]
        add = 0 if add is None else add
        if mask is not None:
            add = add + (1 - mask[:, None, None]) * mask_filter_value
        return (attended(q, k, v, num_heads, add, scale, unidirectional),)


kind("com.microsoft Gelu")(lambda b, x: own(b, "Gelu", x))
kind("com.microsoft BiasGelu")(lambda b, x: cells(b, own(b, "BiasGelu", tokens(b, x), b.w(6, scale=0.3))))
kind("com.microsoft FastGelu")(lambda b, x: cells(b, own(b, "FastGelu", tokens(b, x), b.w(6, scale=0.3))))
kind("com.microsoft QuickGelu")(lambda b, x: own(b, "QuickGelu", x, alpha=1.0))
for bits, block, given in ((4, 16, ""), (4, 32, "packed, bias"), (8, 16, "packed"), (4, 16, "numbers"), (4, 16, "group"), (2, 16, "packed")):
    kind(f"com.microsoft MatMulNBits of {bits} bits in blocks of {block}" + (f", {given}" if given else ""))(lambda b, x, bits=bits, block=block, given=given: cells(b, nbits(b, b.n("Transpose", b.n("Reshape", b.conv(x, 6, 40, "Tanh"), b.i(1, 40, -1)), perm=[0, 2, 1]), bits, block, given)))
kind("com.microsoft FusedMatMul")(lambda b, x: own(b, "FusedMatMul", x, b.w(12, 12), transB=1, alpha=0.7))
kind("com.microsoft FusedConv with an addend")(lambda b, x: own(b, "FusedConv", x, b.w(6, 6, 3, 3), b.w(6), x, pads=[1, 1, 1, 1], activation="LeakyRelu", activation_params=[0.1]))
kind("com.microsoft SkipLayerNormalization")(lambda b, x: cells(b, own(b, "SkipLayerNormalization", tokens(b, x), tokens(b, b.n("Neg", b.n("Exp", x))), b.w(6, scale=1), b.w(6, scale=1), b.w(6, scale=1), epsilon=1e-5)))
kind("com.microsoft GroupNorm, channels last, SiLU")(lambda b, x: b.n("Transpose", own(b, "GroupNorm", b.n("Transpose", x, perm=[0, 2, 3, 1]), b.w(6, scale=1), b.w(6, scale=1), groups=2, activation=1, channels_last=1), perm=[0, 3, 1, 2]))
kind("com.microsoft Attention")(lambda b, x: b.n("Add", x, cells(b, own(b, "Attention", tokens(b, x), b.w(6, 18), b.w(18, scale=0.2), num_heads=2))))
kind("com.microsoft Attention, sizes, causal")(lambda b, x: b.n("Add", x, cells(b, b.n("MatMul", own(b, "Attention", tokens(b, x), b.w(6, 20), b.w(20, scale=0.2), num_heads=2, qkv_hidden_sizes=[8, 8, 4], unidirectional=1, scale=0.4), b.w(4, 6)))))
kind("com.microsoft Attention, mask and bias")(lambda b, x: b.n("Add", x, cells(b, own(b, "Attention", tokens(b, x), b.w(6, 18), b.w(18, scale=0.2), b.c((np.arange(96)[None] % 5 > 0).astype("int32")), "", b.w(1, 3, 96, 96, scale=0.5), num_heads=3))))
kind("com.microsoft Attention, lengths")(lambda b, x: b.n("Add", x, cells(b, own(b, "Attention", tokens(b, x), b.w(6, 18), b.w(18, scale=0.2), b.c(np.array([70], "int32")), num_heads=3))))
kind("com.microsoft MultiHeadAttention, bias")(lambda b, x: b.n("Add", x, cells(b, own(b, "MultiHeadAttention", *(b.n("MatMul", tokens(b, x), b.w(6, 6)) for _ in range(3)), b.w(18, scale=0.3), num_heads=2))))
kind("com.microsoft MultiHeadAttention, keys by heads")(lambda b, x: b.n("Add", x, cells(b, own(b, "MultiHeadAttention", b.n("MatMul", tokens(b, x), b.w(6, 6)), *(b.n("Transpose", b.n("Reshape", b.n("MatMul", tokens(b, x), b.w(6, 6)), b.i(1, 96, 2, 3)), perm=[0, 2, 1, 3]) for _ in range(2)), num_heads=2, scale=0.5))))
kind("com.microsoft MultiHeadAttention, mask and bias of scores")(lambda b, x: b.n("Add", x, cells(b, own(b, "MultiHeadAttention", *(b.n("MatMul", tokens(b, x), b.w(6, 6)) for _ in range(3)), "", b.c((np.arange(96)[None] % 4 > 0).astype("int32")), b.w(1, 2, 96, 96, scale=0.5), num_heads=2))))


# what the quantiser writes in its format QOperator, and the optimiser makes of it
def quantised(b, x, scale=0.02, zero=128):
    return b.n("QuantizeLinear", x, b.c(f32(scale)), b.c(np.array(zero, "uint8"))), b.c(f32(scale)), b.c(np.array(zero, "uint8"))


def back(b, q, scale, zero):
    return b.n("DequantizeLinear", q, scale, zero)


def step(b, scale, zero=128):
    return b.c(f32(scale)), b.c(np.array(zero, "uint8"))


def qkind(name, opset=17):
    return kind(name, layers=(), tolerance=2e-2, opset=opset)


def weights(b, *shape):
    return b.c(b.r.randint(-100, 100, shape).astype("int8")), b.c(np.linspace(0.003, 0.006, shape[0], dtype="float32")), b.c(np.zeros(shape[0], "int8"))


def unary(op, scale, zero, **a):
    def body(b, x):
        s, z = step(b, scale, zero)
        return back(b, own(b, op, *quantised(b, x), s, z, **a), s, z)

    return body


qkind("com.microsoft QLinearSigmoid")(unary("QLinearSigmoid", 1 / 256, 0))
qkind("com.microsoft QLinearLeakyRelu")(unary("QLinearLeakyRelu", 0.01, 30, alpha=0.2))
qkind("com.microsoft QLinearSoftmax")(unary("QLinearSoftmax", 1 / 256, 0, axis=1, opset=17))


@qkind("com.microsoft QLinearAdd and QLinearMul")
def _(b, x):
    q = quantised(b, x)
    s, z = step(b, 0.04)
    added = own(b, "QLinearAdd", *q, *quantised(b, b.n("Exp", x), 0.03, 10), s, z)
    t, u = step(b, 0.05)
    return back(b, own(b, "QLinearMul", added, s, z, *q, t, u), t, u)


@qkind("com.microsoft QLinearConcat and QLinearConv by channels")
def _(b, x):
    q = quantised(b, x)
    s, z = step(b, 0.03)
    joined = own(b, "QLinearConcat", s, z, *q, *quantised(b, b.n("Exp", x), 0.03, 10), axis=1)
    t, u = step(b, 0.05)
    return back(b, b.n("QLinearConv", joined, s, z, *weights(b, 6, 12, 3, 3), t, u, pads=[1, 1, 1, 1]), t, u)


@qkind("com.microsoft QLinearConv, channels last, NhwcMaxPool")
def _(b, x):
    q, s, z = quantised(b, b.n("Transpose", x, perm=[0, 2, 3, 1]))
    t, u = step(b, 0.03)
    y = own(b, "QLinearConv", q, s, z, *weights(b, 6, 6, 3, 3), t, u, pads=[1, 1, 1, 1], channels_last=1)
    y = own(b, "NhwcMaxPool", y, kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    return b.n("Transpose", back(b, y, t, u), perm=[0, 3, 1, 2])


@qkind("com.microsoft QLinearGlobalAveragePool, a gate")
def _(b, x):
    s, z = step(b, 0.01)
    pooled = own(b, "QLinearGlobalAveragePool", *quantised(b, x), s, z)
    return b.n("Mul", x, b.n("Sigmoid", back(b, pooled, s, z)))


@qkind("com.microsoft QLinearWhere")
def _(b, x):
    s, z = step(b, 0.03)
    y = own(b, "QLinearWhere", b.c(b.r.rand(1, 6, 8, 12) > 0.4), *quantised(b, x), *quantised(b, b.n("Exp", x), 0.03, 10), s, z)
    return back(b, y, s, z)


@qkind("com.microsoft QGemm")
def _(b, x):
    s, z = step(b, 0.02)
    w = b.c(b.r.randint(-100, 100, (12, 12)).astype("int8")), b.c(f32(0.004)), b.c(np.array(0, "int8"))
    flat, _, _ = quantised(b, b.n("Reshape", x, b.i(48, 12)))
    t, u = step(b, 0.03)
    return b.n("Reshape", back(b, own(b, "QGemm", flat, s, z, *w, "", t, u, transB=1), t, u), b.i(1, 6, 8, 12))


@qkind("com.microsoft DynamicQuantizeMatMul")
def _(b, x):
    w = b.c(b.r.randint(-100, 100, (12, 12)).astype("int8")), b.c(f32(0.004)), b.c(np.array(0, "int8"))
    return own(b, "DynamicQuantizeMatMul", x, *w, b.w(12, scale=0.2))


@qkind("com.microsoft MatMulIntegerToFloat")
def _(b, x):
    q, s, z = quantised(b, x)
    w = b.c(b.r.randint(-100, 100, (12, 12)).astype("int8"))
    return own(b, "MatMulIntegerToFloat", q, w, s, b.c(np.linspace(0.003, 0.006, 12, dtype="float32")), z, b.c(np.zeros(12, "int8")), b.w(12, scale=0.2))
