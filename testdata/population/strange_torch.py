"""Small networks of torch in the idioms of popular architectures, each written by both of torch's exporters: is the output
onnxruntime's, and is Grad-CAM at the suggested layer that of torch's autograd in float64?

    python strange_torch.py FOLDER GRADCAM [--only PATTERN] [--backend NAME]

takes the networks of this file and of strange_nets.py. It writes a line a file to FOLDER/torch.jsonl, for strange_page.py; what agrees there already is not done again.
"""
import argparse, json, os, pathlib, re, traceback

os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch
import torch.nn.functional as F
from torch import nn

import population
from strange_nets import NETS

KINDS = {}
C = 8  # channels of what is tried


def idiom(name, size=(16, 24), channels=C, exporters=("older", "newer")):
    """Registers a maker of what stands between a stem of C channels at half the size and a head of 7 classes."""

    def register(make):
        KINDS[name] = (lambda: Framed(make(), channels), size, exporters)
        return make

    return register


def whole(name, size=(16, 24), exporters=("older", "newer")):
    def register(make):
        KINDS[name] = (make, size, exporters)
        return make

    return register


class Call(nn.Module):
    """A function with modules, which it is given first."""

    def __init__(s, f, *modules):
        super().__init__()
        s.f, s.modules_ = f, nn.ModuleList(modules)

    def forward(s, x):
        return s.f(*s.modules_, x)


class Framed(nn.Module):
    def __init__(s, middle, channels):
        super().__init__()
        s.stem, s.act, s.middle = nn.Conv2d(3, C, 3, 2, 1), nn.SiLU(), middle
        s.last, s.out, s.fc = nn.Conv2d(channels, 12, 3, padding=1), nn.SiLU(), nn.Linear(12, 7)

    def forward(s, x):
        return s.fc(s.out(s.last(s.middle(s.act(s.stem(x))))).mean((2, 3)))


class Headed(nn.Module):
    """A body of 12 channels, and a head of its map."""

    def __init__(s, head, n=12):
        super().__init__()
        s.body = nn.Sequential(nn.Conv2d(3, C, 3, 2, 1), nn.SiLU(), nn.Conv2d(C, n, 3, padding=1), nn.SiLU())
        s.head = head

    def forward(s, x):
        return s.head(s.body(x))


