"""Masks a second of `gradcam rise` and `gradcam drise`, and of loops beside them.

    rise.py GRADCAM TESTDATA [rounds [rise|drise]]
    rise.py memory GRADCAM TESTDATA       resident memory of 1,000 and of 5,000 masks
    rise.py bound TESTDATA                masks a second if a forward pass were all multiplication of matrices

GRADCAM is the built command. The loops run the same ONNX files with two threads, in
onnxruntime and in torch (eager; in its default layout, and channels last), where a small
interpreter here runs the file's operators; its outputs are compared with onnxruntime's
before anything is timed.

A "batch" loop makes its masks in batches of 16, multiplies, runs, decodes, compares and
adds up. A "one mask a call" loop is vision-explanation-methods: of detections its
DRISE_saliency as it stands, around the model in the wrapper that it asks for; of classes,
which it does not explain, its generate_mask and fuse_mask around the classifier.

Runs are interleaved. A rate of ours is that of the masks between a short and a long run,
so that start and compilation do not count. Needs what requirements-rise.txt names.
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
import torch
import torch.nn.functional as F
from onnx.tools.update_model_dims import update_inputs_outputs_dims
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode
from torchvision.ops import nms

BATCH, THREADS = 16, 2
torch.set_num_threads(THREADS)
torch.set_grad_enabled(False)


def onnxruntime(model):
    """Runs a model in onnxruntime: picture tensor -> output tensors."""
    o = ort.SessionOptions()
    o.intra_op_num_threads, o.inter_op_num_threads, o.log_severity_level = THREADS, 1, 3
    s = ort.InferenceSession(model.SerializeToString(), o, providers=["CPUExecutionProvider"])
    name = [i.name for i in model.graph.input if i.name not in {w.name for w in model.graph.initializer}][0]
    return lambda x: [torch.from_numpy(v) for v in s.run(None, {name: x.numpy()})]


def eager(model, layout=torch.contiguous_format):
    """Runs a model in eager torch, operator by operator."""
    values = {w.name: torch.from_numpy(onnx.numpy_helper.to_array(w).copy()) for w in model.graph.initializer}
    values = {k: v.contiguous(memory_format=layout) if v.dim() == 4 else v for k, v in values.items()}
    name = [i.name for i in model.graph.input if i.name not in values][0]
    steps = [(n.op_type, list(n.input), list(n.output), {a.name: onnx.helper.get_attribute_value(a) for a in n.attribute}) for n in model.graph.node]
    last = {i: k for k, (_, inputs, _, _) in enumerate(steps) for i in inputs}  # where a value is used for the last time
    outputs = [o.name for o in model.graph.output]

    def conv(a, x, w, b=None):
        top, left, bottom, right = a["pads"]
        if (top, left) != (bottom, right):
            x, top, left = F.pad(x, (left, right, top, bottom)), 0, 0
        return F.conv2d(x, w, b, a["strides"], (top, left), a["dilations"], a["group"])

    def gemm(a, x, w, b):
        return F.linear(x, w if a.get("transB") else w.T, b)

    run = {
        "Conv": conv,
        "ConvTranspose": lambda a, x, w, b=None: F.conv_transpose2d(x, w, b, a["strides"], a["pads"][:2], groups=a["group"]),
        "BatchNormalization": lambda a, x, scale, shift, mean, var: F.batch_norm(x, mean, var, scale, shift, eps=a["epsilon"]),
        "Clip": lambda a, x, lo, hi: torch.clamp_(x, lo.item(), hi.item()),
        "Relu": lambda a, x: torch.relu_(x),
        "Sigmoid": lambda a, x: torch.sigmoid(x),
        "Add": lambda a, x, y: x + y,
        "ReduceMean": lambda a, x, axes: x.mean(axes.tolist(), keepdim=bool(a["keepdims"])),
        "Reshape": lambda a, x, shape: x.reshape([x.shape[i] if d == 0 and not a.get("allowzero") else d for i, d in enumerate(shape.tolist())]),
        "Gemm": gemm,
    }

    def forward(x):
        v = dict(values)
        v[name] = x.contiguous(memory_format=layout)
        for k, (op, inputs, out, a) in enumerate(steps):
            v[out[0]] = run[op](a, *(v[i] for i in inputs))
            for i in inputs:
                if last[i] == k and i not in values:
                    del v[i]
        return [v[o] for o in outputs]

    return forward


def masks(n, grid, size):
    """RISE masks as eclique/RISE makes them, a batch at once: a grid, enlarged bilinearly and cut out at a random shift."""
    cell = -(-size // grid)
    cells = (torch.rand(n, 1, grid, grid) < 0.5).float()
    big = F.interpolate(cells, size=((grid + 1) * cell,) * 2, mode="bilinear", align_corners=False)
    shifts = torch.randint(0, cell, (n, 2)).tolist()
    return torch.stack([m[:, y:y + size, x:x + size] for m, (y, x) in zip(big, shifts)])


class Net:
    """A model with its picture: forward passes by name, which agree."""

    def __init__(self, model, x):
        self.x = x
        self.forward = {"onnxruntime": onnxruntime(model), "torch": eager(model), "torch, channels last": eager(model, torch.channels_last)}
        some = x * masks(2, self.grid, self.size)
        want = self.forward["onnxruntime"](some)
        for name, run in self.forward.items():
            for a, b in zip(run(some), want):
                off = ((a - b).abs().max() / b.abs().max()).item()
                if not off < 1e-4:
                    raise SystemExit(f"{self.name}: {name} is {off} off onnxruntime")

    def in_batches(self, by, n):
        total, start = torch.zeros(self.size, self.size), time.perf_counter()
        for _ in range(n // BATCH):
            m = masks(BATCH, self.grid, self.size)
            w = self.weights(self.forward[by](self.x * m))
            total += torch.tensordot(w, m[:, 0], 1)
        return n / (time.perf_counter() - start)


class Classifier(Net):
    name, grid, size, command = "RISE, EfficientNet-Lite0", 7, 224, "rise"
    any_batch = True  # the file leaves the size of a batch open, so onnxruntime takes any

    def __init__(self, data):
        self.model, self.picture = data / "models/efficientnet-lite0.onnx", data / "images/cat_224.png"
        x = (np.asarray(Image.open(self.picture).convert("RGB"), np.float32) - 127) / 128
        m = onnx.load(self.model)
        x = torch.from_numpy(x.transpose(2, 0, 1)[None].copy())
        self.target = int(onnxruntime(m)(x)[0].argmax())
        self.flags = ["--target", f"class:{self.target}"]
        super().__init__(m, x)

    def weights(self, out):
        return out[0][:, self.target]

    def one_a_call(self, by, n):
        from vision_explanation_methods.explanations import drise
        total, start = torch.zeros(3, self.size, self.size), time.perf_counter()
        for _ in range(n):
            m = drise.generate_mask((self.grid,) * 2, (self.size,) * 2, self.size // self.grid, "cpu")
            total += self.weights(self.forward[by](drise.fuse_mask(self.x, m)))[0] * m
        return n / (time.perf_counter() - start)


class Faces(Net):
    name, grid, size, command = "D-RISE, CenterFace", 16, 256, "drise"
    any_batch = False  # the file names a batch of 10 and 32 x 32 pixels, to which onnxruntime holds

    def __init__(self, data):
        self.model, self.picture = data / "models/centerface.onnx", data / "images/astronaut.png"
        m = onnx.load(self.model)
        dims = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in m.graph.input}
        dims["input.1"] = ["B", 3, "H", "W"]
        outs = {o: ["B", c, "h", "w"] for o, c in (("537", 1), ("538", 2), ("539", 2), ("540", 10))}
        m = update_inputs_outputs_dims(m, dims, outs)
        img = Image.open(self.picture).convert("RGB").resize((self.size, self.size), Image.BILINEAR)
        self.flags = ["--size", str(self.size)]
        super().__init__(m, torch.from_numpy(np.asarray(img, np.float32).transpose(2, 0, 1)[None].copy()))
        boxes, heat = self.decode(self.forward["onnxruntime"](self.x))
        self.box = boxes[0, heat[0].argmax()]

    def decode(self, out):
        heat, scale, offset = out[:3]
        h, w = heat.shape[2:]
        r, c = torch.arange(h)[:, None], torch.arange(w)[None]
        bh, bw = 4 * scale[:, 0].exp(), 4 * scale[:, 1].exp()
        x0 = ((c + offset[:, 1] + 0.5) * 4 - bw / 2).clamp(0, self.size)
        y0 = ((r + offset[:, 0] + 0.5) * 4 - bh / 2).clamp(0, self.size)
        boxes = torch.stack([x0, y0, (x0 + bw).clamp(max=self.size), (y0 + bh).clamp(max=self.size)], -1)
        return boxes.reshape(len(heat), -1, 4), heat[:, 0].reshape(len(heat), -1)

    def weights(self, out):
        boxes, heat = self.decode(out)
        b = self.box
        sides = (torch.minimum(boxes[..., 2:], b[2:]) - torch.maximum(boxes[..., :2], b[:2])).clamp(min=0)
        shared = sides.prod(-1)
        area = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
        return (shared / (area + (b[2:] - b[:2]).prod() - shared) * heat).amax(1)

    def one_a_call(self, by, n):
        from vision_explanation_methods.explanations import common, drise
        net = self

        class Wrapped(common.GeneralObjectDetectionModelWrapper):
            """What is found: candidates over 0.2, without those that overlap a surer one by 0.3."""

            def predict(self, x):
                found = []
                for boxes, heat in zip(*net.decode(net.forward[by](x))):
                    sure = heat > 0.2
                    boxes, heat = boxes[sure], heat[sure]
                    keep = nms(boxes, heat, 0.3)
                    found.append(common.DetectionRecord(boxes[keep], heat[keep], torch.ones(len(keep), 1)))
                return found

        model = Wrapped()
        targets = model.predict(self.x)
        targets[0] = targets[0].get_by_index([0])
        start = time.perf_counter()
        drise.DRISE_saliency(model, self.x, targets, number_of_masks=n, mask_res=(self.grid,) * 2)
        return n / (time.perf_counter() - start)


LIBRARY = next(pathlib.Path(ort.__file__).parent.glob("capi/libonnxruntime.so*"))  # the one that the loops use


def ours(gradcam, net, n, backend="xla:cpu"):
    """Seconds of the masks, and the highest resident memory in MB."""
    with tempfile.TemporaryDirectory() as out:
        p = subprocess.Popen([gradcam, net.command, "--model", net.model, "--image", net.picture, "--out", out,
                              "--masks", str(n), "--batch", str(BATCH), "--backend", backend, *net.flags],
                             stderr=subprocess.DEVNULL, env=dict(os.environ, ONNXRUNTIME_LIBRARY_PATH=str(LIBRARY)))
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        if p.returncode:
            raise SystemExit(f"gradcam failed with {p.returncode}")
        return json.loads((pathlib.Path(out) / "result.json").read_text())["seconds"]["perturb"], usage.ru_maxrss / 1024


NETS = {"rise": Classifier, "drise": Faces}


def main(gradcam, data, rounds=7, only=None):
    short, long = 64, 320
    for command in [only] if only else NETS:
        net = NETS[command](pathlib.Path(data))

        def rate(backend):
            return (long - short) / (ours(gradcam, net, long, backend)[0] - ours(gradcam, net, short, backend)[0])

        ways = {"gradcam": lambda: rate("xla:cpu")}
        if net.any_batch:
            ways["gradcam, --backend onnxruntime"] = lambda: rate("onnxruntime")
        for by in net.forward:
            ways[f"{by}, in batches"] = lambda by=by: net.in_batches(by, 96)
        for by in ("onnxruntime", "torch"):
            ways[f"{by}, one mask a call"] = lambda by=by: net.one_a_call(by, 48)
        rates = {name: [] for name in ways}
        for _ in range(int(rounds)):
            for name, way in ways.items():
                rates[name].append(way())
        middle = {name: statistics.median(v) for name, v in rates.items()}
        print(f"\n{net.name}, {net.size} x {net.size}: medians of {rounds} rounds\n\n| | masks a second | gradcam is |\n|---|---|---|")
        for name, v in middle.items():
            print(f"| {name} | {v:.1f} ({min(rates[name]):.0f} to {max(rates[name]):.0f}) | {middle['gradcam'] / v:.2f} times |", flush=True)


def memory(gradcam, data):
    for command in NETS:
        net = NETS[command](pathlib.Path(data))
        for n in (1000, 5000):
            print(f"{net.name}: {n} masks, {ours(gradcam, net, n)[1]:.0f} MB resident", flush=True)


def bound(data):
    side = 2048
    a, b = torch.rand(side, side), torch.rand(side, side)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    peak = 2 * side**3 / min(times)
    print(f"matrices of {side} x {side}: {peak / 1e9:.0f} GFLOP/s")
    for command in NETS:
        net = NETS[command](pathlib.Path(data))
        with FlopCounterMode(display=False) as counter:
            net.forward["torch"](net.x)
        cost = counter.get_total_flops()
        print(f"{net.name}: {cost / 1e9:.2f} GFLOP a mask, {peak / cost:.0f} masks a second", flush=True)


if __name__ == "__main__":
    commands = {"memory": memory, "bound": bound}
    commands[sys.argv[1]](*sys.argv[2:]) if sys.argv[1] in commands else main(*sys.argv[1:])
