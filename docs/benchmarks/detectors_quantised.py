"""D-RISE of quantised files, and how far onnxruntime is from itself when the picture moves by one rounding.

    GRADCAM=gradcam ONNXRUNTIME_LIBRARY_PATH=... python detectors_quantised.py OUT.md     (as detectors.py)

A YOLOv8n of random weights is quantised by onnxruntime's own tools, and is given bytes. The first two columns are how far gradcam's
weights of 8 masks are from those of a separate program, which runs the file with onnxruntime. The last column is how far this program is
from itself if every number of the masked pictures moves to the next float32 up or down, by chance, the largest of three draws. A
quantised network turns such a rounding into a step of its scale, so that two right programs are that far apart. Bytes are rounded after
the move; gradcam in pure Go does not round a masked picture to bytes at all.
"""
import os, shutil, subprocess, sys, tempfile

import cv2
import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, quantize_dynamic, quantize_static
from ultralytics.data.augment import LetterBox

from detectors import CONF, MASKS, TOOL, Peer, export, failed, iou, masks, picture

DRAWS = 3


def prepared(k, h, w):
    return LetterBox((h, w), auto=False)(image=picture(k))[..., ::-1].transpose(2, 0, 1).astype(np.float32) / np.float32(255)


class Pictures(CalibrationDataReader):
    def __init__(self, h, w):
        self.rest = [prepared(k, h, w) for k in range(3)]

    def get_next(self):
        return {"images": self.rest.pop()[None]} if self.rest else None


def static(src, path):
    quantize_static(src, path, Pictures(*eval(Peer(onnx.load(src)).told["imgsz"])), op_types_to_quantize=["Conv"])


def as_bytes(src, path):
    m = onnx.load(src)
    m.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(255), "bytes_255"))
    m.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    for n in m.graph.node:
        n.input[:] = ["unit" if i == "images" else i for i in n.input]
    m.graph.node.insert(0, onnx.helper.make_node("Div", ["float", "bytes_255"], ["unit"]))
    m.graph.node.insert(0, onnx.helper.make_node("Cast", ["images"], ["float"], to=onnx.TensorProto.FLOAT))
    onnx.save(m, path)


class Bytes(Peer):
    """of bytes: numbers from 0 to 1 are rounded to them"""

    def candidates(self, x):
        y = self.run.run([self.name], {"images": np.rint(x[None] * 255).astype(np.uint8)})[0][0].T
        return np.concatenate([y[:, :2] - y[:, 2:4] / 2, y[:, :2] + y[:, 2:4] / 2], 1), y[:, 4:]


CASES = {"int8 (static, convolutions)": (static, Peer), "int8 (dynamic)": (quantize_dynamic, Peer), "bytes": (as_bytes, Bytes)}


def weights(peer, x, k, moved):
    box, scores = peer.candidates(x)
    out = []
    for m in masks(*x.shape[1:]):
        b, s = peer.candidates(moved(x * m))
        cosine = s @ scores[k] / np.maximum(np.linalg.norm(s, axis=1) * np.linalg.norm(scores[k]), 1e-12)
        out.append((iou(b, box[k]) * cosine * s.max(1)).max())
    return np.array(out)


def row(name, src, work):
    path = os.path.join(work, "quantised.onnx")
    make, kind = CASES[name]
    make(src, path)
    peer = kind(onnx.load(path))
    x = prepared(0, peer.h, peer.w)
    k = peer.candidates(x)[1].max(1).argmax()
    want = weights(peer, x, k, lambda v: v)
    cells = [name]
    for backend in ("go", "onnxruntime"):
        out = os.path.join(work, backend)
        a = ["--model", path, "--image", os.path.join(work, "street.png"), "--out", out, "--backend", backend]
        r = subprocess.run([TOOL, "drise", "--masks", str(MASKS), "--design", "papers", "--by-box", "--threshold", str(CONF), *a], capture_output=True, text=True)
        cells.append(failed(r) if r.returncode else f"{np.abs(np.load(out + '/weights.npy')[0] - want).max():.1e}")
    chance = np.random.default_rng(0)
    step = lambda v: np.nextafter(v, np.where(chance.random(v.shape) < 0.5, 2, -1).astype(np.float32))
    cells.append(f"{max(np.abs(weights(peer, x, k, step) - want).max() for _ in range(DRAWS)):.1e}")
    return "| " + " | ".join(cells) + " |"


def main():
    work = tempfile.mkdtemp()
    cv2.imwrite(os.path.join(work, "street.png"), picture(0))
    src = os.path.join(work, "yolov8n.onnx")
    shutil.move(export("yolov8n", "yolov8n.yaml", {}), src)
    lines = []
    for name in CASES:
        lines.append(row(name, src, work))
        print(lines[-1], flush=True)
    shutil.rmtree(work)
    with open(sys.argv[1], "w") as f:
        f.write("# Quantised detectors\n\n" + __doc__.split("\n\n", 2)[2].strip() + "\n\n| file | gradcam in pure Go | gradcam with onnxruntime | onnxruntime, one rounding away |\n"
                "|---|---|---|---|\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
