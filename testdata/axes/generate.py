"""Small networks whose axes, tokens, outputs and units are laid out in every usual way, with Grad-CAM at one layer by torch's
own autograd in float64. Written with torch 2.15.0 and onnx 1.23.2:

    python generate.py

writes NAME.onnx, NAME.npy (the input) and expected.json beside this file. Weights are seeded.
"""
import contextlib, io, json, os, sys
import numpy as np, torch
from torch import nn

here = os.path.dirname(os.path.abspath(__file__))
expected = {}


def seeded(m, n):
    g = torch.Generator().manual_seed(n)
    for p in m.parameters():
        p.data = torch.randn(p.shape, generator=g) * (0.4 if p.dim() > 1 else 0.2)
    return m.eval()


class Block(nn.Module):
    def __init__(s, d):
        super().__init__()
        s.norm1, s.qkv, s.out, s.norm2, s.mlp = nn.LayerNorm(d), nn.Linear(d, 3 * d), nn.Linear(d, d), nn.LayerNorm(d), nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(s, x):
        b, n, d = x.shape
        q, k, v = s.qkv(s.norm1(x)).reshape(b, n, 3, 2, d // 2).permute(2, 0, 3, 1, 4)
        x = x + s.out((torch.softmax(q @ k.transpose(-1, -2) / (d // 2) ** 0.5, -1) @ v).transpose(1, 2).reshape(b, n, d))
        return x + s.mlp(s.norm2(x))


class ViT(nn.Module):
    """before and after are tokens beside the patches; pool says how the answer is made of them."""

    def __init__(s, before=0, after=0, patch=(8, 8), pool="mean", d=8):
        super().__init__()
        s.patch, s.pool, s.before, s.after = nn.Conv2d(3, d, patch, patch), pool, before, after
        s.first, s.last = nn.Parameter(torch.zeros(1, before, d)), nn.Parameter(torch.zeros(1, after, d))
        s.blocks, s.norm, s.head = nn.Sequential(Block(d), Block(d)), nn.LayerNorm(d), nn.Linear(d, 4)

    def forward(s, x):
        x = s.patch(x).flatten(2).transpose(1, 2)
        parts = ([s.first.expand(x.shape[0], -1, -1)] if s.before else []) + [x] + ([s.last.expand(x.shape[0], -1, -1)] if s.after else [])
        x = s.norm(s.blocks(torch.cat(parts, 1) if len(parts) > 1 else x))
        if s.pool == "first":
            return s.head(x[:, 0])
        if s.pool == "last":
            return s.head(x[:, -1])
        return s.head(x[:, s.before : x.shape[1] - s.after].mean(1))


class Mixer(nn.Module):
    def __init__(s, n, d=8):
        super().__init__()
        s.patch, s.norm1, s.tokens, s.norm2, s.channels, s.norm, s.head = nn.Conv2d(3, d, 8, 8), nn.LayerNorm(d), nn.Linear(n, n), nn.LayerNorm(d), nn.Linear(d, d), nn.LayerNorm(d), nn.Linear(d, 4)

    def forward(s, x):
        x = s.patch(x).flatten(2).transpose(1, 2)
        x = x + torch.tanh(s.tokens(s.norm1(x).transpose(1, 2))).transpose(1, 2)
        x = x + torch.tanh(s.channels(s.norm2(x)))
        return s.head(s.norm(x).mean(1))


class Net(nn.Module):
    """A convolutional body, and a head of its vector or of its map."""

    def __init__(s, head, out, planes=False, channels=3, last=False):
        super().__init__()
        s.body = nn.Sequential(nn.Conv2d(channels, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 1, 1), nn.ReLU())
        s.fc, s.head, s.planes, s.last = nn.Conv2d(8, out, 1) if planes else nn.Linear(8, out), head, planes, last

    def forward(s, x):
        x = s.body(x.permute(0, 3, 1, 2) if s.last else x)
        return s.head(s.fc(x if s.planes else x.mean((2, 3))))


def cam(m, layer, x, score, to_map):
    m, x, kept = m.double(), x.double(), {}

    def keep(_, __, o):
        kept["a"] = o
        return o

    h = dict(m.named_modules())[layer].register_forward_hook(keep)
    out = m(x)
    s = score(out)
    (g,) = torch.autograd.grad(s.sum(), kept["a"])
    h.remove()
    m.float()
    a, g = to_map(kept["a"].detach()), to_map(g)
    return (g.mean((2, 3), keepdim=True) * a).sum(1)[0], s.item()


def write(name, m, x, layer, cases, to_map=lambda t: t, **more):
    path = os.path.join(here, name)
    np.save(path + ".npy", x.numpy())
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(m, (x,), path + ".onnx", dynamo=False, input_names=["image"], output_names=["answer"])
    said = dict(layer=layer, **more, cases={})
    for target, (score, unit) in cases.items():
        raw, s = cam(m, layer, x, score, to_map)
        said["cases"][target] = dict(score=s, unit=unit, shape=list(raw.shape), map=[float(f"{v:.9g}") for v in raw.flatten().tolist()])
    expected[name] = said


def picture(h, w, n=3, seed=3):
    return torch.randn(1, n, h, w, generator=torch.Generator().manual_seed(seed))


one = {"class:1": (lambda o: o[:, 1], "logits")}
for name, options, (h, w) in [
    ("tokens-none", dict(), (32, 32)),
    ("tokens-class", dict(before=1, pool="first"), (32, 32)),
    ("tokens-class-last", dict(after=1, pool="last"), (32, 32)),
    ("tokens-registers-last", dict(before=1, after=4, pool="first"), (32, 32)),
    ("tokens-reg4-mean", dict(before=4), (32, 32)),
    ("tokens-3", dict(before=3, pool="first"), (32, 32)),
    ("tokens-5-of-4", dict(before=5, pool="first"), (16, 16)),
    ("tokens-oblong-patches", dict(before=1, pool="first", patch=(4, 8)), (24, 32)),
    ("tokens-no-multiple", dict(before=1, pool="first"), (37, 53)),
]:
    m = seeded(ViT(**options), 5)
    ph, pw = options.get("patch", (8, 8))
    gh, gw, before = h // ph, w // pw, options.get("before", 0)
    write(name, m, picture(h, w), "blocks.0", one, lambda t, gh=gh, gw=gw, before=before: t[:, before : before + gh * gw].transpose(1, 2).reshape(1, -1, gh, gw),
          suggested="norm" if options.get("pool", "mean") == "mean" else "blocks.1.norm1")
write("tokens-mixer", seeded(Mixer(16), 5), picture(32, 32), "norm2", one, lambda t: t.transpose(1, 2).reshape(1, -1, 4, 4), suggested="norm")

x = picture(16, 24)
log1 = lambda o: o[:, 1]
soft = seeded(Net(lambda y: y.softmax(1), 5), 7)
plain = seeded(Net(lambda y: y, 5), 7)


def of(net, score):
    """The score of another network of the same weights: the one before the last operator."""
    return score


def ended(name, head, n, cases, **more):
    """cases: target -> (score of the raw values before the head, unit)."""
    m = seeded(Net(lambda y: y, n), 7)
    said = {}
    for target, (score, unit) in cases.items():
        raw, s = cam(m, "body", x, score, lambda t: t)
        said[target] = dict(score=s, unit=unit, shape=list(raw.shape), map=[float(f"{v:.9g}") for v in raw.flatten().tolist()])
    write(name, seeded(Net(head, n), 7), x, "body", {}, **more)
    expected[name]["cases"] = said


def sm(i):
    return lambda o: o.softmax(1)[:, i]


def decomposed(y):
    e = (y - y.amax(1, keepdim=True)).exp()
    return e / e.sum(1, keepdim=True)


logit = {"class:2": (lambda o: o[:, 2], "logits"), "softmax:2": (sm(2), "probability"), "top1": (lambda o: o.max(1).values, "logits")}
ended("softmax", lambda y: y.softmax(1), 5, logit)
ended("softmax-decomposed", decomposed, 5, logit)
ended("logsoftmax", lambda y: y.log_softmax(1), 5, logit)
ended("argmax", lambda y: y.argmax(1), 5, logit)
ended("softmax-argmax", lambda y: y.softmax(1).argmax(1), 5, logit)
ended("topk", lambda y: tuple(y.topk(2, 1)), 5, {"class:2": logit["class:2"], "top1": logit["top1"]})
ended("sigmoids", torch.sigmoid, 5, {"tag:2": (lambda o: o[:, 2], "logits"), "class:2": (lambda o: o[:, 2], "logits")})
ended("sigmoid", torch.sigmoid, 1, {"binary:1": (lambda o: o[:, 0], "logits"), "binary:0": (lambda o: -o[:, 0], "logits"), "class:0": (lambda o: o[:, 0], "logits"), "output:answer:0": (lambda o: torch.sigmoid(o[:, 0]), "probability")})
ended("sigmoid-decomposed", lambda y: 1 / (1 + torch.exp(-y)), 1, {"binary:1": (lambda o: o[:, 0], "logits")})
ended("one", lambda y: y, 1, {"class:0": (lambda o: o[:, 0], "output"), "binary:0": (lambda o: -o[:, 0], "logits")})
ended("squeezed", lambda y: y.squeeze(1), 1, {"top1": (lambda o: o[:, 0], "output"), "class:0": (lambda o: o[:, 0], "output"), "binary:1": (lambda o: o[:, 0], "logits")})
ended("tanh", torch.tanh, 1, {"class:0": (lambda o: torch.tanh(o[:, 0]), "output")})
ended("exp", torch.exp, 1, {"top1": (lambda o: torch.exp(o[:, 0]), "output")})
ended("fully", lambda y: y[:, :, None, None], 5, {"class:2": (lambda o: o[:, 2], "logits"), "top1": (lambda o: o.max(1).values, "logits")})
ended("nobatch", lambda y: y[0], 5, {"class:2": (lambda o: o[:, 2], "logits")})
ended("points", lambda y: y.view(-1, 3, 2), 6, {"output:answer:4": (lambda o: o[:, 4], "logits")})
ended("probability-of-one", lambda y: y.softmax(1)[:, 2], 5, {"class:0": (sm(2), "probability")})

s = Net(lambda y: y, 3, planes=True)


def region(o, c):
    return (o[:, c] * (o.argmax(1) == c)).sum()


for name, head in [("region", lambda y: y), ("region-last", lambda y: y.permute(0, 2, 3, 1)), ("region-softmax-last", lambda y: y.permute(0, 2, 3, 1).softmax(-1))]:
    m = seeded(Net(lambda y: y, 3, planes=True), 7)
    raw, sc = cam(m, "body", x, lambda o: region(o, 1), lambda t: t)
    write(name, seeded(Net(head, 3, planes=True), 7), x, "body", {})
    expected[name]["cases"] = {"region:1": dict(score=sc, unit="logits", shape=list(raw.shape), map=[float(f"{v:.9g}") for v in raw.flatten().tolist()])}
for n in (1, 2, 4, 11):
    xn = picture(16, 24, n)
    m = seeded(Net(lambda y: y, 4, channels=n), 9)
    write(f"channels-{n}", m, xn, "body", one)
    write(f"channels-{n}-last", seeded(Net(lambda y: y, 4, channels=n, last=True), 9), xn.permute(0, 2, 3, 1).contiguous(), "body", one)


class Signal(nn.Module):
    """A network on signals; last: its channels are last, rows: it makes a picture of one row of them."""

    def __init__(s, last=False, rows=False):
        super().__init__()
        c = (lambda i, o, k, *a: nn.Conv2d(i, o, (1, k), padding=(0, k // 2))) if rows else (lambda i, o, k, stride=1: nn.Conv1d(i, o, k, stride, k // 2))
        s.body, s.fc, s.last, s.rows = nn.Sequential(c(2, 6, 5, 2), nn.ReLU(), c(6, 8, 3), nn.ReLU()), nn.Linear(8, 4), last, rows

    def forward(s, x):
        x = x.transpose(1, 2) if s.last else x
        x = s.body(x.unsqueeze(2) if s.rows else x)
        return s.fc(x.mean((2, 3)) if s.rows else x.mean(2))


class Axis(nn.Module):
    """A network of pictures whose input lacks an axis: that of the batch (0), or that of the one channel (1)."""

    def __init__(s, at):
        super().__init__()
        s.at, s.net = at, Net(lambda y: y, 4, channels=(3, 1)[at])

    def forward(s, x):
        return s.net(x.unsqueeze(s.at))


row = lambda t: t if t.dim() == 4 else t[:, :, None]
signal = picture(1, 40, 2)[:, :, 0]
write("signal", seeded(Signal(), 9), signal, "body", one, row, suggested="body.3")
write("signal-last", seeded(Signal(last=True), 9), signal.transpose(1, 2).contiguous(), "body", one, row, suggested="body.3")
write("signal-rows", seeded(Signal(rows=True), 9), signal, "body", one, row, suggested="body.3")
write("no-batch", seeded(Axis(0), 9), picture(16, 24)[0], "net.body", one)
write("no-channels", seeded(Axis(1), 9), picture(16, 24, 1)[:, 0], "net.body", one)
with open(os.path.join(here, "expected.json"), "w") as f:
    json.dump(expected, f, separators=(",", ":"))
print(len(expected), "networks")
