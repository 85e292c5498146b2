"""NanoDet-Plus."""
import numpy as np
import torch
from torch import nn

from detectors_torch import CLASSES
from makers.case import Case
from makers.nets import Heads, cells
from makers.prepared import IMAGENET, SIZE, stretched


class NanoDet(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = Heads(CLASSES + 32, [(-1.5, 1.2)] * CLASSES + [(0, 1.5)] * 32, levels=4)

    def forward(self, x):
        y = self.heads(x)
        return torch.cat([y[..., :CLASSES].sigmoid(), y[..., CLASSES:]], -1)


def nanodet(y):
    at = cells(SIZE, SIZE, (8, 16, 32, 64)).numpy()
    e = np.exp(y[:, CLASSES:].reshape(-1, 4, 8))
    d = (e / e.sum(-1, keepdims=True)) @ np.arange(8, dtype=np.float32)
    p = y[:, :CLASSES]
    return np.concatenate([at[:, :2] - d[:, :2], at[:, :2] + d[:, 2:]], 1) * at[:, 2:], p, p.max(1)


CASES = {
    "NanoDet-Plus": lambda: Case(NanoDet(), lambda p: stretched(p, "BGR", IMAGENET[0][::-1], IMAGENET[1][::-1], pil=False), lambda y, h, w: nanodet(y[0][0]), inputs=("data",), nms=0.6, threshold=0.35),
}
