"""YOLOX, YOLOv5 to v7, v9, Gold-YOLO, YOLO-NAS and DAMO-YOLO."""
import numpy as np
import torch
from torch import nn

from detectors_torch import CLASSES
from makers.case import Case, sidecar
from makers.decoded import AT, ended, rows, sigmoid
from makers.nets import BOX, SCORE, SIZES, Decoded, Ended, Heads, cells
from makers.prepared import NAMES, SIZE, cornered, letterboxed, normal, pixels, stretched


class Segmented(nn.Module):
    """YOLOv5's instances: rows with 4 mask coefficients, and prototypes"""

    def __init__(self):
        super().__init__()
        self.heads = Heads(9 + CLASSES, [BOX, BOX, SIZES, SIZES, (0.5, 1)] + [SCORE] * CLASSES + [(0, 1)] * 4, 3)
        self.at = nn.Buffer(cells(SIZE, SIZE, (8, 16, 32), 3))

    def forward(self, x):
        y, s = self.heads(x), self.at[:, 2:]
        z = y[..., :4].sigmoid()
        maps = self.heads.body.stem[:2](x * self.heads.unit)[:, :4]
        return torch.cat([(z[..., :2] * 2 - 0.5 + self.at[:, :2]) * s, (z[..., 2:] * 2) ** 2 * s * 2, y[..., 4:5 + CLASSES].sigmoid(), y[..., 5 + CLASSES:]], -1), maps


class Columns(nn.Module):
    """[batch, 4 + classes, n], as YOLOv9 writes it"""

    def __init__(self):
        super().__init__()
        self.net = Decoded("exp")

    def forward(self, x):
        y = self.net(x)
        return torch.cat([y[..., :4], y[..., 5:]], -1).transpose(1, 2)


class Apart(nn.Module):
    """corners in pixels [batch, n, 4] and scores, [batch, n, classes] or columns of them"""

    def __init__(self, columns=False, scores_first=False):
        super().__init__()
        self.net, self.columns, self.scores_first = Decoded("exp"), columns, scores_first

    def forward(self, x, *beside):
        y = self.net(x)
        boxes, scores = torch.cat([y[..., :2] - y[..., 2:4] / 2, y[..., :2] + y[..., 2:4] / 2], -1), y[..., 5:]
        if beside:
            boxes = boxes / beside[0][:, [1, 0, 1, 0]].unsqueeze(1)
        if self.columns:
            scores = scores.transpose(1, 2)
        return (scores, boxes) if self.scores_first else (boxes, scores)


class Bytes(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x.float())


def columns(y):
    t = y.T
    return np.concatenate([t[:, :2] - t[:, 2:4] / 2, t[:, :2] + t[:, 2:4] / 2], 1), t[:, 4:], t[:, 4:].max(1)


def apart(boxes, scores):
    return boxes, scores, scores.max(1)


def masks_of(y, boxes, h, w):
    """sigmoid of coefficients times prototypes, within the boxes"""
    m = sigmoid(np.einsum("nk,khw->nhw", y[0][0][:, 5 + CLASSES:], y[1][0]))
    at = lambda n, size: (np.arange(n) + 0.5) * size / n
    c, r = at(m.shape[2], w), at(m.shape[1], h)
    inside = lambda v, lo, hi: (v >= lo[:, None]) & (v < hi[:, None])
    return m * inside(r, boxes[:, 1], boxes[:, 3])[:, :, None] * inside(c, boxes[:, 0], boxes[:, 2])[:, None]


V5 = dict(outputs=("output0",), words={"stride": "32", "names": str(NAMES)}, nms=0.45)

