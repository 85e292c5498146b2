"""Other makers' detectors, one command each, against onnxruntime with the maker's decoding.

    GRADCAM=gradcam python detectors_makers.py OUT.md [FILE ...]     (torch 2.15.0, torchvision 0.29.2, transformers 5.24.0,
                                                                      onnxruntime 1.32.0, opencv 5.0.0, Pillow)
    python detectors_makers.py --small DIR      writes the smallest of them, a picture, and what their makers find in it, for tests

The networks are small torch modules with random weights. They have the heads, the names of inputs and outputs, and the files beside
the model that each maker's exporter writes. Three things are checked of every file. `gradcam detect` runs without a sidecar or a flag
about the picture, and is compared with onnxruntime's outputs for the picture as the maker prepares it, decoded as the maker does.
`gradcam drise` runs with 8 masks, and its weights are compared with those of a separate program that draws the same masks. And the
suggested layer must have a gradient. Weights must agree to 1e-5; for networks that take bytes to 1e-3, because half a grey value can be
rounded either way. Files in float16 are compared with the same numbers in float32, as gradcam computes them: onnxruntime rounds every
tensor to 11 bits, and the row says how far its scores are then off.
"""
import json, os, shutil, sys, tempfile

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import torch

from detectors import compared, gradient, iou, listed, matched, picture, rounded, widened
from makers import CASES
from makers.nets import Heads


def make(case, path, image):
    x = torch.tensor(np.ascontiguousarray(case.prep(image)[0]))[None]
    if x.shape[-1] == 3:
        x = x.permute(0, 3, 1, 2)
    for m in case.net.modules():
        if isinstance(m, Heads):
            m.unit = 1 / float(x.abs().max())
            m.fit(x)
    args = (x,)
    if isinstance(case.args, tuple):
        args = (x, *case.args)
    elif case.args == "bytes":
        args = (x.permute(0, 2, 3, 1).to(torch.uint8),)
    elif case.args == "planes":
        args = (x.to(torch.uint8),)
    elif case.args == "list":
        args = ([x[0]],)
    if case.half:
        case.net.half()
        args = tuple(a.half() for a in args)
    with torch.no_grad():
        torch.onnx.export(case.net.eval(), args, path, opset_version=case.opset, dynamo=False, input_names=list(case.inputs), output_names=list(case.outputs), dynamic_axes=case.free)
    if case.words:
        m = onnx.load(path)
        onnx.helper.set_model_props(m, case.words)
        onnx.save(m, path)
    for name, text in case.files.items():
        with open(os.path.join(os.path.dirname(path), name), "w") as f:
            f.write(text)


class Peer:
    def __init__(self, model, case):
        self.run, self.case = ort.InferenceSession(model.SerializeToString()), case
        self.given = {i.name: i for i in self.run.get_inputs()}
        kind = self.run.get_inputs()[0].type
        self.kind = np.uint8 if "uint8" in kind else np.float16 if "float16" in kind else np.float32
        self.bare = len(self.run.get_inputs()[0].shape) == 3

    def candidates(self, x, instances=None):
        x = np.round(x).astype(np.uint8) if self.kind == np.uint8 else x.astype(self.kind)
        feed = {self.run.get_inputs()[0].name: x if self.bare else x[None]}
        for name, v in zip(self.case.inputs[1:], self.case.args if isinstance(self.case.args, tuple) else ()):
            if name in self.given:
                feed[name] = v.numpy()
        h, w = x.shape[:2] if x.shape[-1] == 3 else x.shape[1:]
        y = [v.astype(np.float32) if v.dtype == np.float16 else v for v in self.run.run(list(self.case.outputs), feed)]
        found = self.case.decode(y, h, w)
        return (*found, instances(y, h, w)) if instances else found

    def confidence(self, p, presence):
        return presence if p.shape[1] == 91 or np.array_equal(p.max(1), presence) else p.max(1) * presence


def kept(boxes, conf, label, threshold, limit):
    keep = np.argsort(-conf, kind="stable")
    keep = keep[conf[keep] > threshold]
    if limit < 1:
        out = []
        for k in keep:
            if not any(label[o] == label[k] and iou(boxes[o], boxes[k]) >= limit for o in out):
                out.append(k)
        keep = np.array(out, int)
    return keep[:300]


def folder_name(name):
    return "".join(c if c.isalnum() else "-" for c in name)


