"""Operators as they are defined, in float64, where onnx 1.23.2's reference evaluator has them otherwise: it computes Erf and
DeformConv in float32, sums LRN over the first channels only, takes LpNormalization without absolute values, and has no BatchNormalization of opsets 7 to
13 with one output."""
import math

import numpy as np
from onnx.reference.op_run import OpRun


class Erf(OpRun):
    op_domain = ""

    def _run(self, x):
        return (np.vectorize(math.erf, otypes=[x.dtype])(x),)


class LRN(OpRun):
    op_domain = ""

    def _run(self, x, alpha=1e-4, beta=0.75, bias=1.0, size=None):
        before, after = (size - 1) // 2, math.ceil((size - 1) / 2)
        s = np.stack([(x[:, max(0, c - before) : c + after + 1] ** 2).sum(1) for c in range(x.shape[1])], 1)
        return (x / (bias + alpha / size * s) ** beta,)


class LpNormalization(OpRun):
    op_domain = ""

    def _run(self, x, axis=-1, p=2):
        n = (np.abs(x) ** p).sum(axis, keepdims=True) ** (1 / p)
        return (x / n,)


class GroupNormalization(OpRun):
    op_domain = ""

    def _run(self, x, scale, bias, epsilon=1e-5, num_groups=None, stash_type=1):
        g = x.reshape(x.shape[0], num_groups, -1)
        y = ((g - g.mean(2, keepdims=True)) / np.sqrt(g.var(2, keepdims=True) + epsilon)).reshape(x.shape)
        c = (1, -1) + (1,) * (x.ndim - 2)
        each = (lambda p: p if p.size == x.shape[1] else np.repeat(p, x.shape[1] // p.size))  # of opset 18 one a group
        return (y * each(scale).reshape(c) + each(bias).reshape(c),)


class BatchNormalization(OpRun):
    op_domain = ""

    def _run(self, x, scale, bias, mean, var, epsilon=1e-5, momentum=0.9, training_mode=0, spatial=1):
        c = (1, -1) + (1,) * (x.ndim - 2)
        return ((x - mean.reshape(c)) / np.sqrt(var.reshape(c) + epsilon) * scale.reshape(c) + bias.reshape(c),)


class MeanVarianceNormalization(OpRun):
    op_domain = ""

    def _run(self, x, axes=(0, 2, 3)):
        return ((x - x.mean(tuple(axes), keepdims=True)) / (x.std(tuple(axes), keepdims=True) + 1e-9),)


class DeformConv(OpRun):
    op_domain = ""

    def _run(self, x, w, offset, b=None, mask=None, pads=None, **_):
        import torch
        from torchvision.ops import deform_conv2d

        x, w, offset, b, mask = (None if v is None else torch.tensor(v) for v in (x, w, offset, b, mask))
        return (deform_conv2d(x, offset, w, b, padding=tuple(pads[:2]), mask=mask).numpy(),)


OPS = [DeformConv, Erf, LRN, LpNormalization, GroupNormalization, BatchNormalization, MeanVarianceNormalization]
