"""Small networks on volumes [batch, channels, slices, height, width], with what captum 0.9.0 and grad-cam 1.5.7 make of them in
float64. Written with torch 2.15.0 and onnx 1.23.2:

    python generate.py

writes NAME.onnx, NAME.npy (the input) and expected.json beside this file. Weights are seeded.

captum: LayerGradCam, Saliency, InputXGradient, IntegratedGradients and Occlusion; grad-cam: GradCAM, LayerCAM and HiResCAM before
they are scaled (it then resizes by cubic splines, scipy's zoom, where this project is trilinear, as torch's interpolate is). RISE
is worked out here, by its formula, with the random numbers of engine/perturb/masks.go.
"""
import contextlib, io, json, os, sys
import numpy as np, torch
from torch import nn
from captum.attr import InputXGradient, IntegratedGradients, LayerGradCam, Occlusion, Saliency
from pytorch_grad_cam import GradCAM, HiResCAM, LayerCAM

here = os.path.dirname(os.path.abspath(__file__))
expected = {}
D, H, W = 4, 8, 12
CLASS = 1


def seeded(m, n):
    g = torch.Generator().manual_seed(n)
    for p in m.parameters():
        p.data = torch.randn(p.shape, generator=g) * (1 / max(p[0].numel(), 1)) ** 0.5 if p.dim() > 1 else torch.rand(p.shape, generator=g) * 0.5 + 0.3
    for b in m.modules():
        if isinstance(b, nn.BatchNorm3d):
            b.running_mean, b.running_var = torch.randn(b.num_features, generator=g) * 0.1, torch.rand(b.num_features, generator=g) + 0.5
    return m.eval()


