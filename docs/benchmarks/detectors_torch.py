"""torchvision's and transformers' detectors, random weights, against onnxruntime with their own decoding.

    GRADCAM=gradcam python detectors_torch.py OUT.md [FILE ...]     (torch 2.15.0, torchvision 0.29.2, transformers 5.24.0, onnxruntime 1.32.0)

Three things are checked of every file. `gradcam detect` is compared with onnxruntime's outputs, decoded as the maker does. `gradcam drise`
runs with 8 masks, and its weights are compared with those of a separate program that draws the same masks. And the suggested layer must
have a gradient. torchvision's files have their suppression inside, so onnxruntime runs them, and it has no gradients. The exporter
writes the grids of Deformable DETR and Mask2Former in float64, in which onnxruntime has no GridSample: there it is given float32.
"""
import os, shutil, sys, tempfile

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import torch
import torchvision.models.detection as tv
import transformers as hf

from detectors import SIZE, compared, gradient, listed, matched, picture, widened

CLASSES = 5


class Logits(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        y = self.net(pixel_values=x)
        return y.logits, y.pred_boxes


class Masked(Logits):
    def forward(self, x):
        y = self.net(pixel_values=x)
        return y.class_queries_logits, y.masks_queries_logits


def torchvision(name):
    small = {"min_size": SIZE, "max_size": SIZE} if "ssd" not in name else {}
    if name.startswith(("retinanet", "fcos")):
        small["score_thresh"] = 0.001
    net = getattr(tv, name)(weights=None, weights_backbone=None, num_classes=CLASSES, **small).eval()
    return net, "end-to-end", 0.005 if "score_thresh" in small else 0.19  # one class of five has 0.2 where nothing is learnt


def resnet():
    return hf.ResNetConfig(embedding_size=16, hidden_sizes=[16, 16, 32, 32], depths=[1, 1, 1, 1], layer_type="basic", out_features=["stage2", "stage3", "stage4"])


def small(**more):
    return {"d_model": 32, "encoder_layers": 1, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4, "encoder_ffn_dim": 64,
            "decoder_ffn_dim": 64, "num_queries": 30, "num_labels": CLASSES, "use_timm_backbone": False, "use_pretrained_backbone": False, "backbone": None, **more}


def rt(**more):
    return {"backbone_config": hf.RTDetrResNetConfig(embedding_size=16, hidden_sizes=[16, 16, 32, 32], depths=[1, 1, 1, 1], layer_type="basic", out_features=["stage2", "stage3", "stage4"]),
            "encoder_hidden_dim": 32, "encoder_in_channels": [16, 32, 32], "encoder_ffn_dim": 64, "d_model": 32, "num_queries": 30, "decoder_in_channels": [32, 32, 32],
            "decoder_ffn_dim": 64, "decoder_layers": 2, "decoder_attention_heads": 4, "encoder_attention_heads": 4, "num_labels": CLASSES, "anchor_image_size": None, **more}


def one_stage(**more):
    config = resnet()
    config.out_features = ["stage4"]
    return small(backbone_config=config, **more)


HF = {
    "detr": lambda: (hf.DetrForObjectDetection(hf.DetrConfig(**one_stage())), "detr"),
    "conditional detr": lambda: (hf.ConditionalDetrForObjectDetection(hf.ConditionalDetrConfig(**one_stage())), "rt-detr"),
    "deformable detr": lambda: (hf.DeformableDetrForObjectDetection(hf.DeformableDetrConfig(**small(backbone_config=resnet(), num_feature_levels=3))), "rt-detr"),
    "rt-detr": lambda: (hf.RTDetrForObjectDetection(hf.RTDetrConfig(**rt())), "rt-detr"),
    "rt-detr v2": lambda: (hf.RTDetrV2ForObjectDetection(hf.RTDetrV2Config(**rt())), "rt-detr"),
    "d-fine": lambda: (hf.DFineForObjectDetection(hf.DFineConfig(**rt())), "rt-detr"),
    "yolos": lambda: (hf.YolosForObjectDetection(hf.YolosConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, image_size=[SIZE, SIZE], num_detection_tokens=30, num_labels=CLASSES, use_mid_position_embeddings=False)), "detr"),
    "mask2former": lambda: (hf.Mask2FormerForUniversalSegmentation(hf.Mask2FormerConfig(backbone_config=hf.SwinConfig(image_size=SIZE, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 4, 8], window_size=5, out_features=["stage1", "stage2", "stage3", "stage4"]), hidden_dim=32, feature_size=32, mask_feature_size=32, num_queries=20, encoder_layers=1, decoder_layers=2, num_attention_heads=4, dim_feedforward=64, encoder_feedforward_dim=64, num_labels=CLASSES)), "maskformer"),
}
TV = ("fasterrcnn_mobilenet_v3_large_320_fpn", "fasterrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "fcos_resnet50_fpn", "ssdlite320_mobilenet_v3_large", "ssd300_vgg16")


def spread(net):
    """class scores that differ: the last layers of classes without their bias, and four times as steep"""
    for name, p in net.named_parameters():
        if any(word in name for word in ("class_labels_classifier", "class_embed", "enc_score_head", "class_predictor")):
            p.data = torch.zeros_like(p) if name.endswith("bias") else p.data * (1 if "enc_score_head" in name else 4)
    return net


def export(name, path):
    torch.manual_seed(2)
    if name in TV:
        net, decoder, threshold = torchvision(name)
        args = ([torch.rand(3, SIZE, SIZE)],)
    else:
        net, decoder = HF[name]()
        net = (Masked if decoder == "maskformer" else Logits)(spread(net).eval())
        threshold, args = (0.5 if decoder == "rt-detr" else 0.1), (torch.rand(1, 3, SIZE, SIZE),)
    with torch.no_grad():
        torch.onnx.export(net, args, path, opset_version=20 if decoder == "rt-detr" else 17, dynamo=False, input_names=["pixel_values"])
    return decoder, threshold


class Peer:
    def __init__(self, path, decoder):
        single = widened(onnx.load(path), onnx.TensorProto.DOUBLE)
        self.run, self.decoder = ort.InferenceSession(single.SerializeToString()), decoder
        self.name, self.bare = self.run.get_inputs()[0].name, len(self.run.get_inputs()[0].shape) == 3

    def candidates(self, x):
        """boxes, class probabilities and presence"""
        y = self.run.run(None, {self.name: x if self.bare else x[None]})
        if self.decoder == "end-to-end":
            boxes = next(v for v in y if v.ndim == 2 and v.shape[1] == 4)
            labels = next(v for v in y if v.ndim == 1 and v.dtype == np.int64)
            scores = next(v for v in y if v.ndim == 1 and v.dtype == np.float32)
            return boxes, np.eye(max(91, CLASSES), dtype=np.float32)[labels], scores
        e = np.exp(y[0][0] - y[0][0].max(-1, keepdims=True))
        p = 1 / (1 + np.exp(-y[0][0])) if self.decoder == "rt-detr" else (e / e.sum(-1, keepdims=True))[:, :-1]
        if self.decoder == "maskformer":
            m = y[1][0]
            seen, h, w = m > 0, *m.shape[1:]
            boxes = np.zeros((len(m), 4), np.float32)
            for i, s in enumerate(seen):
                if s.any():
                    r, c = np.flatnonzero(s.any(1)), np.flatnonzero(s.any(0))
                    boxes[i] = c[0] * SIZE / w, r[0] * SIZE / h, (c[-1] + 1) * SIZE / w, (r[-1] + 1) * SIZE / h
            sure = (seen / (1 + np.exp(-m))).sum((1, 2)) / (seen.sum((1, 2)) + 1e-6)
            return boxes, p, sure
        c = y[1][0] * SIZE
        return np.concatenate([c[:, :2] - c[:, 2:] / 2, c[:, :2] + c[:, 2:] / 2], 1), p, p.max(1)

    def confidence(self, p, presence):
        return presence if self.decoder in ("detr", "rt-detr") else p.max(1) * presence


def check(name, image, work):
    path = os.path.join(work, name.replace(" ", "-") + ".onnx")
    decoder, threshold = export(name, path)
    peer = Peer(path, decoder)
    how = ["--size", str(SIZE), "--mean", "0", "--scale", "255", "--threshold", str(threshold)] + (["--backend", "onnxruntime"] if name in TV else ["--decoder", decoder])
    x = image[..., ::-1].transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    got = listed(path, work, *how)
    if isinstance(got, str):
        return got, "", ""
    boxes, p, presence = peer.candidates(x)
    conf, label = peer.confidence(p, presence), p.argmax(1)
    keep = np.argsort(-conf, kind="stable")
    keep = keep[conf[keep] > threshold][:300]
    if len(got) != len(keep) or not len(got):
        return f"no: {len(got)} found, {len(keep)} by onnxruntime", "", ""
    off = matched(got, boxes[keep].clip(0, SIZE), conf[keep], label[keep], 1e-5)
    found = f"{'ok' if off < 0.01 else 'no'}: {len(got)} boxes, {off:.1e} px"
    drise, _ = compared(path, work, how, keep[0], boxes, p, (SIZE, SIZE), lambda m: peer.candidates(x * m))
    if not drise.startswith("ok"):
        return found, drise, ""
    if name in TV:
        return found, drise, "none: onnxruntime has no gradients"
    return found, drise, gradient(path, work, path[:-5], "detection:1", *how)


def main():
    work = os.environ.get("WORK") or tempfile.mkdtemp()
    image = cv2.resize(picture(0), (SIZE, SIZE))
    cv2.imwrite(os.path.join(work, "street.png"), image)
    lines, right = [], 0
    for name in sys.argv[2:] or [*TV, *HF]:
        try:
            row = check(name, image, work)
        except Exception as e:
            row = f"not made: {e!r}"[:160], "", ""
        right += all(c.startswith(("ok", "none")) for c in row)
        lines.append(f"| {name} | " + " | ".join(c.replace("|", "/").replace("\n", " ") for c in row) + " |")
        print(lines[-1], flush=True)
        shutil.rmtree(os.path.join(work, name.replace(" ", "-")), ignore_errors=True)
        if os.path.exists(path := os.path.join(work, name.replace(" ", "-") + ".onnx")):
            os.remove(path)
        with open(sys.argv[1], "w") as f:
            f.write("# torchvision's and transformers' detectors\n\n" + __doc__.split("\n\n", 2)[2].strip() + "\n\n"
                    f"{right} of {len(lines)} files are right.\n\n| file | detections | D-RISE's weights | gradient, at |\n|---|---|---|---|\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