CASES = {
    "YOLOX": lambda: Case(Decoded("raw"), cornered, lambda y, h, w: rows(y[0][0], AT), nms=0.45),
    "YOLOX, decoded": lambda: Case(Decoded("exp"), cornered, lambda y, h, w: rows(y[0][0]), nms=0.45),
    "YOLOv5 7.0": lambda: Case(Decoded("anchors", 3), letterboxed, lambda y, h, w: rows(y[0][0]), outputs=("output0",), words={"stride": "32", "names": str(NAMES)}, nms=0.45),
    "YOLOv5 4.0": lambda: Case(Decoded("anchors", 3), letterboxed, lambda y, h, w: rows(y[0][0]), nms=0.45),
    "YOLOv5 7.0, any batch": lambda: Case(Decoded("anchors", 3), letterboxed, lambda y, h, w: rows(y[0][0]), free={"images": {0: "batch"}, "output0": {0: "batch"}}, **V5),
    "YOLOX, opset 11": lambda: Case(Decoded("raw"), cornered, lambda y, h, w: rows(y[0][0], AT), nms=0.45, opset=11),
    "YOLOX, opset 20": lambda: Case(Decoded("raw"), cornered, lambda y, h, w: rows(y[0][0], AT), nms=0.45, opset=20),
    "YOLOX, half": lambda: Case(Decoded("raw"), cornered, lambda y, h, w: rows(y[0][0], AT), nms=0.45, half=True, threshold=0.6),
    "YOLOv9": lambda: Case(Columns(), letterboxed, lambda y, h, w: columns(y[0][0]), **V5),
    "Gold-YOLO, any batch": lambda: Case(Decoded("distances"), letterboxed, lambda y, h, w: (*rows(y[0][0])[:2], y[0][0, :, 5:].max(1)), outputs=("outputs",), nms=0.45, free={"images": {0: "batch"}, "outputs": {0: "batch"}}),
    "YOLO-NAS, raw, with a sidecar": lambda: Case(Apart(), normal, lambda y, h, w: apart(y[0][0], y[1][0]), inputs=("input",), outputs=("pred_bboxes", "pred_scores"), nms=0.45, files=sidecar(None)),
    "YOLO-NAS, batch format": lambda: Case(Bytes(Ended(Decoded("exp"), lambda b, s, l: ((torch.zeros_like(l).sum() + len(b)).reshape(1, 1), b[None], s[None], l[None]))), lambda p: stretched(p, mean=0, scale=1, pil=False),
                                           lambda y, h, w: ended(y[1][0], y[2][0], y[3][0]), inputs=("input",), outputs=("graph2_num_predictions", "graph2_pred_boxes", "graph2_pred_scores", "graph2_pred_classes"), args="planes"),
    "YOLO-NAS, flat format": lambda: Case(Bytes(Ended(Decoded("exp"), lambda b, s, l: torch.cat([0 * s[:, None], b, s[:, None], l[:, None].float()], 1))), lambda p: stretched(p, mean=0, scale=1, pil=False),
                                          lambda y, h, w: ended(y[0][:, 1:5], y[0][:, 5], y[0][:, 6]), inputs=("input",), outputs=("graph2_flat_predictions",), args="planes"),
    "DAMO-YOLO, with a sidecar": lambda: Case(Apart(scores_first=True), normal, lambda y, h, w: apart(y[1][0], y[0][0]), outputs=("output", "boxes"), nms=0.45, files=sidecar("before-nms", outputs=["boxes", "output"])),
    "YOLOv6": lambda: Case(Decoded("distances"), letterboxed, lambda y, h, w: (*rows(y[0][0])[:2], y[0][0, :, 5:].max(1)), outputs=("outputs",), nms=0.45),
    "YOLOv7, end to end": lambda: Case(Ended(Decoded("anchors", 3), lambda b, s, l: torch.cat([0 * s[:, None], b, l[:, None].float(), s[:, None]], 1)), letterboxed,
                                       lambda y, h, w: ended(y[0][:, 1:5], y[0][:, 6], y[0][:, 5])),
    "YOLOv5's instances": lambda: Case(Segmented(), letterboxed, lambda y, h, w: (*rows(y[0][0][:, :5 + CLASSES])[:2], y[0][0][:, 4]), outputs=("output0", "output1"), words={"stride": "32", "names": str(NAMES)}, nms=0.45,
                                       instances=lambda y, h, w: masks_of(y, rows(y[0][0][:, :5 + CLASSES])[0], h, w)),
}