def made(name, path, image):
    """the case, its file written, and the peer's candidates of the prepared picture, with their places in the picture"""
    torch.manual_seed(4)
    case = CASES[name]()
    make(case, path, image)
    peer = Peer(widened(onnx.load(path)), case)
    x, (x0, y0, sx, sy) = case.prep(image)
    boxes, p, presence = peer.candidates(x)
    conf, label = peer.confidence(p, presence), p.argmax(1)
    keep = kept(boxes, conf, label, case.threshold, case.nms)
    at = ((boxes - [x0, y0, x0, y0]) * [sx, sy, sx, sy]).clip(0, [image.shape[1], image.shape[0]] * 2)
    return case, peer, x, boxes, p, conf, label, keep, at


def check(name, image, work):
    dir = os.path.join(work, folder_name(name))
    os.makedirs(dir, exist_ok=True)
    path = os.path.join(dir, "model.onnx")
    case, peer, x, boxes, p, conf, label, keep, at = made(name, path, image)
    how = ["--threshold", str(case.threshold), *case.flags]
    got = listed(path, work, *how)
    if isinstance(got, str):
        return got, "", ""
    if len(got) != len(keep) or not len(got):
        return f"no: {len(got)} found, {len(keep)} by onnxruntime", "", ""
    off = matched(got, at[keep], conf[keep], label[keep], 1e-5)
    found = f"{'ok' if off < 0.01 else 'no'}: {len(got)} boxes, {off:.1e} px"
    if case.half:
        found += rounded(path, lambda m: Peer(m, case).candidates(x)[1])
    last = x.shape[-1] == 3
    drise, told = compared(path, work, how, keep[0], boxes, p, x.shape[:2] if last else x.shape[1:],
                           lambda m: peer.candidates(x * (m[..., None] if last else m), case.instances), 1e-3 if case.args in ("bytes", "planes") else 1e-5,
                           peer.candidates(x, case.instances)[3] if case.instances else None)
    if not drise.startswith("ok"):
        return found, drise, ""
    if "is run by onnxruntime" in told:
        return found, drise, "none: onnxruntime has no gradients"
    return found, drise, gradient(path, work, path[:-5], "detection:1", *how)


SMALL = [name for name in CASES if "torchvision" not in name and not name.endswith(("hub", "size"))]


def small_files(dir):
    """model, files beside it, picture and detections.json of every small case: boxes in pixels of the picture, classes, scores"""
    image = picture(0)[:60, :91].copy()
    os.makedirs(dir, exist_ok=True)
    cv2.imwrite(os.path.join(dir, "street.png"), image)
    for name in SMALL:
        case_dir = os.path.join(dir, folder_name(name.lower()).replace("--", "-"))
        os.makedirs(case_dir, exist_ok=True)
        path = os.path.join(case_dir, "model.onnx")
        case, _, _, _, _, conf, label, keep, at = made(name, path, image)
        if os.path.getsize(path) > 50e3 or len(keep) < 2:
            print(f"{name}: {os.path.getsize(path)} bytes, {len(keep)} found: left out")
            shutil.rmtree(case_dir)
            continue
        found = [{"box": [round(float(v), 4) for v in at[k]], "class": int(label[k]), "score": round(float(conf[k]), 7)} for k in keep]
        with open(os.path.join(case_dir, "detections.json"), "w") as f:
            json.dump({"maker": name, "threshold": case.threshold, "found": len(keep), "first": found[:12]}, f, indent=1)
        print(f"{name}: {os.path.getsize(path)} bytes, {len(keep)} found")


def main():
    if sys.argv[1] == "--small":
        return small_files(sys.argv[2])
    work = os.environ.get("WORK") or tempfile.mkdtemp()
    image = picture(0)
    cv2.imwrite(os.path.join(work, "street.png"), image)
    os.environ.setdefault("BACKEND", "")
    lines, right = [], 0
    wanted = sys.argv[2:] or list(CASES)
    for name in wanted:
        try:
            row = check(name, image, work)
        except Exception as e:
            row = f"not made: {e!r}"[:160], "", ""
            if os.environ.get("WORK"):
                raise
        right += all(c.startswith(("ok", "none")) for c in row)
        lines.append(f"| {name} | " + " | ".join(c.replace("|", "/").replace("\n", " ") for c in row) + " |")
        print(lines[-1], flush=True)
        if not os.environ.get("WORK"):
            shutil.rmtree(os.path.join(work, folder_name(name)), ignore_errors=True)
        with open(sys.argv[1], "w") as f:
            f.write("# Other makers' detectors, one command each\n\n" + __doc__.split("\n\n", 2)[2].strip() + "\n\n"
                    f"{right} of {len(lines)} files are right.\n\n| file | detections | D-RISE's weights | gradient, at |\n|---|---|---|---|\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
