"""torchvision's detectors."""
import torchvision
from torchvision.models import detection

from detectors_torch import CLASSES
from makers.case import Case
from makers.decoded import ended
from makers.prepared import own


def torchvisions(name):
    return torchvision.models.detection.__dict__[name](weights=None, weights_backbone=None, num_classes=CLASSES, detections_per_img=40).eval()


def mask_rcnn():
    """Mask R-CNN as torchvision has it, on its small backbone"""
    backbone = detection.backbone_utils.mobilenet_backbone("mobilenet_v3_large", weights=None, fpn=True)
    anchors = detection.anchor_utils.AnchorGenerator(((32, 64, 128),) * 3, ((0.5, 1.0, 2.0),) * 3)
    return detection.MaskRCNN(backbone, num_classes=CLASSES, min_size=96, max_size=160, rpn_anchor_generator=anchors, box_detections_per_img=20).eval()


CASES = {
    "torchvision's SSDlite": lambda: Case(torchvisions("ssdlite320_mobilenet_v3_large"), lambda p: own(p, 255), lambda y, h, w: ended(y[0], y[1], y[2]), inputs=("input",), outputs=("boxes", "scores", "labels"),
                                          args="list", free={"input": {1: "h", 2: "w"}}, threshold=0.19),
    "torchvision's Faster R-CNN": lambda: Case(torchvision.models.detection.fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=CLASSES).eval(), lambda p: own(p, 255),
                                               lambda y, h, w: ended(y[0], y[2], y[1]), inputs=("input",), outputs=("boxes", "labels", "scores"), args="list", free={"input": {1: "h", 2: "w"}}, threshold=0.19),
    "torchvision's Mask R-CNN": lambda: Case(mask_rcnn(), lambda p: own(p, 255), lambda y, h, w: ended(y[0], y[2], y[1]), inputs=("input",), outputs=("boxes", "labels", "scores", "masks"), args="list",
                                             free={"input": {1: "h", 2: "w"}}, threshold=0.19, instances=lambda y, h, w: y[3][:, 0]),
}
