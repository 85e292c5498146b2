"""D-FINE, DEIM, RT-DETR's own exporter, and RF-DETR."""
import torch
import torchvision
from torch import nn

from detectors_torch import CLASSES
from makers.case import Case
from makers.decoded import ended, queries, sigmoid
from makers.nets import SCORE, Heads, Queries, Swapped
from makers.prepared import SIZE, normal, stretched


class DFine(Queries):
    """D-FINE's deploy mode: rtdetr_postprocessor.py, num_top_queries 60"""

    def forward(self, x, sizes):
        logits, boxes = super().forward(x)
        boxes = torchvision.ops.box_convert(boxes, "cxcywh", "xyxy") * sizes.repeat(1, 2).unsqueeze(1)
        scores, at = torch.topk(logits.sigmoid().flatten(1), 60, dim=-1)
        labels = at - at // CLASSES * CLASSES
        at = at // CLASSES
        return labels, boxes.gather(1, at.unsqueeze(-1).repeat(1, 1, 4)), scores


class Segmented(nn.Module):
    """RF-DETR's segmentation: boxes, logits, and mask logits of every query"""

    def __init__(self):
        super().__init__()
        self.heads = Heads(8 + CLASSES, [(0, 1), (0, 1), (-1, 0.5), (-1, 0.5)] + [SCORE] * CLASSES + [(0, 2)] * 4, levels=2)

    def forward(self, x):
        y = self.heads(x)
        maps = self.heads.body.stem[:2](x * self.heads.unit)[:, :4]
        return y[..., :4].sigmoid(), y[..., 4:4 + CLASSES], torch.einsum("bqk,bkhw->bqhw", y[..., 4 + CLASSES:], maps)


CASES = {
    "D-FINE, DEIM, RT-DETR": lambda: Case(DFine(), stretched, lambda y, h, w: ended(y[1][0], y[2][0], y[0][0]), inputs=("images", "orig_target_sizes"), outputs=("labels", "boxes", "scores"),
                                          args=(torch.tensor([[SIZE, SIZE]]),), threshold=0.4),
    "RF-DETR": lambda: Case(Swapped(Queries(91)), normal, lambda y, h, w: queries(y[1][0], y[0][0], h, w), inputs=("input",), outputs=("dets", "labels"), threshold=0.5),
    "RF-DETR, instances": lambda: Case(Segmented(), normal, lambda y, h, w: queries(y[1][0], y[0][0], h, w), inputs=("input",), outputs=("dets", "labels", "masks"), threshold=0.5, instances=lambda y, h, w: sigmoid(y[2][0])),
}