def plain():
    return nn.Sequential(nn.Conv3d(2, 6, 3, padding=1), nn.BatchNorm3d(6), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(6, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(8, 4))


class Last(nn.Module):
    """Channels last, as Keras has them."""

    def __init__(s, m):
        super().__init__()
        s.m = m

    def forward(s, x):
        return s.m(x.permute(0, 4, 1, 2, 3))


class Video(nn.Module):
    """Strides over rows and columns alone, and a kernel taken apart, as in R(2+1)D and X3D, with a gate."""

    def __init__(s):
        super().__init__()
        s.space, s.time = nn.Conv3d(2, 6, (1, 3, 3), (1, 2, 2), (0, 1, 1)), nn.Conv3d(6, 8, (3, 1, 1), padding=(1, 0, 0))
        s.act, s.depth, s.down = nn.SiLU(), nn.Conv3d(8, 8, 3, padding=1, groups=8), nn.AvgPool3d((1, 2, 2))
        s.gate, s.out, s.fc = nn.Conv3d(8, 8, 1), nn.ReLU(), nn.Linear(8, 4)

    def forward(s, x):
        x = s.act(s.time(s.act(s.space(x))))
        x = s.depth(x) * torch.sigmoid(s.gate(x.mean((2, 3, 4), keepdim=True))) + x
        return s.fc(s.out(s.down(x)).mean((2, 3, 4)))


class ThereAndBack(nn.Module):
    def __init__(s):
        super().__init__()
        s.down, s.norm, s.act = nn.Conv3d(2, 6, 3, 2, 1), nn.InstanceNorm3d(6), nn.LeakyReLU(0.1)
        s.up, s.join, s.fc = nn.ConvTranspose3d(6, 4, 2, 2), nn.Conv3d(6, 6, 3, padding=1), nn.Linear(6, 4)

    def forward(s, x):
        y = torch.cat([s.up(s.act(s.norm(s.down(x)))), x], 1)
        return s.fc(torch.relu(s.join(y)).amax((2, 3, 4)))


class Tokens(nn.Module):
    """Patches of a volume as tokens, with a class token."""

    def __init__(s, d=8):
        super().__init__()
        s.patch, s.first, s.norm, s.qkv, s.out, s.last, s.fc = nn.Conv3d(2, d, (2, 4, 4), (2, 4, 4)), nn.Parameter(torch.zeros(1, 1, d)), nn.LayerNorm(d), nn.Linear(d, 3 * d), nn.Linear(d, d), nn.LayerNorm(d), nn.Linear(d, 4)

    def forward(s, x):
        x = s.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([s.first.expand(x.shape[0], -1, -1), x], 1)
        q, k, v = s.qkv(s.norm(x)).chunk(3, -1)
        x = x + s.out(torch.softmax(q @ k.transpose(1, 2) / 8**0.5, -1) @ v)
        return s.fc(s.last(x)[:, 0])


def layer_of(m, name):
    return dict(m.named_modules())[name]


def numbers(t):
    return [float(f"{v:.7g}") for v in np.asarray(t, dtype=np.float64).flatten()]


def entry(t):
    return dict(shape=list(np.asarray(t).shape), values=numbers(t))


def trilinear(raw):
    return torch.nn.functional.interpolate(torch.as_tensor(raw)[None, None].clamp(min=0), (D, H, W), mode="trilinear", align_corners=False)[0, 0]


class Picked:
    def __call__(self, out):
        return out[CLASS]


def peer(kind, m, layer, x):
    """What grad-cam makes at the layer before it cuts, scales and resizes."""
    with kind(model=m, target_layers=[layer]) as c:
        out = c.activations_and_grads(x)
        m.zero_grad()
        out[0, CLASS].backward()
        a, g = [c.activations_and_grads.__dict__[k][0].double().numpy() for k in ("activations", "gradients")]
        return c.get_cam_image(x, layer, [Picked()], a, g, False)[0]


def tokens_cam(m, layer, x, grid):
    kept = {}
    h = layer.register_forward_hook(lambda _, __, o: kept.setdefault("a", o))
    score = m(x)[0, CLASS]
    (g,) = torch.autograd.grad(score, kept["a"])
    h.remove()
    a, g = kept["a"][0, 1:].detach(), g[0, 1:]
    return (g.mean(0) * a).sum(1).reshape(grid)


# ---- RISE

M32 = np.uint32


def mix(x):
    with np.errstate(over="ignore"):
        x = x ^ (x >> M32(16))
        x = x * M32(0x7FEB352D)
        x = x ^ (x >> M32(15))
        x = x * M32(0x846CA68B)
        return x ^ (x >> M32(16))


def rise(m, x, channels_at, seed=5, n=40, s=3, p=0.5):
    k = min(s, D)
    cell = [-(-size // count) for size, count in ((D, k), (H, s), (W, s))]
    cells = k * s * s
    total = torch.zeros(D, H, W, dtype=torch.float64)
    with np.errstate(over="ignore"):
        base = mix(M32(seed) + mix(M32(0)))
        for i in range(n):
            h = mix(base + M32(i) * M32(0x9E3779B9))
            u = (mix(h + (np.arange(cells + 3, dtype=np.uint32) + M32(1)) * M32(0x85EBCA6B)) >> M32(8)) / 2**24
            rows, columns, slices = [int(np.floor(u[cells + a] * c)) for a, c in enumerate((cell[1], cell[2], cell[0]))]
            grid = torch.as_tensor(u[:cells] < np.float32(p)).double().reshape(1, 1, k, s, s)
            big = torch.nn.functional.interpolate(grid, ((k + 1) * cell[0], (s + 1) * cell[1], (s + 1) * cell[2]), mode="trilinear", align_corners=False)[0, 0]
            mask = big[slices : slices + D, rows : rows + H, columns : columns + W]
            total += m(x * mask.unsqueeze(channels_at - 1)[None])[0, CLASS].item() * mask
    return total / (p * n)


def write(name, m, layer, x, suggested, shape, channels_at=1, tokens=None, keep=("Grad-CAM", "LayerCAM", "HiResCAM", "full Grad-CAM"), **export):
    np.save(os.path.join(here, name + ".npy"), x.numpy())
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        torch.onnx.export(m, (x,), os.path.join(here, name + ".onnx"), input_names=["volume"], output_names=["answer"], **(dict(dynamo=False) | export))
    m, x = m.double(), x.double()
    at = layer_of(m, layer)
    maps = {}
    if tokens:
        maps["Grad-CAM"] = entry(tokens_cam(m, at, x, tokens))
    else:
        captum = LayerGradCam(m, at).attribute(x, CLASS, relu_attributions=False)[0, 0].detach().numpy()
        maps["Grad-CAM"], maps["full Grad-CAM"] = entry(captum), entry(trilinear(captum))
        for kind, called in ((GradCAM, "Grad-CAM"), (LayerCAM, "LayerCAM"), (HiResCAM, "HiResCAM")):
            got = peer(kind, m, at, x)
            if called == "Grad-CAM":
                assert np.abs(got - captum).max() <= 1e-9 * np.abs(captum).max(), "the peers differ"
            maps[called] = entry(got)
    axis = channels_at - 1
    if "Saliency" in keep:
        maps["Saliency"] = entry(Saliency(m).attribute(x, CLASS)[0].amax(axis).detach())
        maps["Input x gradient"] = entry(InputXGradient(m).attribute(x, CLASS)[0].sum(axis).detach())
        maps["Integrated gradients"] = entry(IntegratedGradients(m).attribute(x, target=CLASS, n_steps=50)[0].sum(axis).detach())
        window, stride = [2, H // 2, W // 2], [1, H // 4, W // 4]  # of a grid of 2
        for part in (window, stride):
            part.insert(axis, 2)
        maps["Occlusion"] = entry(Occlusion(m).attribute(x, tuple(window), tuple(stride), target=CLASS, baselines=0)[0].select(axis, 0).detach())
        maps["RISE"] = entry(rise(m, x, channels_at))
    maps = {called: got for called, got in maps.items() if called in keep}
    for called, got in maps.items():
        want = [D, H, W] if called not in ("Grad-CAM", "LayerCAM", "HiResCAM") else shape
        assert got["shape"] == want, (name, called, got["shape"], want)
    expected[name] = dict(layer=layer, suggested=suggested, score=m(x)[0, CLASS].item(), maps=maps)
    print(name, expected[name]["score"], {k: float(np.abs(v["values"]).max()) for k, v in maps.items()})


x = torch.randn(1, 2, D, H, W, generator=torch.Generator().manual_seed(3))
last = x.permute(0, 2, 3, 4, 1).contiguous()
pixels = ("Saliency", "Input x gradient", "Integrated gradients", "Occlusion", "RISE")
write("plain", seeded(plain(), 5), "5", x, "5", [2, 4, 6], keep=("Grad-CAM", "LayerCAM", "HiResCAM", "full Grad-CAM", *pixels))
write("plain-newer", seeded(plain(), 5), "5", x, "5", [2, 4, 6], keep=("Grad-CAM",), dynamo=True, external_data=False)
write("plain-last", seeded(Last(plain()), 5), "m.5", last, "m.5", [2, 4, 6], channels_at=4, keep=("Grad-CAM", "Saliency", "Occlusion", "RISE"))
write("free", seeded(plain(), 5), "5", x, "", [2, 4, 6], keep=("Grad-CAM",), dynamic_axes={"volume": [0, 2, 3, 4], "answer": [0]})
with open(os.path.join(here, "free.json"), "w") as f:
    f.write('{"slices": 4}\n')
write("video", seeded(Video(), 5), "out", x, "out", [4, 2, 3])
write("there-and-back", seeded(ThereAndBack(), 5), "act", x, "act", [2, 4, 6], keep=("Grad-CAM", "LayerCAM", "HiResCAM"))
write("tokens", seeded(Tokens(), 5), "norm", x, "norm", [2, 2, 3], tokens=(2, 2, 3))
with open(os.path.join(here, "expected.json"), "w") as f:
    json.dump(expected, f, separators=(",", ":"))