def conv(i, o, k=3, **a):
    return nn.Conv2d(i, o, k, padding=k // 2, **a)


tokens = lambda x: x.flatten(2).transpose(1, 2)
grid = lambda t, like: t.transpose(1, 2).reshape(like.shape)

# ---- normalisations and gates
idiom("group norm in a residual block")(lambda: Call(lambda c1, n1, c2, n2, x: F.relu(x + n2(c2(F.relu(n1(c1(x)))))), conv(C, C), nn.GroupNorm(2, C), conv(C, C), nn.GroupNorm(4, C)))
idiom("group norm of one group, no affine")(lambda: Call(lambda c, x: F.group_norm(c(x), 1), conv(C, C)))
idiom("ConvNeXt block, norm over channels last")(lambda: Call(lambda dw, n, a, b, x: x + (b(F.gelu(a(n(dw(x).permute(0, 2, 3, 1)))) * 0.3)).permute(0, 3, 1, 2), conv(C, C, 7, groups=C), nn.LayerNorm(C), nn.Linear(C, 4 * C), nn.Linear(4 * C, C)))


class FirstNorm(nn.Module):
    def __init__(s):
        super().__init__()
        s.w, s.b = nn.Parameter(torch.ones(C)), nn.Parameter(torch.zeros(C))

    def forward(s, x):
        u = x.mean(1, keepdim=True)
        v = (x - u).pow(2).mean(1, keepdim=True)
        return s.w[:, None, None] * ((x - u) / torch.sqrt(v + 1e-6)) + s.b[:, None, None]


idiom("norm over channels first, by hand")(FirstNorm)
idiom("GRN of ConvNeXt V2")(lambda: Call(lambda x: (lambda g: x * (g / (g.mean(1, keepdim=True) + 1e-6)) + x)(torch.norm(x, p=2, dim=(2, 3), keepdim=True))))
idiom("instance norm, affine")(lambda: nn.InstanceNorm2d(C, affine=True))
idiom("batch norm without affine")(lambda: nn.BatchNorm2d(C, affine=False))
idiom("local response norm")(lambda: nn.LocalResponseNorm(3, alpha=0.1))
idiom("RMS norm of channels")(lambda: Call(lambda n, x: n(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), nn.RMSNorm(C)))
idiom("squeeze-excite with hard sigmoid")(lambda: Call(lambda a, b, x: x * F.hardsigmoid(b(F.relu(a(F.adaptive_avg_pool2d(x, 1))))), nn.Conv2d(C, 4, 1), nn.Conv2d(4, C, 1)))
idiom("ECA")(lambda: Call(lambda c, x: x * torch.sigmoid(c(x.mean((2, 3)).unsqueeze(1)).transpose(1, 2).unsqueeze(-1)).reshape(1, C, 1, 1), nn.Conv1d(1, 1, 3, padding=1)))
idiom("CBAM")(lambda: Call(lambda f, g, c, x: (lambda y: y * torch.sigmoid(c(torch.cat([y.mean(1, keepdim=True), y.amax(1, keepdim=True)], 1))))(x * torch.sigmoid(g(F.relu(f(x.mean((2, 3))))) + g(F.relu(f(x.amax((2, 3))))))[:, :, None, None]), nn.Linear(C, 4), nn.Linear(4, C), nn.Conv2d(2, 1, 7, padding=3)))
idiom("gated linear unit of channels")(lambda: Call(lambda c, x: F.glu(c(x), 1), conv(C, 2 * C)))
idiom("split attention")(lambda: Call(lambda c, f, x: (lambda y: (y * torch.softmax(f(y.sum(1).mean((2, 3))).reshape(1, 2, C, 1, 1), 1)).sum(1))(c(x).reshape(1, 2, C, x.shape[2], x.shape[3])), conv(C, 2 * C), nn.Linear(C, 2 * C)))

# ---- shapes
idiom("pixel shuffle and unshuffle", channels=4 * C)(lambda: Call(lambda c, x: F.pixel_unshuffle(torch.tanh(F.pixel_shuffle(c(x), 2)), 2), conv(C, 4 * C)))
idiom("channel shuffle")(lambda: Call(lambda c, x: c(x.reshape(x.shape[0], 2, C // 2, x.shape[2], x.shape[3]).transpose(1, 2).reshape(x.shape)), nn.Conv2d(C, C, 1, groups=2)))
idiom("focus by strided slices", channels=4 * C)(lambda: Call(lambda x: torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)))
idiom("roll by odd numbers")(lambda: Call(lambda c, x: c(torch.roll(x, (1, -2), (2, 3))), conv(C, C)))
idiom("unfold, product, fold")(lambda: Call(lambda l, x: F.fold(l(F.unfold(x, 2, stride=2).transpose(1, 2)).transpose(1, 2), x.shape[2:], 2, stride=2), nn.Linear(4 * C, 4 * C)))
idiom("unfold into neighbours")(lambda: Call(lambda c, x: (F.unfold(x, 3, padding=1).reshape(1, C, 9, -1) * torch.softmax(c(x).reshape(1, 1, 9, -1), 2)).sum(2).reshape(x.shape), nn.Conv2d(C, 9, 1)))
idiom("repeat_interleave and stride")(lambda: Call(lambda c, x: c(x.repeat_interleave(2, 2).repeat_interleave(2, 3)), nn.Conv2d(C, C, 3, 2, 1)))
idiom("chunk, flip, stack, unbind")(lambda: Call(lambda x: torch.cat(torch.stack([t.flip(3) for t in x.chunk(2, 1)], 1).unbind(1)[::-1], 1)))
idiom("coordinates as channels", channels=C + 2)(lambda: Call(lambda x: torch.cat([x, torch.linspace(-1, 1, x.shape[3]).expand(1, 1, x.shape[2], -1), torch.linspace(-1, 1, x.shape[2])[:, None].expand(1, 1, -1, x.shape[3])], 1)))
idiom("pads: reflect, replicate, circular")(lambda: Call(lambda c, x: c(F.pad(F.pad(F.pad(x, (1, 1, 0, 0), mode="circular"), (0, 0, 1, 1), mode="reflect"), (1, 0, 2, 1), mode="replicate")), nn.Conv2d(C, C, 3, 1)))
idiom("index with a tensor, masked_fill, where")(lambda: Call(lambda x: torch.where(x > 0.3, x[:, torch.tensor([1, 0, 3, 2, 5, 4, 7, 6])], x.masked_fill(x < -0.1, -0.1))))
idiom("cumulative sums as positions")(lambda: Call(lambda x: x + 0.01 * torch.cumsum(torch.ones_like(x), 3) - 0.02 * torch.cumsum(x, 2)))
idiom("einsum over rows and columns")(lambda: Call(lambda x: torch.einsum("bchw,bciw,bcij->bchj", x, x, x) * 0.1))

# ---- pools and resizing
idiom("adaptive average of a size that does not divide", exporters=("newer",))(lambda: nn.AdaptiveAvgPool2d((3, 5)))
idiom("adaptive maximum of a size that does not divide", exporters=("newer",))(lambda: nn.AdaptiveMaxPool2d((3, 5)))
idiom("adaptive average of a size that divides")(lambda: nn.AdaptiveAvgPool2d((4, 6)))
idiom("pyramid of pools, joined", channels=4 * C)(lambda: Call(lambda x: torch.cat([x, *(F.max_pool2d(x, k, 1, k // 2) for k in (3, 5, 7))], 1)))
idiom("pools with ceil and padding left out")(lambda: Call(lambda x: F.avg_pool2d(F.max_pool2d(x, 3, 2, ceil_mode=True), 2, 1, 1, ceil_mode=True, count_include_pad=False)))
idiom("blur pool")(lambda: Call(lambda x: F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]).div(16).expand(C, 1, 3, 3), stride=2, groups=C)))
idiom("power and LP pools")(lambda: Call(lambda x: F.lp_pool2d(F.softplus(x), 3, 2)))
for mode, extra in {"nearest": {}, "nearest-exact": {}, "bilinear": dict(align_corners=False), "bilinear, corners": dict(align_corners=True), "bicubic": dict(align_corners=False), "bicubic, corners": dict(align_corners=True), "area": {}}.items():
    idiom(f"interpolate {mode}", exporters=("newer",) if mode == "area" else ("older", "newer"))(lambda mode=mode, extra=extra: Call(lambda x: F.interpolate(x, (11, 7) if mode != "area" else (4, 6), mode=mode.partition(",")[0], **extra)))
for mode in ("bilinear", "bicubic"):
    idiom(f"interpolate {mode} with antialias", exporters=("newer",))(lambda mode=mode: Call(lambda x: F.interpolate(x, (5, 7), mode=mode, antialias=True)))
idiom("interpolate by a scale, to a sister's size")(lambda: Call(lambda c, x: F.interpolate(c(x), x.shape[2:], mode="bilinear") + F.interpolate(F.interpolate(x, scale_factor=1.5, mode="nearest"), scale_factor=2 / 3, recompute_scale_factor=True, mode="bilinear"), nn.Conv2d(C, C, 3, 2, 1)))

# ---- convolutions
idiom("weight norm, spectral norm")(lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(conv(C, C)), nn.SiLU(), nn.utils.parametrizations.spectral_norm(conv(C, C))))


class Standardised(nn.Conv2d):
    def forward(s, x):
        w = s.weight
        w = (w - w.mean((1, 2, 3), keepdim=True)) / (w.std((1, 2, 3), keepdim=True) + 1e-5)
        return F.conv2d(x, w, s.bias, s.stride, s.padding, s.dilation, s.groups)


idiom("standardised weights by std")(lambda: Standardised(C, C, 3, padding=1))
idiom("dynamic convolution, weights of the picture")(lambda: Call(lambda f, x: F.conv2d(x, f(x.mean((2, 3))).reshape(C, C, 3, 3) * 0.3, padding=1), nn.Linear(C, C * C * 9)))
idiom("involution")(lambda: Call(lambda k, x: (F.unfold(x, 3, padding=1).reshape(1, 2, C // 2, 9, x.shape[2], x.shape[3]) * k(x).reshape(1, 2, 1, 9, x.shape[2], x.shape[3])).sum(3).reshape(x.shape), nn.Conv2d(C, 18, 1)))
idiom("transposed, grouped, output padding")(lambda: nn.Sequential(nn.ConvTranspose2d(C, C, 3, 2, 1, 1, groups=2), nn.SiLU(), nn.Conv2d(C, C, 3, 2, 1)))
idiom("1-D convolution along flattened rows")(lambda: Call(lambda c, x: c(x.flatten(2)).reshape(x.shape), nn.Conv1d(C, C, 5, padding=2)))
idiom("3-D convolution over frames of channels")(lambda: Call(lambda c, x: c(x.reshape(1, 2, C // 2, x.shape[2], x.shape[3])).reshape(x.shape), nn.Conv3d(2, 2, 3, padding=1)))
idiom("padding same, dilated, uneven kernel")(lambda: nn.Conv2d(C, C, (2, 4), padding="same", dilation=(1, 2)))
idiom("padding mode circular")(lambda: nn.Conv2d(C, C, 3, padding=1, padding_mode="circular"))
idiom("spatial transformer")(lambda: Call(lambda l, x: F.grid_sample(x, F.affine_grid((l(x.mean((2, 3))) * 0.1).reshape(1, 2, 3) + torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]), list(x.shape), align_corners=False), align_corners=False), nn.Linear(C, 6)))

# ---- attention and recurrence
idiom("multi-head attention over cells")(lambda: Call(lambda a, x: x + grid(a(tokens(x), tokens(x), tokens(x), need_weights=False)[0], x), nn.MultiheadAttention(C, 2, batch_first=True)))
idiom("multi-head attention, batch second, bias of keys")(lambda: Call(lambda a, x: x + grid(a(*(tokens(x).transpose(0, 1),) * 3)[0].transpose(0, 1), x), nn.MultiheadAttention(C, 4, add_bias_kv=True)))
idiom("scaled dot product attention with a mask")(lambda: Call(lambda q, k, v, x: x + grid(F.scaled_dot_product_attention(q(tokens(x)), k(tokens(x)), v(tokens(x)), attn_mask=torch.ones(96, 96).tril().bool()), x), *(nn.Linear(C, C) for _ in range(3))))
idiom("scaled dot product attention, causal, scale")(lambda: Call(lambda q, x: x + grid(F.scaled_dot_product_attention(*q(tokens(x)).reshape(1, 96, 3, 2, C // 2).permute(2, 0, 3, 1, 4), is_causal=True, scale=0.3).transpose(1, 2).reshape(1, 96, C), x), nn.Linear(C, 3 * C)))
idiom("transformer encoder layer")(lambda: Call(lambda t, x: grid(t(tokens(x)), x), nn.TransformerEncoderLayer(C, 2, 16, batch_first=True, norm_first=True, activation="gelu")))
idiom("channel attention, XCA")(lambda: Call(lambda q, x: (lambda a, b, v: x + (torch.softmax(F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).transpose(-2, -1) * 2, -1) @ v).reshape(x.shape))(*q(x).flatten(2).chunk(3, 1)), nn.Conv2d(C, 3 * C, 1)))
idiom("axial attention")(lambda: Call(lambda a, x: x + a(x.permute(0, 2, 3, 1).reshape(-1, x.shape[3], C), x.permute(0, 2, 3, 1).reshape(-1, x.shape[3], C), x.permute(0, 2, 3, 1).reshape(-1, x.shape[3], C), need_weights=False)[0].reshape(1, x.shape[2], x.shape[3], C).permute(0, 3, 1, 2), nn.MultiheadAttention(C, 2, batch_first=True)))
idiom("relative positions looked up in a table")(lambda: (lambda table, at: Call(lambda q, x: x + grid(torch.softmax(q(tokens(x))[..., :C] @ q(tokens(x))[..., C:].transpose(1, 2) / 3 + table[at.reshape(-1)].reshape(96, 96), -1) @ tokens(x), x), nn.Linear(C, 2 * C)))(torch.randn(191, generator=torch.Generator().manual_seed(2)), torch.arange(96)[:, None] - torch.arange(96) + 95))
idiom("linear attention by elu")(lambda: Call(lambda q, x: (lambda a, b, v: x + grid((a @ (b.transpose(1, 2) @ v)) / (a @ b.sum(1, keepdim=True).transpose(1, 2) + 1e-6), x))(*(lambda t: (F.elu(t[0]) + 1, F.elu(t[1]) + 1, t[2]))(q(tokens(x)).chunk(3, -1))), nn.Linear(C, 3 * C)))


class Swin(nn.Module):
    """Windows of 4 x 4, shifted by 2, with a mask, as in torchvision and timm."""

    def __init__(s):
        super().__init__()
        s.norm, s.qkv, s.out, s.bias = nn.LayerNorm(C), nn.Linear(C, 3 * C), nn.Linear(C, C), nn.Parameter(torch.randn(2, 16, 16) * 0.3)

    def forward(s, x):
        y = s.norm(x.permute(0, 2, 3, 1))
        _, h, w, _ = y.shape
        y = torch.roll(y, (-2, -2), (1, 2)).view(1, h // 4, 4, w // 4, 4, C).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, C)
        m = torch.zeros(h, w)
        for i, a in enumerate((slice(0, -4), slice(-4, -2), slice(-2, None))):
            for j, b in enumerate((slice(0, -4), slice(-4, -2), slice(-2, None))):
                m[a, b] = 3 * i + j
        m = m.view(h // 4, 4, w // 4, 4).permute(0, 2, 1, 3).reshape(-1, 16)
        m = (m[:, None] - m[:, :, None]).ne(0).float() * -100
        q, k, v = s.qkv(y).reshape(-1, 16, 3, 2, C // 2).permute(2, 0, 3, 1, 4)
        a = torch.softmax(q @ k.transpose(-2, -1) / 2 + s.bias + m[:, None], -1)
        y = s.out((a @ v).transpose(1, 2).reshape(-1, 16, C)).view(1, h // 4, w // 4, 4, 4, C).permute(0, 1, 3, 2, 4, 5).reshape(1, h, w, C)
        return x + torch.roll(y, (2, 2), (1, 2)).permute(0, 3, 1, 2)


idiom("Swin block, shifted windows")(Swin)
idiom("GRU along columns")(lambda: Call(lambda g, x: x + g(x.mean(2).transpose(1, 2))[0].transpose(1, 2)[:, :, None], nn.GRU(C, C, batch_first=True)))
idiom("LSTM both ways along rows")(lambda: Call(lambda g, x: x + g(x.mean(3).permute(2, 0, 1))[0].permute(1, 2, 0)[..., None], nn.LSTM(C, C // 2, bidirectional=True)))
idiom("RNN over all cells")(lambda: Call(lambda g, x: grid(g(tokens(x))[0], x), nn.RNN(C, C, batch_first=True)))
idiom("Fourier filter", exporters=("newer",))(lambda: Call(lambda x: torch.fft.irfft2(torch.fft.rfft2(x) * torch.linspace(1, 0.2, x.shape[3] // 2 + 1), s=x.shape[2:])))

# ---- activations
for name, m in {"Mish, CELU, Softplus": lambda: nn.Sequential(nn.Mish(), nn.CELU(0.7), nn.Softplus(2)), "Hardtanh, Softsign, LogSigmoid": lambda: nn.Sequential(nn.Hardtanh(-0.7, 0.9), nn.Softsign(), nn.LogSigmoid()),
                "PReLU, RReLU, Threshold": lambda: nn.Sequential(nn.PReLU(C), nn.RReLU(), nn.Threshold(0.05, 0.01)), "Hardswish, Hardshrink, Softshrink, Tanhshrink": lambda: nn.Sequential(nn.Hardswish(), nn.Hardshrink(0.02), nn.Softshrink(0.01), nn.Tanhshrink()),
                "Softmin, Softmax2d": lambda: nn.Sequential(nn.Softmin(3), nn.Softmax2d()), "GELU by tanh": lambda: nn.GELU(approximate="tanh")}.items():
    idiom(f"activations {name}")(m)
idiom("std, var, logsumexp, norm")(lambda: Call(lambda x: x / (1 + x.std(1, keepdim=True)) + x.var((2, 3), keepdim=True, unbiased=False) + torch.logsumexp(x, 3, keepdim=True) + x.norm(dim=2, keepdim=True)))
idiom("atan2, hypot, sign, frac")(lambda: Call(lambda x: torch.atan2(x, x.flip(3) + 2) + torch.sqrt(x * x + 0.1) * torch.sign(x + 0.01) + 0.1 * torch.round(x * 3)))
idiom("lerp, addcmul, clamp by tensors, minimum")(lambda: Call(lambda x: torch.minimum(torch.lerp(x, x.flip(1), 0.3), torch.addcmul(x, x, x, value=0.5)).clamp(min=x.mean() - 1, max=x.mean() + 1)))

# ---- heads
for name, head in {
    "GeM": lambda: Call(lambda l, x: l(F.avg_pool2d(x.clamp(min=1e-6).pow(3), x.shape[2:]).pow(1 / 3).flatten(1)), nn.Linear(12, 7)),
    "cosine classifier": lambda: Call(lambda l, x: 5 * F.linear(F.normalize(x.mean((2, 3))), F.normalize(l.weight)), nn.Linear(12, 7)),
    "bilinear pool, signed root, norm": lambda: Call(lambda l, x: l(F.normalize((lambda b: b.sign() * torch.sqrt(b.abs() + 1e-5))((x.flatten(2) @ x.flatten(2).transpose(1, 2) / 96).flatten(1)))), nn.Linear(144, 7)),
    "attention over cells, MIL": lambda: Call(lambda a, b, l, x: l((torch.softmax(b(torch.tanh(a(tokens(x)))), 1).transpose(1, 2) @ tokens(x))[:, 0]), nn.Linear(12, 5), nn.Linear(5, 1), nn.Linear(12, 7)),
    "mean of the largest": lambda: Call(lambda l, x: l(x.flatten(2).topk(5, 2).values.mean(2)), nn.Linear(12, 7)),
    "log-sum-exp pool of class maps": lambda: Call(lambda c, x: torch.logsumexp(c(x).flatten(2), 2), nn.Conv2d(12, 7, 1)),
    "NetVLAD": lambda: Call(lambda c, l, x: (lambda a, t: l(F.normalize(F.normalize(a @ t.transpose(1, 2) - a.sum(2, keepdim=True) * 0.1, dim=2).flatten(1))))(torch.softmax(c(x).flatten(2), 1), x.flatten(2)), nn.Conv2d(12, 4, 1), nn.Linear(48, 7)),
    "class map, then maximum and mean": lambda: Call(lambda c, x: 0.7 * c(x).mean((2, 3)) + 0.3 * c(x).amax((2, 3)), nn.Conv2d(12, 7, 1)),
    "flatten in the order of channels last": lambda: Call(lambda l, x: l(x.permute(0, 2, 3, 1).flatten(1)), nn.Linear(1152, 7)),
    "scores by a temperature": lambda: Call(lambda l, x: l(x.mean((2, 3))) / 0.7, nn.Linear(12, 7)),
    "two outputs": lambda: Call(lambda a, b, x: (a(x.mean((2, 3))), b(x.amax((2, 3)))), nn.Linear(12, 7), nn.Linear(12, 3)),
    "a dictionary of outputs": lambda: Call(lambda a, x: {"logits": a(x.mean((2, 3))), "features": x}, nn.Linear(12, 7)),
    "queries that attend, DETR": lambda: (lambda q: Call(lambda a, l, x: l(a(q.to(x), tokens(x), tokens(x), need_weights=False)[0]).mean(1), nn.MultiheadAttention(12, 3, batch_first=True), nn.Linear(12, 7)))(torch.randn(1, 4, 12, generator=torch.Generator().manual_seed(2))),
    "sorted scores": lambda: Call(lambda l, x: l(x.flatten(2).sort(2, descending=True).values[:, :, :8].mean(2)), nn.Linear(12, 7)),
}.items():
    whole(f"head: {name}")(lambda head=head: Headed(head()))


class Twice(nn.Module):
    """One module called several times, and a branch by shape."""

    def __init__(s):
        super().__init__()
        s.stem, s.block, s.fc = nn.Conv2d(3, C, 3, 2, 1), nn.Sequential(conv(C, C), nn.ReLU()), nn.Linear(C, 7)

    def forward(s, x):
        x = F.relu(s.stem(x))
        for _ in range(3):
            x = x + s.block(x)
        if x.shape[2] > 4:
            x = F.max_pool2d(x, 2)
        return s.fc(x.mean((2, 3)))


whole("one block called three times")(Twice)


def settle(m):
    g = torch.Generator().manual_seed(1)
    for p in m.parameters():
        p.data = torch.randn(p.shape, generator=g) * (1.5 / max(p[0].numel(), 1)) ** 0.5 if p.dim() > 1 else torch.rand(p.shape, generator=g) * 0.5 + 0.3
    for b in m.modules():
        if isinstance(b, nn.BatchNorm2d):
            b.running_mean, b.running_var = torch.randn(b.num_features, generator=g) * 0.1, torch.rand(b.num_features, generator=g) + 0.5
    return m.eval().requires_grad_(False)


KINDS |= {name: (make, size, ("older", "newer")) for name, (make, size, _) in NETS.items()}
AFTER = {name: after for name, (_, _, after) in NETS.items()}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("gradcam")
    p.add_argument("--only", default="")
    p.add_argument("--exporter", choices=["older", "newer"])
    p.add_argument("--backend", default="go")
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    results = a.folder / "torch.jsonl"
    done = {r["kind"] for r in map(json.loads, results.read_text().splitlines()) if r["verdict"] == "agrees"} if results.exists() else set()

    def write(r):
        with results.open("a") as f:
            f.write(json.dumps(r) + "\n")
        print(r["kind"], "|", r["verdict"], r.get("map"), r.get("output"), r.get("layer"), r.get("reason", "")[:400], flush=True)

    def one(kind, name, make, size, exporter):
        r = dict(kind=kind, network="strange", backend=a.backend, after=AFTER.get(name, 0), mirrored=name == "chunk, flip, stack, unbind")
        try:
            m = settle(make())
            x = torch.rand(1, *((3,) if len(size) == 2 else ()), *size, generator=torch.Generator().manual_seed(3))
            path = str(a.folder / "torch.onnx")
            population.export(m, x, path, exporter)
        except Exception as e:
            said = [l for l in str(e).splitlines() if l.strip()] or [""]
            return write(r | dict(verdict="not made", reason=f"{type(e).__name__}: {said[0][:200]}"))
        try:
            first = m if not isinstance(m(x), dict) else Call(lambda n, x: next(iter(n(x).values())), m)
            write(population.check(r, first, x, path, a.gradcam, a.folder))
        except Exception:
            write(r | dict(verdict="fault of this program", reason=traceback.format_exc()[-500:]))

    for name, (make, size, exporters) in KINDS.items():
        for exporter in exporters:
            kind = f"torch, {exporter}: {name}"
            if re.search(a.only, kind) and kind not in done and exporter == (a.exporter or exporter):
                population.apart(lambda: one(kind, name, make, size, exporter))


if __name__ == "__main__":
    main()
