"""CenterNet, and the mask decoder of Segment Anything by a point."""
import numpy as np
import torch
from torch import nn

from detectors_torch import CLASSES
from makers.case import Case, sidecar
from makers.decoded import masked
from makers.nets import SCORE, Heads
from makers.prepared import SIZE, normal


class CenterNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = Heads(CLASSES + 4, [SCORE] * CLASSES + [(2, 0.5), (2, 0.5), (0.5, 0.2), (0.5, 0.2)], levels=1)

    def forward(self, x):
        y = self.heads(x).transpose(1, 2).reshape(1, CLASSES + 4, SIZE // 8, SIZE // 8)
        return y[:, :CLASSES].sigmoid(), y[:, CLASSES:CLASSES + 2], y[:, CLASSES + 2:]


class Prompted(nn.Module):
    """what Segment Anything's decoder gives for a point: masks that are the surer the nearer to it, and how good they may be"""

    def __init__(self):
        super().__init__()
        self.heads = Heads(3, [(0, 2)] * 3, levels=1)

    def forward(self, x, point):
        n = SIZE // 8
        y = self.heads(x).transpose(1, 2).reshape(1, 3, n, n)
        at = (torch.arange(n).float() + 0.5) * 8
        far = ((at[None, :] - point[0, 0, 0]) ** 2 + (at[:, None] - point[0, 0, 1]) ** 2).sqrt() / 16
        masks = y - far + torch.tensor([1.0, 2, 3])[None, :, None, None]
        return masks, masks.sigmoid().mean((2, 3)) * 2


def centernet(y):
    heat, n = y[0][0], y[0].shape[-1]
    high = torch.nn.functional.max_pool2d(torch.tensor(y[0]), 3, 1, 1).numpy()[0]
    p = np.where(heat == high, heat, 0).reshape(CLASSES, -1).T
    r, c = np.divmod(np.arange(n * n), n)
    middle, size = np.stack([c, r], 1) + y[2][0].reshape(2, -1).T, y[1][0].reshape(2, -1).T
    return np.concatenate([middle - size / 2, middle + size / 2], 1).astype(np.float32) * 8, p, p.max(1)


def prompted(y, h, w):
    boxes = masked([np.zeros((1, 3, 2), np.float32), y[0]], h, w)[0]
    return boxes, np.ones((3, 1), np.float32), y[1][0].clip(0, 1)


CASES = {
    "CenterNet, with a sidecar": lambda: Case(CenterNet(), normal, lambda y, h, w: centernet(y), inputs=("input",), outputs=("hm", "wh", "reg"), threshold=0.3, files=sidecar("centernet")),
    "a point of SAM, with a sidecar": lambda: Case(Prompted(), normal, prompted, inputs=("image", "point_coords"), outputs=("masks", "iou_predictions"), args=(torch.tensor([[[40.0, 30.0]]]),), threshold=0.05,
                                                   files=sidecar("sam", inputs={"point_coords": [[[40, 30]]]}, picture="image")),
}
