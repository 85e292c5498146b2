"""Masks a second of `gradcam rise` and `gradcam drise`, and of plain loops beside them.

    rise.py GRADCAM TESTDATA [rounds]
    rise.py memory GRADCAM TESTDATA       resident memory of 1,000 and of 5,000 masks

GRADCAM is the built command. The loops run the same ONNX files in onnxruntime with two
threads: "batch" makes its masks in batches of 16 with numpy and multiplies, runs, decodes,
compares and adds up; "one" does so one mask a call with nearest masks, as
vision-explanation-methods 0.1.1 does. Runs are interleaved; a rate is that of the masks
between a short and a long run, so that start and compilation do not count. Needs numpy,
onnx, onnxruntime and Pillow.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime as ort
from onnx.tools.update_model_dims import update_inputs_outputs_dims
from PIL import Image

BATCH, THREADS = 16, 2


def session(model):
    o = ort.SessionOptions()
    o.intra_op_num_threads, o.inter_op_num_threads = THREADS, 1
    return ort.InferenceSession(model.SerializeToString(), o, providers=["CPUExecutionProvider"])


def masks(rng, n, grid, size, nearest=False):
    """RISE masks as eclique/RISE makes them: a grid, enlarged and cut out at a random shift."""
    cell = -(-size // grid)
    out = np.empty((n, size, size), np.float32)
    for i in range(n):
        cells = Image.fromarray((rng.random((grid, grid)) < 0.5).astype(np.float32))
        big = np.asarray(cells.resize(((grid + 1) * cell,) * 2, Image.NEAREST if nearest else Image.BILINEAR))
        y, x = rng.integers(0, cell, 2)
        out[i] = big[y:y + size, x:x + size]
    return out


class Classifier:
    name, grid, size, command = "EfficientNet-Lite0", 7, 224, "rise"

    def __init__(self, data):
        self.model = data / "models/efficientnet-lite0.onnx"
        self.picture = data / "images/cat_224.png"
        self.run = session(onnx.load(self.model))
        x = (np.asarray(Image.open(self.picture).convert("RGB"), np.float32) - 127) / 128
        self.x = x.transpose(2, 0, 1)[None]
        self.target = int(self.run.run(None, {"image": self.x})[0].argmax())
        self.flags = ["--target", f"class:{self.target}"]

    def weights(self, x):
        return self.run.run(None, {"image": x})[0][:, self.target]


class Faces:
    name, grid, size, command = "CenterFace", 16, 256, "drise"

    def __init__(self, data):
        self.model = data / "models/centerface.onnx"
        self.picture = data / "images/astronaut.png"
        m = onnx.load(self.model)
        dims = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in m.graph.input}
        dims["input.1"] = ["B", 3, "H", "W"]
        outs = {o: ["B", c, "h", "w"] for o, c in (("537", 1), ("538", 2), ("539", 2), ("540", 10))}
        self.run = session(update_inputs_outputs_dims(m, dims, outs))
        img = Image.open(self.picture).convert("RGB").resize((self.size, self.size), Image.BILINEAR)
        self.x = np.asarray(img, np.float32).transpose(2, 0, 1)[None]
        boxes, heat = self.decode(self.x)
        self.box = boxes[0, heat[0].argmax()]
        self.flags = ["--size", str(self.size)]

    def decode(self, x):
        heat, scale, offset = self.run.run(["537", "538", "539"], {"input.1": x})
        h, w = heat.shape[2:]
        r, c = np.mgrid[:h, :w]
        bh, bw = 4 * np.exp(scale[:, 0]), 4 * np.exp(scale[:, 1])
        x0 = np.clip((c + offset[:, 1] + 0.5) * 4 - bw / 2, 0, self.size)
        y0 = np.clip((r + offset[:, 0] + 0.5) * 4 - bh / 2, 0, self.size)
        boxes = np.stack([x0, y0, np.minimum(x0 + bw, self.size), np.minimum(y0 + bh, self.size)], -1)
        return boxes.reshape(len(x), -1, 4), heat[:, 0].reshape(len(x), -1)

    def weights(self, x):
        boxes, heat = self.decode(x)
        b = self.box
        wide = np.clip(np.minimum(boxes[..., 2], b[2]) - np.maximum(boxes[..., 0], b[0]), 0, None)
        high = np.clip(np.minimum(boxes[..., 3], b[3]) - np.maximum(boxes[..., 1], b[1]), 0, None)
        shared = wide * high
        area = (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
        return (shared / (area + (b[2] - b[0]) * (b[3] - b[1]) - shared) * heat).max(1)


def loop(net, n, batch, nearest=False):
    rng, total = np.random.default_rng(0), np.zeros((net.size, net.size), np.float32)
    start = time.perf_counter()
    for _ in range(n // batch):
        m = masks(rng, batch, net.grid, net.size, nearest)
        total += np.tensordot(net.weights(net.x * m[:, None]).astype(np.float32), m, 1)
    return n / (time.perf_counter() - start)


def ours(gradcam, net, n):
    """Seconds of the masks, and the highest resident memory in MB."""
    with tempfile.TemporaryDirectory() as out:
        p = subprocess.Popen([gradcam, net.command, "--model", net.model, "--image", net.picture, "--out", out,
                              "--masks", str(n), "--batch", str(BATCH), "--backend", "xla:cpu", *net.flags],
                             stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        if p.returncode:
            raise SystemExit(f"gradcam failed with {p.returncode}")
        return json.loads((pathlib.Path(out) / "result.json").read_text())["seconds"]["perturb"], usage.ru_maxrss / 1024


def main(gradcam, data, rounds=3):
    data, rounds = pathlib.Path(data), int(rounds)
    short, long = 64, 320
    for net in (Classifier(data), Faces(data)):
        rates = {"gradcam": [], "onnxruntime, batch": [], "onnxruntime, one": []}
        for _ in range(rounds):
            rates["gradcam"].append((long - short) / (ours(gradcam, net, long)[0] - ours(gradcam, net, short)[0]))
            rates["onnxruntime, batch"].append(loop(net, 128, BATCH))
            rates["onnxruntime, one"].append(loop(net, 64, 1, nearest=True))
        middle = {k: statistics.median(v) for k, v in rates.items()}
        print(f"{net.name} {net.size} x {net.size}, masks a second:", ", ".join(f"{k} {v:.1f}" for k, v in middle.items()),
              f"; {middle['gradcam'] / middle['onnxruntime, batch']:.2f} and {middle['gradcam'] / middle['onnxruntime, one']:.2f} times", flush=True)


def memory(gradcam, data):
    net = Classifier(pathlib.Path(data))
    for n in (1000, 5000):
        print(f"{net.name}: {n} masks, {ours(gradcam, net, n)[1]:.0f} MB resident", flush=True)


if __name__ == "__main__":
    {"memory": memory}[sys.argv[1]](*sys.argv[2:]) if sys.argv[1] == "memory" else main(*sys.argv[1:])
