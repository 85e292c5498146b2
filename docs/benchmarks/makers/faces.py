"""Detectors of faces: UltraFace, RetinaFace and SCRFD."""
import numpy as np
import torch
import torchvision
from torch import nn

from makers.case import Case
from makers.nets import Heads, cells
from makers.prepared import SIZE, cornered, stretched


class Scrfd(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = Heads(15, [(-1, 1.5)] + [(2, 0.8)] * 4 + [(0, 1)] * 10, anchors=2)

    def forward(self, x):
        outs = [[], [], []]
        for r, s, b in zip(self.heads.raw(x), self.heads.steep, self.heads.shift):
            y = r * s + b
            n = y.shape[1] // 2
            y = y.reshape(2, n, 15).permute(1, 0, 2).reshape(2 * n, 15)
            for k, part in enumerate((y[:, :1].sigmoid(), y[:, 1:5], y[:, 5:])):
                outs[k].append(part)
        return tuple(sum(outs, []))


class UltraFace(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = Heads(6, [(0, 1), (0, 1), (-1, 0.5), (-1, 0.5), (0, 1.5), (0, 1.5)])

    def forward(self, x):
        y = self.heads(x)
        return y[..., 4:].softmax(-1), torchvision.ops.box_convert(y[..., :4].sigmoid(), "cxcywh", "xyxy")


class RetinaFace(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = Heads(16, [(0, 1)] * 4 + [(0, 1.5)] * 2 + [(0, 1)] * 10, anchors=2)

    def forward(self, x):
        rows = []
        for r, s, b in zip(self.heads.raw(x), self.heads.steep, self.heads.shift):
            y = r * s + b
            n = y.shape[1] // 2
            rows.append(y.reshape(2, n, 16).permute(1, 0, 2).reshape(1, 2 * n, 16))
        y = torch.cat(rows, 1)
        return y[..., :4], y[..., 4:6].softmax(-1), y[..., 6:]


def scrfd(y):
    at = cells(SIZE, SIZE, (8, 16, 32)).numpy().repeat(2, 0)
    scores, d = np.concatenate(y[:3])[:, 0], np.concatenate(y[3:6])
    return np.concatenate([at[:, :2] - d[:, :2], at[:, :2] + d[:, 2:]], 1) * at[:, 2:], np.ones((len(at), 1), np.float32), scores


def retinaface(y):
    at = cells(SIZE, SIZE, (8, 16, 32)).numpy().repeat(2, 0)
    sides = np.array([{8: (16, 32), 16: (64, 128), 32: (256, 512)}[int(s)][i % 2] for i, s in enumerate(at[:, 2])], np.float32)[:, None]
    middle, d = (at[:, :2] + 0.5) * at[:, 2:], y[0][0]
    c, s = middle + d[:, :2] * 0.1 * sides, sides * np.exp(d[:, 2:] * 0.2)
    return np.concatenate([c - s / 2, c + s / 2], 1), np.ones((len(at), 1), np.float32), y[1][0][:, 1]


CASES = {
    "UltraFace": lambda: Case(UltraFace(), lambda p: stretched(p, mean=127, scale=128, pil=False), lambda y, h, w: (y[1][0] * np.array([w, h, w, h], np.float32), y[0][0][:, 1:], y[0][0][:, 1]), inputs=("input",),
                              outputs=("scores", "boxes"), threshold=0.7, nms=0.3),
    "RetinaFace": lambda: Case(RetinaFace(), lambda p: stretched(p, "BGR", np.array([104, 117, 123], np.float32), 1, pil=False), lambda y, h, w: retinaface(y), inputs=("input0",), outputs=("output0", "o590", "o591"), threshold=0.5,
                               nms=0.4),
    "SCRFD": lambda: Case(Scrfd(), lambda p: cornered(p, "RGB", 127.5, 128, 0), lambda y, h, w: scrfd(y), inputs=("input.1",), outputs=tuple(f"o{448 + i}" for i in range(9)), threshold=0.5, nms=0.4, opset=11),
}
