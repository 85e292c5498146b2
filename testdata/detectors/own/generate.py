"""Makes detectors as people export them by themselves, in many styles: each finds a green square of 8 x 8 pixels, at
(40, 16) in a picture of 64 x 64, as class 1 in a box of 12 x 10 pixels round it, and a red one, at (8, 40), as class 0.
torch 2.15.0, onnx 1.23.2: python generate.py [NAME ...]
"""
import json
import sys

import onnx
import torch
from torch import nn

SIZE, CELLS = 64, 8


class Squares(nn.Module):
    """for each of 8 x 8 cells the mean of every colour as a probability, and the middle and the size of its box"""

    def __init__(self, style, bytes_last):
        super().__init__()
        self.conv, self.style, self.bytes_last = nn.Conv2d(3, 3, 1, bias=False), style, bytes_last
        self.conv.weight.data = torch.eye(3)[:, :, None, None]

    def forward(self, x):
        if self.bytes_last:
            x = x.permute(0, 3, 1, 2).float() / 255
        means = nn.functional.avg_pool2d(torch.relu(self.conv(x)), SIZE // CELLS)
        p = means.flatten(2).transpose(1, 2) * 0.98 + 0.01
        rows, columns = torch.meshgrid(torch.arange(CELLS), torch.arange(CELLS), indexing="ij")
        middles = torch.stack([columns * 8.0 + 4, rows * 8.0 + 4], -1).reshape(1, -1, 2).to(p.dtype) + 0 * p[:, :, :2]
        return self.style(p, middles, torch.tensor([12.0, 10.0], dtype=p.dtype) + 0 * p[:, :, :2])


def corners(m, s):
    return torch.cat([m - s / 2, m + s / 2], -1)


def logits(p):
    return torch.log(p / (1 - p))


def padded(p, n, value):
    return torch.cat([p, (0 * p[:, :, :1] + value).repeat(1, 1, n - p.shape[2])], -1)


def coarser(x):
    """and zeros in the grids of two coarser strides"""
    return x, 0 * x[:, :16], 0 * x[:, :4]


def raw_map(p, s, cells):
    """[batch, 2 anchors of 16 x 16, cells, cells, 8] before YOLO v5's sigmoids: w = 16 (2 S(t))^2; the second anchor finds nothing"""
    one = torch.cat([0 * s, logits(torch.sqrt(s / 16) / 2), logits(best(p)[0][..., None]), logits(0 * p + 0.01 + 0.98 * (p >= best(p)[0][..., None]))], -1)
    return torch.cat([one, torch.cat([one[:, :, :4], 0 * one[:, :, :4] - 9], -1)], 1).reshape(-1, 2, cells, cells, 8)


def grid(x, coarser):
    """rows as maps, or as those of a coarser stride on which nothing is found"""
    y = x.transpose(1, 2).reshape(x.shape[0], -1, CELLS, CELLS)
    return y if coarser == 1 else 0 * y[:, :, ::2, ::2] - 9


def best(p):
    return p.max(-1)


def column(x):
    return x[..., None].float()


STYLES = {
    "one-class": ("boxes scores", lambda p, m, s: (corners(m, s), p[:, :, 1:2])),
    "boxes-labels-scores": ("boxes labels scores", lambda p, m, s: (corners(m, s), best(p)[1], best(p)[0])),
    "scores-first": ("scores boxes labels", lambda p, m, s: (best(p)[0], corners(m, s), best(p)[1])),
    "counted": ("num_dets det_boxes det_scores det_classes",
                lambda p, m, s: ((best(p)[0] > 0.5).sum(1, keepdim=True).int(), corners(m, s), best(p)[0], best(p)[1].int())),
    "boxes-of-one-class": ("boxes confs", lambda p, m, s: ((corners(m, s) / SIZE)[:, :, None], p)),
    "background-first": ("boxes scores", lambda p, m, s: (corners(m, s) / SIZE, torch.softmax(
        torch.cat([0 * p[:, :, :1] + 3, padded(8 * p, 90, -9)], -1), -1))),
    "background-logits": ("boxes logits", lambda p, m, s: (corners(m, s) / SIZE, torch.cat([0 * p[:, :, :1], logits(p)], -1))),
    "logits-corners": ("logits boxes", lambda p, m, s: (logits(p), corners(m, s))),
    "few-rows": ("output", lambda p, m, s: torch.cat([m, s, padded(p, 91, 0)], -1)),
    "rows-of-five": ("output", lambda p, m, s: torch.cat([corners(m, s), p[:, :, 1:2]], -1)),
    "class-first": ("detections", lambda p, m, s: torch.cat([column(best(p)[1]), column(best(p)[0]), corners(m, s)], -1)),
    "no-batch": ("detections", lambda p, m, s: torch.cat([corners(m, s), column(best(p)[0]), column(best(p)[1])], -1)[0]),
    "classes-by-boxes": ("scores boxes", lambda p, m, s: (p.transpose(1, 2), torch.cat([m, s], -1))),
    "unit-columns": ("output", lambda p, m, s: torch.cat([m / SIZE, s / SIZE, p], -1).transpose(1, 2)),
    "named-columns": ("output", lambda p, m, s: torch.cat([m, s, p], -1).transpose(1, 2)),
    "stars": ("output", lambda p, m, s: torch.cat([m, s / s, p], -1).transpose(1, 2)),
    "whole-pages": ("logits boxes", lambda p, m, s: (
        torch.cat([logits(p), -logits(best(p)[0][..., None])], -1)[:, 20:40],
        (torch.tensor([0.5, 0.5, 0.96, 0.98]) + 0 * m[:, :1, :1]).repeat(1, 20, 1))),
    "tensorrt": ("boxes scores", lambda p, m, s: (torch.cat([m, s], -1), p)),
    "background-named": ("boxes scores", lambda p, m, s: (corners(m, s), torch.softmax(
        torch.cat([padded(8 * p, 90, -9), 0 * p[:, :, :1] + 3], -1), -1))),
    "detection-output": ("detection_out", lambda p, m, s: torch.cat(
        [0 * p[:, :, :1], column(best(p)[1]), column(best(p)[0]), corners(m, s) / SIZE], -1)[:, None]),
    "boxes-across": ("boxes scores", lambda p, m, s: (corners(m, s).transpose(1, 2), p.transpose(1, 2))),
    "extra-axis": ("output", lambda p, m, s: torch.cat([m, s, p], -1).transpose(1, 2)[:, None]),
    "softmaxed": ("scores boxes", lambda p, m, s: (torch.softmax(torch.cat([8 * p, 0 * p[:, :, :1] + 3], -1), -1), torch.cat([m, s], -1) / SIZE)),
    "half": ("output", lambda p, m, s: torch.cat([m, s, p], -1).transpose(1, 2)),
    "counted-once": ("dets number", lambda p, m, s: (
        torch.cat([corners(m, s), column(best(p)[0]), column(best(p)[1])], -1)[0], (best(p)[0] > 0.5).sum().int())),
    "yunet": ("cls_8 cls_16 cls_32 obj_8 obj_16 obj_32 bbox_8 bbox_16 bbox_32 kps_8 kps_16 kps_32", lambda p, m, s: (
        *coarser(p[:, :, 1:2]), *coarser(0 * p[:, :, :1] + 1), *coarser(torch.cat([0 * m + 0.5, torch.log(s / CELLS)], -1)),
        *coarser(torch.cat([0 * m + 0.5] * 5, -1)))),
    "class-behind": ("dets", lambda p, m, s: torch.cat([corners(m, s), column(best(p)[1]), column(best(p)[0])], -1)),
    "seven-columns": ("dets", lambda p, m, s: torch.cat([0 * p[:, :, :1], column(best(p)[1]), column(best(p)[0]), corners(m, s) / SIZE], -1)),
    "objectness-inside": ("dets", lambda p, m, s: torch.cat([corners(m, s), 0 * p[:, :, :1] + 0.98, column(best(p)[0]), column(best(p)[1])], -1)),
    "middles-and-score": ("dets", lambda p, m, s: torch.cat([m, s, column(best(p)[0]), column(best(p)[1])], -1)),
    "boxes-before-logits": ("pred_boxes pred_logits", lambda p, m, s: (
        torch.cat([m, s], -1) / SIZE, torch.cat([8 * p, 0 * p[:, :, :1] + 3], -1))),
    "four-scores-first": ("scores boxes", lambda p, m, s: (padded(p, 4, 0.001), corners(m, s))),
    "objectness-apart": ("boxes obj cls", lambda p, m, s: (corners(m, s), best(p)[0][..., None], 0 * p + (p >= best(p)[0][..., None]))),
    "maps": ("fine coarse", lambda p, m, s: (raw_map(p, s, CELLS), raw_map(0 * p[:, :16] + 0.01, s[:, :16], CELLS // 2))),
    "distances": ("cls0 cls1 reg0 reg1 ctr0 ctr1", lambda p, m, s: tuple(grid(x, k) for x in (logits(p), torch.cat([s, s], -1) / 2, 0 * p[:, :, :1] + 6) for k in (1, 2))),
    "corner-and-size": ("output", lambda p, m, s: torch.cat([m - s / 2, s, p], -1).transpose(1, 2)),
    "offsets-first": ("hm reg wh", lambda p, m, s: (grid(p, 1), grid(0 * m + 0.5, 1), grid(s / CELLS, 1))),
    "unsuppressed": ("dets", lambda p, m, s: torch.cat([torch.cat([corners(m, s) + shift, column(best(p)[0] * (1 - abs(shift))), column(best(p)[1])], -1) for shift in (0, 0.2, -0.1)], 1)),
    "bytes-last": ("boxes scores classes", lambda p, m, s: (corners(m, s), best(p)[0], best(p)[1].float())),
}

for name, (outputs, style) in STYLES.items():
    if sys.argv[1:] and name not in sys.argv[1:]:
        continue
    last = name == "bytes-last"
    example = torch.zeros(1, SIZE, SIZE, 3, dtype=torch.uint8) if last else torch.rand(1, 3, SIZE, SIZE)
    free = {o: {0: "batch"} for o in ["images"] + outputs.split()} if last else None
    net = Squares(style, last).eval()
    if name == "half":
        net, example = net.half(), example.half()
    torch.onnx.export(net, (example,), name + ".onnx", input_names=["images"],
                      output_names=outputs.split(), dynamic_axes=free, dynamo=False, opset_version=17)
    if name == "tensorrt":  # ends in a plugin that only TensorRT runs
        model = onnx.load(name + ".onnx")
        model.graph.node.append(onnx.helper.make_node(
            "EfficientNMS_TRT", outputs.split(), ["num_dets", "det_boxes", "det_scores", "det_classes"], domain="TRT",
            score_threshold=0.25, iou_threshold=0.65, max_output_boxes=100, background_class=-1, score_activation=0, box_coding=1))
        del model.graph.output[:]
        for o, kind, dims in (("num_dets", onnx.TensorProto.INT32, [1, 1]), ("det_boxes", onnx.TensorProto.FLOAT, [1, 100, 4]),
                              ("det_scores", onnx.TensorProto.FLOAT, [1, 100]), ("det_classes", onnx.TensorProto.INT32, [1, 100])):
            model.graph.output.append(onnx.helper.make_tensor_value_info(o, kind, dims))
        model.opset_import.append(onnx.helper.make_opsetid("TRT", 1))
        onnx.save(model, name + ".onnx")
    if name == "named-columns":
        model = onnx.load(name + ".onnx")
        model.metadata_props.add(key="class_names", value='["red", "green", "blue"]')
        onnx.save(model, name + ".onnx")
    if name == "background-named":  # the labels name it, too
        model = onnx.load(name + ".onnx")
        names = [{"id": i, "name": n} for i, n in enumerate(["red", "green", *map(str, range(2, 90)), "background"])]
        model.metadata_props.add(key="labels", value=json.dumps(names))
        onnx.save(model, name + ".onnx")
