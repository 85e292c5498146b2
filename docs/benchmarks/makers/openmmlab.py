"""MMDetection by MMDeploy."""
import json

import torch

from makers.case import Case
from makers.decoded import ended, pasted
from makers.nets import Decoded, Ended
from makers.prepared import IMAGENET, SIZE, strided, stretched

PIPELINE = {"pipeline": {"input": ["img"], "output": ["post_output"], "tasks": [
    {"type": "Task", "module": "Transform", "name": "Preprocess", "transforms": [
        {"type": "LoadImageFromFile"}, {"type": "Resize", "keep_ratio": False, "size": [SIZE, SIZE]},
        {"type": "Normalize", "mean": IMAGENET[0].tolist(), "std": IMAGENET[1].tolist(), "to_rgb": True},
        {"type": "Pad", "size_divisor": 32}, {"type": "ImageToTensor", "keys": ["img"]}, {"type": "Collect", "keys": ["img"]}]}]}}


def rolling(b, n, m):
    """masks [k, n, m] that differ by the place of their boxes"""
    x, y = torch.arange(m).float() / m, torch.arange(n).float() / n
    return torch.sigmoid(6 * torch.sin(b[:, :1, None] / 9 + 3 * x[None, None, :]) + 5 * torch.cos(b[:, 1:2, None] / 7 + 4 * y[None, :, None]))


def dets(b, s, l):
    return torch.cat([b, s[:, None]], 1)[None], l[None]


COMMON = dict(inputs=("input",), threshold=0.3)


CASES = {
    "MMDeploy": lambda: Case(Ended(Decoded("exp"), lambda b, s, l: (torch.cat([b, s[:, None]], 1)[None], l[None])), lambda p: stretched(p, mean=IMAGENET[0], scale=IMAGENET[1], pil=False),
                             lambda y, h, w: ended(y[0][0][:, :4], y[0][0][:, 4], y[1][0]), inputs=("input",), outputs=("dets", "labels"), files={"pipeline.json": json.dumps(PIPELINE), "deploy.json": "{}"}),
    "MMDeploy, instances over boxes": lambda: Case(Ended(Decoded("exp"), lambda b, s, l: (*dets(b, s, l), rolling(b, 28, 28)[None])), lambda p: stretched(p, mean=IMAGENET[0], scale=IMAGENET[1], pil=False),
                                                   lambda y, h, w: ended(y[0][0][:, :4], y[0][0][:, 4], y[1][0]), outputs=("dets", "labels", "masks"), files={"pipeline.json": json.dumps(PIPELINE)}, **COMMON,
                                                   instances=lambda y, h, w: pasted(y[2][0], y[0][0][:, :4], h, w)),
    "MMDeploy, instances of the picture": lambda: Case(Ended(Decoded("exp"), lambda b, s, l: (*dets(b, s, l), (rolling(b, SIZE, SIZE) > 0.5).float()[None])), lambda p: stretched(p, mean=IMAGENET[0], scale=IMAGENET[1], pil=False),
                                                       lambda y, h, w: ended(y[0][0][:, :4], y[0][0][:, 4], y[1][0]), outputs=("dets", "labels", "masks"), files={"pipeline.json": json.dumps(PIPELINE)}, **COMMON,
                                                       instances=lambda y, h, w: y[2][0]),
    "MMDeploy, any size": lambda: Case(Ended(Decoded("exp", dynamic=True), dets), lambda p: strided(p, IMAGENET[0], IMAGENET[1]), lambda y, h, w: ended(y[0][0][:, :4], y[0][0][:, 4], y[1][0]), outputs=("dets", "labels"),
                                       files={"pipeline.json": json.dumps(PIPELINE).replace(json.dumps({"type": "Resize", "keep_ratio": False, "size": [SIZE, SIZE]}), json.dumps({"type": "Resize", "keep_ratio": True, "size": [96, 133]}))},
                                       free={"input": {0: "batch", 2: "height", 3: "width"}}, **COMMON),
}
