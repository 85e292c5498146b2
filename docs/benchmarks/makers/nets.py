"""Small torch modules of random weights that heads are made of."""
import torch
import torchvision
from torch import nn

from detectors_torch import CLASSES
from makers.prepared import SIZE, WIDTH

BOX, SIZES, SCORE = (0.5, 0.3), (1.2, 0.4), (-1.0, 1.2)


def conv(i, o, s=1):
    return nn.Sequential(nn.Conv2d(i, o, 3, s, 1), nn.SiLU())


class Body(nn.Module):
    """maps of strides 8, 16, 32 and 64 with WIDTH channels"""

    def __init__(self, levels=3):
        super().__init__()
        self.stem = nn.Sequential(conv(3, WIDTH // 2, 2), conv(WIDTH // 2, WIDTH, 2), conv(WIDTH, WIDTH, 2))
        self.down = nn.ModuleList(conv(WIDTH, WIDTH, 2) for _ in range(levels - 1))

    def forward(self, x):
        maps = [self.stem(x)]
        for d in self.down:
            maps.append(d(maps[-1]))
        return maps


class Heads(nn.Module):
    """of every level [batch, n, columns] of one table; how steep what is, by columns"""

    def __init__(self, columns, steep, anchors=1, levels=3, unit=1.0):
        super().__init__()
        self.unit, self.body, self.columns, self.anchors = unit, Body(levels), columns, anchors
        self.heads = nn.ModuleList(nn.Conv2d(WIDTH, anchors * columns, 1) for _ in range(levels))
        self.steep, self.shift = nn.Buffer(torch.ones(levels, columns)), nn.Buffer(torch.zeros(levels, columns))
        self.given = steep

    def raw(self, x):
        rows = []
        for m, h in zip(self.body(x * self.unit), self.heads):
            y = h(m)
            rows.append(y.reshape(y.shape[0], self.anchors, self.columns, -1).permute(0, 1, 3, 2).flatten(1, 2))
        return rows

    def forward(self, x):
        return torch.cat([r * s + b for r, s, b in zip(self.raw(x), self.steep, self.shift)], 1)

    def fit(self, x):
        """columns of the wanted mean and deviation on this input"""
        with torch.no_grad():
            for level, r in enumerate(self.raw(x)):
                flat = r.flatten(0, 1)
                for c, (mean, std) in enumerate(self.given):
                    s = std / flat[:, c].std().clamp(min=1e-6)
                    self.steep[level, c], self.shift[level, c] = s, mean - s * flat[:, c].mean()
        return self


def cells(h, w, strides, anchors=1):
    rows = []
    for s in strides:
        y, x = torch.meshgrid(torch.arange((h + s - 1) // s), torch.arange((w + s - 1) // s), indexing="ij")
        for _ in range(anchors):
            rows.append(torch.stack([x.flatten(), y.flatten(), torch.full_like(x.flatten(), s)], 1))
    return torch.cat(rows).float()


class Decoded(nn.Module):
    """[batch, n, 5 + classes] in pixels, with probabilities; how: raw (YOLOX), exp (YOLOX decoded), anchors (v5, v7), distances (v6)"""

    def __init__(self, how, anchors=1, dynamic=False):
        super().__init__()
        self.how, self.anchors, self.dynamic = how, anchors, dynamic
        self.heads = Heads(5 + CLASSES, [BOX, BOX, SIZES, SIZES, (0.5, 1)] + [SCORE] * CLASSES, anchors)
        self.at = nn.Buffer(cells(SIZE, SIZE, (8, 16, 32), anchors))

    def forward(self, x):
        y = self.heads(x)
        at = cells(x.shape[2], x.shape[3], (8, 16, 32), self.anchors) if self.dynamic else self.at
        scores, s = y[..., 4:].sigmoid(), at[:, 2:]
        if self.how == "raw":
            return torch.cat([y[..., :4], scores], -1)
        if self.how == "exp":
            return torch.cat([(y[..., :2] + at[:, :2]) * s, torch.exp(y[..., 2:4]) * s, scores], -1)
        if self.how == "anchors":
            z = y[..., :4].sigmoid()
            return torch.cat([(z[..., :2] * 2 - 0.5 + at[:, :2]) * s, (z[..., 2:] * 2) ** 2 * s * 2, scores], -1)
        lo, hi = (at[:, :2] + 0.5 - y[..., :2].abs()) * s, (at[:, :2] + 0.5 + y[..., 2:4].abs()) * s
        return torch.cat([(lo + hi) / 2, hi - lo, torch.ones_like(scores[..., :1]), scores[..., 1:]], -1)


def suppressed(boxes, scores, low=0.2, most=50):
    """the surest class of each candidate after a suppression by class"""
    best, label = scores.max(-1)
    keep = torchvision.ops.nms(boxes + label[:, None] * 1e4, best, 0.5)
    keep = keep[best[keep] > low][:most]
    return boxes[keep], best[keep], label[keep]


class Ended(nn.Module):
    """a suppression behind another net, of one picture, with outputs as `last` lays them out"""

    def __init__(self, net, last, bytes=False, xywh=True):
        super().__init__()
        self.net, self.last, self.bytes = net, last, bytes

    def forward(self, x, *beside):
        if self.bytes:
            x = x.float().permute(0, 3, 1, 2)
        y = self.net(x)[0]
        boxes = torch.cat([y[:, :2] - y[:, 2:4] / 2, y[:, :2] + y[:, 2:4] / 2], 1)
        return self.last(*suppressed(boxes, y[:, 4:5] * y[:, 5:]), *beside)


class Queries(nn.Module):
    """logits [batch, q, classes] and boxes [batch, q, 4], cx, cy, w, h of the unit square"""

    def __init__(self, classes=CLASSES):
        super().__init__()
        self.heads = Heads(4 + classes, [(0, 1), (0, 1), (-1, 0.5), (-1, 0.5)] + [SCORE] * classes, levels=2)

    def forward(self, x):
        y = self.heads(x)
        return y[..., 4:], y[..., :4].sigmoid()


class Swapped(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        logits, boxes = self.net(x)
        return boxes, logits
