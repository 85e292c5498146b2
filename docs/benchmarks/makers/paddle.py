"""PaddleDetection."""
import torch
import yaml

from makers.case import Case
from makers.decoded import ended
from makers.nets import Decoded, Ended
from makers.prepared import IMAGENET, NAMES, SIZE, strided, stretched
from makers.yolo import Apart, apart

PADDLE = {"mode": "paddle", "draw_threshold": 0.5, "metric": "COCO", "arch": "YOLO", "min_subgraph_size": 3, "label_list": NAMES, "Preprocess": [
    {"type": "Resize", "interp": 1, "keep_ratio": False, "target_size": [SIZE, SIZE]},
    {"type": "NormalizeImage", "is_scale": True, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}, {"type": "Permute"}]}


CASES = {
    "PaddleDetection": lambda: Case(Ended(Decoded("distances"), lambda b, s, l, shape, factor: (torch.cat([l[:, None].float(), s[:, None], b / factor[:, [1, 0, 1, 0]]], 1), (torch.zeros_like(l).sum() + len(b)).int().reshape(1))),
                                    lambda p: stretched(p, mean=IMAGENET[0], scale=IMAGENET[1], pil=False), lambda y, h, w: ended(y[0][:, 2:], y[0][:, 1], y[0][:, 0]), inputs=("image", "im_shape", "scale_factor"),
                                    outputs=("multiclass_nms3_0.tmp_0", "multiclass_nms3_0.tmp_2"), args=(torch.tensor([[SIZE, SIZE]]).float(), torch.ones(1, 2)), threshold=0.5,
                                    files={"infer_cfg.yml": yaml.safe_dump(PADDLE)}),
    "PaddleDetection, any size": lambda: Case(Ended(Decoded("distances", dynamic=True), lambda b, s, l, factor: (torch.cat([l[:, None].float(), s[:, None], b / factor[:, [1, 0, 1, 0]]], 1), (torch.zeros_like(l).sum() + len(b)).int().reshape(1))),
                                              lambda p: strided(p, IMAGENET[0], IMAGENET[1], cubic=True), lambda y, h, w: ended(y[0][:, 2:], y[0][:, 1], y[0][:, 0]), inputs=("image", "scale_factor"),
                                              outputs=("multiclass_nms3_0.tmp_0", "multiclass_nms3_0.tmp_2"), args=(torch.ones(1, 2),), threshold=0.5, free={"image": {2: "h", 3: "w"}},
                                              files={"infer_cfg.yml": yaml.safe_dump({**PADDLE, "Preprocess": [{"type": "Resize", "interp": 2, "keep_ratio": True, "target_size": [96, 133]}, *PADDLE["Preprocess"][1:], {"type": "PadStride", "stride": 32}]})}),
    "PP-YOLOE, without suppression": lambda: Case(Apart(columns=True), lambda p: stretched(p, mean=IMAGENET[0], scale=IMAGENET[1], pil=False), lambda y, h, w: apart(y[0][0], y[1][0].T), inputs=("image", "scale_factor"),
                                                  outputs=("tmp_16", "concat_14.tmp_0"), args=(torch.ones(1, 2),), nms=0.45, files={"infer_cfg.yml": yaml.safe_dump(PADDLE)}),
}
