"""Whole networks on signals [batch, channels, length], by both of torch's exporters, against captum 0.9: Grad-CAM at the suggested
layer, and the gradient at the signal.

    python signals.py FOLDER GRADCAM

writes a line a file to FOLDER/signals.jsonl. Needs captum as well as requirements.txt.
"""
import json, os, pathlib, sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import onnx
import torch
from torch import nn

import population


class Basic(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv1d(i, o, 3, stride, 1, bias=False), nn.BatchNorm1d(o)
        self.conv2, self.bn2 = nn.Conv1d(o, o, 3, 1, 1, bias=False), nn.BatchNorm1d(o)
        self.down, self.act = nn.Conv1d(i, o, 1, stride), nn.ReLU()

    def forward(self, x):
        return self.act(self.bn2(self.conv2(self.act(self.bn1(self.conv1(x))))) + self.down(x))


class Last(nn.Module):
    """Channels last, as Keras has them."""

    def __init__(self, m):
        super().__init__()
        self.m = m

    def forward(self, x):
        return self.m(x.transpose(1, 2))


class Flat2D(nn.Module):
    """A signal that is made a picture of one row inside."""

    def __init__(self):
        super().__init__()
        self.conv, self.act, self.conv2, self.act2, self.fc = nn.Conv2d(2, 6, (1, 5), padding=(0, 2)), nn.ReLU(), nn.Conv2d(6, 8, (1, 3), stride=(1, 2)), nn.ReLU(), nn.Linear(8, 5)

    def forward(self, x):
        return self.fc(self.act2(self.conv2(self.act(self.conv(x.unsqueeze(2))))).mean((2, 3)))


class Attend(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.act, self.att, self.norm, self.fc = nn.Conv1d(2, 8, 8, 4), nn.ReLU(), nn.MultiheadAttention(8, 2, batch_first=True), nn.LayerNorm(8), nn.Linear(8, 5)

    def forward(self, x):
        t = self.act(self.conv(x)).transpose(1, 2)
        t = self.norm(t + self.att(t, t, t, need_weights=False)[0])
        return self.fc(t.mean(1))


def nets():
    seq = nn.Sequential
    yield "plain", seq(nn.Conv1d(2, 6, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(6, 8, 3, padding=1), nn.BatchNorm1d(8), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 5)), 5
    yield "one channel", seq(nn.Conv1d(1, 6, 7, 2, 3), nn.ReLU(), nn.AvgPool1d(2), nn.Conv1d(6, 8, 3), nn.GELU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, 5)), 4
    yield "residual", seq(Basic(12, 8, 1), Basic(8, 12, 2), Basic(12, 16, 2), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(16, 5)), 2
    yield "dilated, flattened", seq(nn.Conv1d(2, 6, 3, dilation=2), nn.ELU(), nn.Conv1d(6, 8, 3, dilation=4, groups=2), nn.Tanh(), nn.Flatten(), nn.Linear(8 * 28, 5)), 3
    yield "there and back", seq(nn.Conv1d(2, 6, 4, 2, 1), nn.ReLU(), nn.ConvTranspose1d(6, 6, 4, 2, 1), nn.ReLU(), nn.Conv1d(6, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 5)), 1
    yield "two rows inside", Flat2D(), "act2"
    yield "attention", Attend(), "norm"


def inputs():
    g = torch.Generator().manual_seed(3)
    for name, m, layer in nets():
        c = {"one channel": 1, "residual": 12}.get(name, 2)
        yield name, m, layer, torch.randn(1, c, 40, generator=g)
        if name in ("plain", "residual"):
            yield name + ", channels last", Last(m), layer, torch.randn(1, 40, c, generator=g)


def settle(m):
    g = torch.Generator().manual_seed(1)
    for p in m.parameters():
        p.data = torch.randn(p.shape, generator=g) * (2 / max(p[0].numel(), 1)) ** 0.5 if p.dim() > 1 else torch.rand(p.shape, generator=g) * 0.5 + (0.5 if p.dim() else 0)
    return m.eval()


def module(m, layer):
    inner = m.m if isinstance(m, Last) else m
    return inner[layer] if isinstance(layer, int) else getattr(inner, layer)


def check(m, layer, x, path, gradcam, folder):
    from captum.attr import LayerGradCam, Saliency

    np.save(folder / "x.npy", x.numpy())
    listed = [l for l in json.loads(population.tool(gradcam, "layers", "--model", path, "--json")) if l.get("suggested")]
    l = listed[0]
    r = dict(layer=l.get("path") or l["name"], grid=l["grid"])
    d = m.double()
    want = LayerGradCam(d, module(d, layer)).attribute(x.double(), 3, relu_attributions=False)
    if isinstance(want, tuple):
        want = want[0]
    want = want.detach().numpy().reshape(1, -1)
    tokens = isinstance(layer, str) and layer == "norm"
    if tokens:  # captum takes the second axis for the channels
        keep = {}
        h = module(d, layer).register_forward_hook(lambda _, __, o: keep.setdefault("a", o))
        s = d(x.double())[0, 3]
        g, = torch.autograd.grad(s, keep["a"])
        h.remove()
        want = (g.mean(1, keepdim=True) * keep["a"]).sum(2).detach().numpy()
    gradient = Saliency(d).attribute(x.double(), 3).numpy()
    axis = 2 if x.shape[1] == 40 else 1
    m.float()
    for method, w, at in (("Grad-CAM", want, ["--layer", l["name"]]), ("Saliency", gradient.max(axis), [])):
        population.tool(gradcam, "explain", "--model", path, "--tensor", folder / "x.npy", "--target", "class:3", "--backend", "go", "--method", method, *at, "--out", folder / "out")
        raw = np.load(folder / "out" / "raw.npy")[0]
        r[method] = population.off(raw, w) if raw.shape == w.shape else 9.0
    for method in ("RISE", "Occlusion"):
        population.tool(gradcam, "explain", "--model", path, "--tensor", folder / "x.npy", "--target", "class:3", "--backend", "go", "--method", method, "--out", folder / "out")
        r[method] = list(np.load(folder / "out" / "heatmap.npy").shape)
    r["map"] = max(r["Grad-CAM"], r["Saliency"])
    return r | dict(verdict="agrees" if r["map"] <= 1e-5 else "differs")


def main(folder, gradcam):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, m, layer, x in inputs():
        settle(m)
        for exporter in ("older", "newer"):
            r = dict(library="signals", network=name, exporter=f"signals, {exporter} exporter")
            try:
                population.export(m, x, str(folder / "net.onnx"), exporter)
            except Exception as e:
                r |= dict(verdict="not exported", reason=f"{type(e).__name__}: {str(e)[:200]}")
            else:
                try:
                    r |= check(m, layer, x, str(folder / "net.onnx"), gradcam, folder)
                except population.Refused as e:
                    r |= dict(verdict="refused", reason=str(e)[:500])
                except Exception as e:
                    r |= dict(verdict="fault of this program", reason=f"{type(e).__name__}: {str(e)[:300]}")
            with (folder / "signals.jsonl").open("a") as f:
                f.write(json.dumps(r) + "\n")
            print(name, exporter, r["verdict"], {k: r.get(k) for k in ("layer", "grid", "Grad-CAM", "Saliency", "RISE", "Occlusion")}, r.get("reason", ""), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
