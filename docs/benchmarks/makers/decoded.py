"""What makers make of outputs: boxes in pixels of the input, class probabilities, presence."""
import numpy as np

from makers.nets import cells
from makers.prepared import SIZE

AT = cells(SIZE, SIZE, (8, 16, 32)).numpy()


def one_hot(label, n=91):
    return np.eye(n, dtype=np.float32)[np.asarray(label).astype(int)]


def rows(y, at=None):
    b, s = y[:, :4].copy(), y[:, 5:]
    if at is not None:
        b = np.concatenate([(y[:, :2] + at[:, :2]) * at[:, 2:], np.exp(y[:, 2:4]) * at[:, 2:]], 1)
    return np.concatenate([b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2], 1), s, y[:, 4]


def unit(b, h, w):
    return np.concatenate([b[:, :2] - b[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2], 1) * np.array([w, h, w, h], np.float32)


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def queries(logits, boxes, h, w):
    p = sigmoid(logits)
    return unit(boxes, h, w), p, p.max(1)


def softmaxed(logits, boxes, h, w):
    e = np.exp(logits - logits.max(-1, keepdims=True))
    p = (e / e.sum(-1, keepdims=True))[:, :-1]
    return unit(boxes, h, w), p, p.max(1)


def masked(y, h, w):
    e = np.exp(y[0][0] - y[0][0].max(-1, keepdims=True))
    p, m = (e / e.sum(-1, keepdims=True))[:, :-1], y[1][0]
    boxes = np.zeros((len(m), 4), np.float32)
    for i, s in enumerate(m > 0):
        if s.any():
            r, c = np.flatnonzero(s.any(1)), np.flatnonzero(s.any(0))
            boxes[i] = c[0] * w / m.shape[2], r[0] * h / m.shape[1], (c[-1] + 1) * w / m.shape[2], (r[-1] + 1) * h / m.shape[1]
    return boxes, p, ((m > 0) * sigmoid(m)).sum((1, 2)) / ((m > 0).sum((1, 2)) + 1e-6)


def ended(boxes, scores, labels):
    return boxes, one_hot(labels), scores


def pasted(masks, boxes, h, w, coarse=4):
    """masks [n, m, m] over their boxes laid out over the picture of h x w pixels in cells of 4: bilinear, zero outside"""
    n, m = masks.shape[:2]
    out = np.zeros((n, h // coarse, w // coarse), np.float32)

    def taps(cells, pixels, lo, hi):
        middle = (np.arange(cells) + 0.5) * pixels / cells
        at = np.clip((middle - lo) / max(hi - lo, 1e-6) * m - 0.5, 0, m - 1)
        return np.maximum(1 - np.abs(at[:, None] - np.arange(m)), 0) * ((middle >= lo) & (middle < hi))[:, None]

    for i, (x0, y0, x1, y1) in enumerate(boxes):
        out[i] = taps(h // coarse, h, y0, y1) @ masks[i] @ taps(w // coarse, w, x0, x1).T
    return out
