"""TensorFlow's object detection API, EfficientDet by automl and by zylo117, MLPerf's SSD."""
import numpy as np
import torch
from torch import nn

from detectors_torch import CLASSES
from makers.case import Case, sidecar
from makers.decoded import ended
from makers.nets import SCORE, Decoded, Ended, Heads, cells
from makers.prepared import SIZE, nhwc, normal, pixels


class EfficientDet(nn.Module):
    """zylo117's: offsets, probabilities, anchors y0, x0, y1, x1 of one scale"""

    def __init__(self):
        super().__init__()
        self.heads = Heads(4 + CLASSES, [(0, 0.5)] * 4 + [SCORE] * CLASSES)
        at = cells(SIZE, SIZE, (8, 16, 32))
        middle, half = (at[:, [1, 0]] + 0.5) * at[:, 2:], at[:, 2:] * 2
        self.anchors = nn.Buffer(torch.cat([middle - half, middle + half], 1)[None])

    def forward(self, x):
        y = self.heads(x)
        return y[..., :4], y[..., 4:].sigmoid(), self.anchors


def efficientdet(y):
    a, d = y[2][0], y[0][0]
    middle, size = (a[:, :2] + a[:, 2:]) / 2, a[:, 2:] - a[:, :2]
    c, s = middle + d[:, :2] * size, size * np.exp(d[:, 2:])
    return np.concatenate([(c - s / 2)[:, ::-1], (c + s / 2)[:, ::-1]], 1), y[1][0], y[1][0].max(1)


CASES = {
    "TensorFlow": lambda: Case(Ended(Decoded("exp"), lambda b, s, l: (b[None][..., [1, 0, 3, 2]] / SIZE, l[None].float() + 1, s[None]), bytes=True), lambda p: nhwc(pixels(p)),
                               lambda y, h, w: ended(y[0][0][:, [1, 0, 3, 2]] * np.array([w, h, w, h], np.float32), y[2][0], y[1][0]), inputs=("input_tensor",),
                               outputs=("detection_boxes", "detection_classes", "detection_scores"), args="bytes"),
    "EfficientDet, automl": lambda: Case(Ended(Decoded("exp"), lambda b, s, l: torch.cat([0 * s[:, None], b[:, [1, 0, 3, 2]], s[:, None], l[:, None].float() + 1], 1)[None], bytes=True), lambda p: nhwc(pixels(p)),
                                         lambda y, h, w: ended(y[0][0][:, [2, 1, 4, 3]], y[0][0][:, 5], y[0][0][:, 6]), inputs=("image_arrays:0",), outputs=("detections:0",), args="bytes"),
    "SSD of MLPerf": lambda: Case(Ended(Decoded("exp"), lambda b, s, l: (b[None] / SIZE, l[None] + 1, s[None])), normal,
                                  lambda y, h, w: ended(y[0][0] * np.array([w, h, w, h], np.float32), y[2][0], y[1][0]), inputs=("image",), outputs=("bboxes", "labels", "scores"), threshold=0.5),
    "EfficientDet, with a sidecar": lambda: Case(EfficientDet(), normal, lambda y, h, w: efficientdet(y), inputs=("input",), outputs=("regression", "classification", "anchors"), threshold=0.3, nms=0.5, files=sidecar("efficientdet")),
}
