"""How makers prepare pictures: BGR bytes in, the model's input [3, h, w] and the way back (x0, y0, sx, sy) out."""
import sys

import cv2
import numpy as np
import transformers as hf
from PIL import Image

(SIZE, WIDTH), NAMES = (96, 6) if "--small" in sys.argv else (160, 16), ["person", "car", "dog", "cat", "tree"]
IMAGENET = np.array([123.675, 116.28, 103.53], np.float32), np.array([58.395, 57.12, 57.375], np.float32)


def order(p, to):
    return (p[..., ::-1] if to == "RGB" else p).astype(np.float32)


def stretched(p, to="RGB", mean=0.0, scale=255.0, size=(SIZE, SIZE), pil=True, cubic=False):
    h, w = size
    if pil:
        small = np.asarray(Image.fromarray(np.ascontiguousarray(p[..., ::-1])).resize((w, h), Image.BILINEAR))[..., ::-1]
    else:
        small = cv2.resize(p, (w, h), interpolation=cv2.INTER_CUBIC if cubic else cv2.INTER_LINEAR)
    x = (order(small, to) - np.float32(mean)) / np.float32(scale)
    return x.transpose(2, 0, 1).astype(np.float32), (0, 0, p.shape[1] / w, p.shape[0] / h)


def cornered(p, to="BGR", mean=0.0, scale=1.0, pad=114):
    """YOLOX's preproc and InsightFace's: right and below is grey, sides rounded down"""
    r = min(SIZE / p.shape[0], SIZE / p.shape[1])
    small = cv2.resize(p, (int(p.shape[1] * r), int(p.shape[0] * r)), interpolation=cv2.INTER_LINEAR)
    out = np.full((SIZE, SIZE, 3), pad, np.uint8)
    out[:small.shape[0], :small.shape[1]] = small
    return ((order(out, to) - np.float32(mean)) / np.float32(scale)).transpose(2, 0, 1), (0, 0, 1 / r, 1 / r)


def letterboxed(p):
    from ultralytics.data.augment import LetterBox
    x = LetterBox((SIZE, SIZE), auto=False)(image=p)[..., ::-1].transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    r = min(SIZE / p.shape[0], SIZE / p.shape[1])
    w, h = round(p.shape[1] * r), round(p.shape[0] * r)
    return x, (round((SIZE - w) / 2 - 0.1), round((SIZE - h) / 2 - 0.1), p.shape[1] / w, p.shape[0] / h)


def own(p, scale=1.0):
    return order(p, "RGB").transpose(2, 0, 1) / np.float32(scale), (0, 0, 1, 1)


def nhwc(prepared):
    return prepared[0].transpose(1, 2, 0), prepared[1]


def edges(p, short=96, long=133):
    """what DetrImageProcessor makes of the picture"""
    x = hf.DetrImageProcessorPil(size={"shortest_edge": short, "longest_edge": long})(Image.fromarray(np.ascontiguousarray(p[..., ::-1])), return_tensors="np")["pixel_values"][0]
    return x, (0, 0, p.shape[1] / x.shape[2], p.shape[0] / x.shape[1])


def normal(p):
    return stretched(p, mean=IMAGENET[0], scale=IMAGENET[1])


def pixels(p):
    return stretched(p, mean=0, scale=1)


def strided(p, mean, scale, short=96, long=133, stride=32, cubic=False):
    """MMDetection's and PaddleDetection's: sides to the nearest pixel, then zeros right and below up to multiples of the stride"""
    h, w = p.shape[:2]
    r = min(short / min(h, w), long / max(h, w))
    size = int(h * r + 0.5), int(w * r + 0.5)
    x, at = stretched(p, mean=mean, scale=scale, size=size, pil=False, cubic=cubic)
    return np.pad(x, ((0, 0), (0, -size[0] % stride), (0, -size[1] % stride))), at
