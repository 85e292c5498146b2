"""Whole small networks of torch for strange_torch.py: unusual ways from a picture to an answer. NETS maps a name to what makes the
network, the shape of its input, and how many tokens stand behind the patches of the suggested layer."""
import torch
import torch.nn.functional as F
from torch import nn

torch.backends.mha.set_fastpath_enabled(False)  # which the older exporter cannot write
NETS = {}
D = 12  # channels


def net(name, *size, after=0):
    def register(make):
        NETS[name] = (make, size or (3, 24, 36), after)
        return make

    return register


def conv(i, o, k=3, s=1, p=None):
    return nn.Sequential(nn.Conv2d(i, o, k, s, k // 2 if p is None else p), nn.SiLU())


def body(i=3, o=D):
    return nn.Sequential(conv(i, 8, s=2), conv(8, o, s=2))


class Net(nn.Module):
    """A function of modules and the picture; the modules are s.m0, s.m1, ..., and the parameters s.p0, ..."""

    def __init__(s, f, *modules, parameters=()):
        super().__init__()
        s.f, s.parts = f, nn.ModuleList(modules)
        s.own = nn.ParameterList(nn.Parameter(torch.zeros(*p)) for p in parameters)

    def forward(s, x):
        return s.f(*s.parts, *s.own, x)


def linear(n=D, c=7):
    return nn.Linear(n, c)


class Block(nn.Module):
    def __init__(s, d=D):
        super().__init__()
        s.n1, s.a, s.n2, s.m = nn.LayerNorm(d), nn.MultiheadAttention(d, 2, batch_first=True), nn.LayerNorm(d), nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

    def forward(s, x):
        y = s.n1(x)
        x = x + s.a(y, y, y, need_weights=False)[0]
        return x + s.m(s.n2(x))


def patches(x, p):
    """[b, c, h, w] to [b, patches, p p c], without a convolution."""
    b, c, h, w = x.shape
    return x.reshape(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(b, (h // p) * (w // p), p * p * c)


tokens = lambda x: x.flatten(2).transpose(1, 2)
grid = lambda t, h, w: t.transpose(1, 2).reshape(t.shape[0], t.shape[2], h, w)
pooled = lambda x: x.mean((2, 3))

# ---- tokens
net("patches by reshape and a linear layer, class token first")(lambda: Net(lambda e, b1, b2, n, l, c, q, x: (lambda t: l(n(b2(b1(torch.cat([c.expand(t.shape[0], -1, -1), t], 1) + q)))[:, 0]))(e(patches(x, 6))), nn.Linear(108, D), Block(), Block(), nn.LayerNorm(D), linear(), parameters=((1, 1, D), (1, 25, D))))
net("patches by unfold, mean of tokens")(lambda: Net(lambda e, b, n, l, x: l(n(b(e(F.unfold(x, 6, stride=6).transpose(1, 2)))).mean(1)), nn.Linear(108, D), Block(), nn.LayerNorm(D), linear()))
net("class token last", after=1)(lambda: Net(lambda e, b1, b2, n, l, c, x: l(n(b2(b1(torch.cat([tokens(e(x)), c.expand(x.shape[0], -1, -1)], 1))))[:, -1]), nn.Conv2d(3, D, 6, 6), Block(), Block(), nn.LayerNorm(D), linear(), parameters=((1, 1, D),)))
net("class token first, registers last", after=3)(lambda: Net(lambda e, b1, b2, n, l, c, r, x: l(n(b2(b1(torch.cat([c, tokens(e(x)), r], 1))))[:, 0]), nn.Conv2d(3, D, 6, 6), Block(), Block(), nn.LayerNorm(D), linear(), parameters=((1, 1, D), (1, 3, D))))
net("registers cut off again before the mean")(lambda: Net(lambda e, b1, b2, n, l, r, x: l(n(b2(b1(torch.cat([r, tokens(e(x))], 1))[:, 4:])).mean(1)), nn.Conv2d(3, D, 6, 6), Block(), Block(), nn.LayerNorm(D), linear(), parameters=((1, 4, D),)))
net("positions resized to the picture's grid")(lambda: Net(lambda e, b, n, l, q, x: l(n(b(tokens(e(x) + F.interpolate(q, (4, 6), mode="bicubic", align_corners=False)))).mean(1)), nn.Conv2d(3, D, 6, 6), Block(), nn.LayerNorm(D), linear(), parameters=((1, D, 3, 3),)))
net("patches by Tensor.unfold, class token")(lambda: Net(lambda e, b1, b2, l, c, x: l(b2(b1(torch.cat([c, e(x.unfold(2, 6, 6).unfold(3, 6, 6).permute(0, 2, 3, 1, 4, 5).reshape(1, 24, 108))], 1)))[:, 0]), nn.Linear(108, D), Block(), Block(), linear(), parameters=((1, 1, D),)))
net("patches by Tensor.unfold that overlap")(lambda: Net(lambda e, b, l, x: l(b(e(x.unfold(2, 8, 4).unfold(3, 8, 4).permute(0, 2, 3, 1, 4, 5).reshape(1, 40, 192))).mean(1)), nn.Linear(192, D), Block(), linear()))
net("dense layers written as einsum with dots")(lambda: Net(lambda e, n, l, w, u, x: (lambda t: l(n(t + torch.einsum("...hk,hkd->...d", torch.tanh(torch.einsum("...d,dhk->...hk", t, w)), u)).mean(1)))(tokens(e(x))), nn.Conv2d(3, D, 6, 6), nn.LayerNorm(D), linear(), parameters=((D, 3, 4), (3, 4, D))))
net("tokens, batch second")(lambda: Net(lambda e, b, l, x: l(b(e(x).flatten(2).permute(2, 0, 1)).mean(0)), nn.Conv2d(3, D, 6, 6), nn.TransformerEncoderLayer(D, 2, 24, norm_first=True), linear()))
net("patches that overlap, padded unevenly")(lambda: Net(lambda e, b, n, l, x: l(n(b(tokens(e(F.pad(x, (0, 3, 1, 2)))))).mean(1)), nn.Conv2d(3, D, 9, 6), Block(), nn.LayerNorm(D), linear()))
net("tokens merged two by two between blocks")(lambda: Net(lambda e, b1, m, b2, n, l, x: (lambda t: l(n(b2(m(t.reshape(1, 3, 2, 3, 2, D).permute(0, 1, 3, 2, 4, 5).reshape(1, 9, 4 * D)))).mean(1)))(b1(tokens(e(x)))), nn.Conv2d(3, D, (4, 6), (4, 6)), Block(), nn.Linear(4 * D, D), Block(), nn.LayerNorm(D), linear()))
net("half of the tokens dropped by a fixed table")(lambda: Net(lambda e, b1, b2, n, l, x: l(n(b2(b1(tokens(e(x)))[:, torch.arange(0, 24, 2)])).mean(1)), nn.Conv2d(3, D, 6, 6), Block(), Block(), nn.LayerNorm(D), linear()))
net("mixer of patches by reshape")(lambda: Net(lambda e, n1, t, n2, c, n, l, x: (lambda y: (lambda z: l(n(z + c(n2(z))).mean(1)))(y + t(n1(y).transpose(1, 2)).transpose(1, 2)))(e(patches(x, 6))), nn.Linear(108, D), nn.LayerNorm(D), nn.Linear(24, 24), nn.LayerNorm(D), nn.Linear(D, D), nn.LayerNorm(D), linear()))
net("latents that read all pixels")(lambda: Net(lambda s, a, b, l, z, x: l(b(a(z, tokens(s(x)), tokens(s(x)), need_weights=False)[0]).mean(1)), body(), nn.MultiheadAttention(D, 2, batch_first=True), Block(), linear(), parameters=((1, 5, D),)))
net("attention pool of CLIP")(lambda: Net(lambda s, a, l, q, x: (lambda t: l(a(t[:, :1], t, t, need_weights=False)[0][:, 0]))((lambda t: torch.cat([t.mean(1, keepdim=True), t], 1) + q)(tokens(s(x)))), body(), nn.MultiheadAttention(D, 2, batch_first=True), linear(), parameters=((1, 55, D),)))
net("mean and class token joined")(lambda: Net(lambda e, b, n, l, c, x: (lambda t: l(torch.cat([t[:, 0], t[:, 1:].mean(1)], 1)))(n(b(torch.cat([c, tokens(e(x))], 1)))), nn.Conv2d(3, D, 6, 6), Block(), nn.LayerNorm(D), linear(2 * D), parameters=((1, 1, D),)))
net("windows of one stripe each way")(lambda: Net(lambda s, b1, b2, l, x: (lambda y: l(pooled(y + (lambda t: t.permute(0, 2, 1).reshape(1, 9, D, 6).permute(0, 2, 3, 1))(b2(y.permute(0, 3, 2, 1).reshape(9, 6, D))))))((lambda y: y + b1(y.permute(0, 2, 3, 1).reshape(6, 9, D)).reshape(1, 6, 9, D).permute(0, 3, 1, 2))(s(x))), body(), Block(), Block(), linear()))

# ---- parts of the picture
net("middle of the picture", 3, 40, 40)(lambda: Net(lambda s, l, x: l(pooled(s(x[:, :, 8:32, 8:32]))), body(), linear()))
net("sky cut off, valid convolutions, all cells", 3, 40, 60)(lambda: Net(lambda a, b, l, x: l(b(a(x[:, :, 14:-4] * 2 - 1)).flatten(1)), conv(3, 8, 5, 2, 0), conv(8, D, 5, 2, 0), linear(D * 3 * 12)))
net("whole and middle, answers added", 3, 40, 40)(lambda: Net(lambda a, b, l, k, x: l(pooled(a(x))) + k(pooled(b(x[:, :, 10:30, 10:30]))), body(), body(), linear(), linear()))
net("left and right half by one body", 3, 24, 48)(lambda: Net(lambda s, l, x: l(torch.cat([pooled(s(x[..., :24])), pooled(s(x[..., 24:]))], 1)), body(), linear(2 * D)))
net("five crops as a batch", 3, 32, 32)(lambda: Net(lambda s, l, x: l(pooled(s(torch.cat([x[..., :24, :24], x[..., :24, 8:], x[..., 8:, :24], x[..., 8:, 8:], x[..., 4:28, 4:28]])))).mean(0, keepdim=True), body(), linear()))
net("tiles as a batch, put together again", 3, 24, 32)(lambda: Net(lambda s, c, l, x: l(pooled(c(s(x.reshape(1, 3, 2, 12, 2, 16).permute(0, 2, 4, 1, 3, 5).reshape(4, 3, 12, 16)).reshape(1, 2, 2, D, 3, 4).permute(0, 3, 1, 4, 2, 5).reshape(1, D, 6, 8)))), body(), conv(D, D), linear()))
net("the picture and its mirror image, mean")(lambda: Net(lambda s, l, x: (l(pooled(s(x))) + l(pooled(s(x.flip(3))))) / 2, body(), linear()))
net("upper and lower rows joined as channels", 3, 24, 24)(lambda: Net(lambda s, l, x: l(pooled(s(torch.cat([x[:, :, :12], x[:, :, 12:]], 1)))), body(6), linear()))
net("colours apart, joined late")(lambda: Net(lambda a, b, c, d, l, x: l(pooled(d(torch.cat([a(x[:, :1]), b(x[:, 1:2]), c(x[:, 2:])], 1)))), body(1), body(1), body(1), conv(3 * D, D), linear()))
net("padding trimmed after each convolution")(lambda: Net(lambda a, b, l, x: l(pooled(b(a(x)[:, :, 1:-1, 1:-1])[:, :, 1:-1, 1:-1])), conv(3, 8, 3, 1, 2), conv(8, D, 3, 1, 2), linear()))
net("padded to a multiple of 16, cut back at the end", 3, 21, 37)(lambda: Net(lambda s, u, l, x: l(pooled(u(s(F.pad(x, (0, 11, 0, 11))))[:, :, :21, :37])), body(), nn.Sequential(nn.ConvTranspose2d(D, 8, 4, 4), nn.SiLU()), linear(8)))

# ---- forms of the input
net("channels last, bytes' range, blue first", 20, 28, 3)(lambda: Net(lambda s, l, x: l(pooled(s((x.permute(0, 3, 1, 2).flip(1) * 255 - torch.tensor([103.0, 117, 124]).view(1, 3, 1, 1)) / 58))), body(), linear()))
net("eleven channels, normalised by their own mean", 11, 20, 28)(lambda: Net(lambda s, l, x: l(pooled(s((x - x.mean((2, 3), keepdim=True)) / (x.std((2, 3), keepdim=True) + 1e-3)))), body(11), linear()))
net("one channel repeated to three", 1, 20, 28)(lambda: Net(lambda s, l, x: l(pooled(s(x.repeat(1, 3, 1, 1)))), body(), linear()))
net("four channels, the last a mask", 4, 20, 28)(lambda: Net(lambda s, l, x: (lambda y, m: l((y * m).sum((2, 3)) / (m.sum((2, 3)) + 1e-3)))(s(x[:, :3]), F.interpolate(x[:, 3:], (5, 7), mode="bilinear", align_corners=False)), body(), linear()))
net("grey of three colours, edges by a fixed filter")(lambda: Net(lambda s, l, x: l(pooled(s(F.conv2d((x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True), torch.tensor([[[[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]], [[[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]]]]), padding=1)))), body(2), linear()))
net("resized inside to a square", 3, 20, 33)(lambda: Net(lambda s, l, x: l(pooled(s(F.interpolate(x, (24, 24), mode="bilinear", align_corners=False)))), body(), linear()))
net("pixel unshuffle as the stem")(lambda: Net(lambda s, l, x: l(pooled(s(F.pixel_unshuffle(x, 2)))), body(12), linear()))
net("haar wavelets as the stem")(lambda: Net(lambda s, l, x: (lambda a, b, c, d: l(pooled(s(torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], 1) / 2))))(x[..., ::2, ::2], x[..., ::2, 1::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]), body(12), linear()))

# ---- in the middle
net("coordinate attention")(lambda: Net(lambda s, c, h, w, l, x: (lambda y: (lambda p: l(pooled(y * torch.sigmoid(h(p[:, :, :6])) * torch.sigmoid(w(p[:, :, 6:].permute(0, 1, 3, 2))))))(c(torch.cat([y.mean(3, keepdim=True), y.mean(2, keepdim=True).permute(0, 1, 3, 2)], 2))))(s(x)), body(), nn.Sequential(nn.Conv2d(D, 4, 1), nn.Hardswish()), nn.Conv2d(4, D, 1), nn.Conv2d(4, D, 1), linear()))
net("strip pools both ways")(lambda: Net(lambda s, a, b, c, l, x: (lambda y: l(pooled(y * torch.sigmoid(c(F.silu(a(y.mean(3, keepdim=True)).expand_as(y) + b(y.mean(2, keepdim=True)).expand_as(y)))))))(s(x)), body(), nn.Conv2d(D, D, (3, 1), padding=(1, 0)), nn.Conv2d(D, D, (1, 3), padding=(0, 1)), nn.Conv2d(D, D, 1), linear()))
net("channels shifted by a cell four ways")(lambda: Net(lambda s, c, l, x: (lambda y: l(pooled(c(torch.cat([F.pad(y[:, :3, :, 1:], (0, 1)), F.pad(y[:, 3:6, :, :-1], (1, 0)), F.pad(y[:, 6:9, 1:], (0, 0, 0, 1)), F.pad(y[:, 9:, :-1], (0, 0, 1, 0))], 1)))))(s(x)), body(), conv(D, D, 1), linear()))
net("two resolutions that exchange, half of the channels each")(lambda: Net(lambda s, hh, hl, lh, ll, l, x: (lambda y, z: l(torch.cat([pooled(F.silu(hh(y) + F.interpolate(lh(z), scale_factor=2.0))), pooled(F.silu(ll(z) + hl(F.avg_pool2d(y, 2))))], 1)))(s(x), F.avg_pool2d(s(x), 2)), conv(3, D, s=2), conv(D, D), conv(D, D), conv(D, D), conv(D, D), linear(2 * D)))
net("pyramid of features, each pooled", 3, 32, 48)(lambda: Net(lambda a, b, c, l1, l2, l3, o, l, x: (lambda p, q, r: (lambda q2: l(torch.cat([pooled(o(l1(p) + F.interpolate(q2, scale_factor=2.0))), pooled(o(q2)), pooled(o(l3(r)))], 1)))(l2(q) + F.interpolate(l3(r), scale_factor=2.0)))(a(x), b(a(x)), c(b(a(x)))), conv(3, 8, s=4), conv(8, D, s=2), conv(D, D, s=2), nn.Conv2d(8, D, 1), nn.Conv2d(D, D, 1), nn.Conv2d(D, D, 1), conv(D, D), linear(3 * D)))
net("hypercolumns", 3, 32, 48)(lambda: Net(lambda a, b, c, m, l, x: (lambda p: (lambda q: l(pooled(m(torch.cat([p, F.interpolate(q, p.shape[2:], mode="bilinear", align_corners=False), F.interpolate(c(q), p.shape[2:], mode="bilinear", align_corners=False)], 1)))))(b(p)))(a(x)), conv(3, 8, s=2), conv(8, D, s=2), conv(D, D, s=2), conv(8 + 2 * D, D, 1), linear()))
net("columns read by a recurrent net")(lambda: Net(lambda s, g, l, x: l(g(s(x).permute(0, 3, 1, 2).flatten(2))[0][:, -1]), body(), nn.GRU(D * 6, D, batch_first=True), linear()))
net("capsules, two rounds of routing")(lambda: Net(lambda s, w, x: (lambda u: (lambda v: (v * v).sum(3)[:, 0].sqrt())(route(u)))((s(x).reshape(1, 4, 3, 54).permute(0, 3, 1, 2).reshape(1, 216, 1, 3) * 1.0) @ w.reshape(1, 1, 3, 28)), body(), parameters=((3, 28),)))


def route(u):
    """Sabour et al. 2017: [1, capsules, 1, 7 x 4] to [1, 1, 7, 4]."""
    u = u.reshape(1, 216, 7, 4)
    b = torch.zeros(1, 216, 7, 1)
    for _ in range(2):
        t = (torch.softmax(b, 2) * u).sum(1, keepdim=True)
        n = (t * t).sum(3, keepdim=True)
        v = t * n / ((1 + n) * torch.sqrt(n + 1e-6))
        b = b + (u * v).sum(3, keepdim=True)
    return v


# ---- answers
net("pyramid of maxima, all flattened", 3, 32, 32)(lambda: Net(lambda s, l, x: (lambda y: l(torch.cat([F.max_pool2d(y, k, k).flatten(1) for k in (2, 4, 8)], 1)))(s(x)), body(), linear(D * 21)))
net("distance to prototypes")(lambda: Net(lambda s, p, x: -((pooled(s(x))[:, None] - p[None]) ** 2).sum(2), body(), parameters=((7, D),)))
net("prototype parts, the nearest cell")(lambda: Net(lambda s, l, p, x: (lambda y: l(torch.log((y.flatten(1).clamp(min=0) + 1) / (y.flatten(1).clamp(min=0) + 1e-4))))(F.max_pool2d(-((s(x) ** 2).sum(1, keepdim=True) - 2 * F.conv2d(s(x), p) + (p**2).sum(1).view(1, -1, 1, 1)), (6, 9)) * -1), body(), linear(5), parameters=((5, D, 1, 1),)))
net("gram matrix of the map")(lambda: Net(lambda s, l, x: (lambda f: l((f @ f.transpose(1, 2) / 54).flatten(1)))(s(x).flatten(2)), body(), linear(D * D)))
net("places of key points")(lambda: Net(lambda s, c, x: (lambda a: torch.stack([(a.sum(2) * torch.linspace(0, 1, 9)).sum(2), (a.sum(3) * torch.linspace(0, 1, 6)).sum(2)], 2))(F.normalize(F.softplus(c(s(x))), p=1.0, dim=(2, 3))), body(), nn.Conv2d(D, 4, 1)))
net("mean of two heads' softmaxes")(lambda: Net(lambda s, l, k, x: (lambda y: torch.stack([torch.softmax(l(y), 1), torch.softmax(k(y), 1)]).mean(0))(pooled(s(x))), body(), linear(), linear()))
net("one number, without an axis")(lambda: Net(lambda s, l, x: l(pooled(s(x))).squeeze(-1), body(), linear(D, 1)))
net("one number, an axis")(lambda: Net(lambda s, l, x: l(pooled(s(x))), body(), linear(D, 1)))
net("classes in a map of one cell")(lambda: Net(lambda s, c, x: c(s(x).mean((2, 3), keepdim=True)), body(), nn.Conv2d(D, 7, 1)))
net("letters along the columns")(lambda: Net(lambda s, l, x: l(s(x).mean(2).transpose(1, 2)), body(), linear()))
net("classes, then boxes")(lambda: Net(lambda s, l, k, x: (l(pooled(s(x))), torch.sigmoid(k(pooled(s(x))))), body(), linear(), linear(D, 4)))
net("classes of groups, joined")(lambda: Net(lambda s, l, k, x: torch.cat([l(pooled(s(x))), k(pooled(s(x)))], 1), body(), linear(D, 4), linear(D, 3)))
net("U-Net of unpadded convolutions, skips cropped", 3, 44, 44)(lambda: Net(lambda a, b, u, c, o, x: (lambda p: (lambda q: o(c(torch.cat([p[:, :, 4:-4, 4:-4], u(q)], 1))))(b(F.max_pool2d(p, 2))))(a(x)), nn.Sequential(conv(3, 8, 3, 1, 0), conv(8, 8, 3, 1, 0)), nn.Sequential(conv(8, D, 3, 1, 0), conv(D, D, 3, 1, 0)), nn.ConvTranspose2d(D, 8, 2, 2), conv(16, 8, 3, 1, 0), nn.Conv2d(8, 5, 1)))
net("U-Net of an odd size, padded to its skip", 3, 27, 37)(lambda: Net(lambda a, b, u, c, o, x: (lambda p: (lambda q: o(c(torch.cat([p, F.pad(q, (0, p.shape[3] - q.shape[3], 0, p.shape[2] - q.shape[2]))], 1))))(u(b(F.max_pool2d(p, 2)))))(a(x)), conv(3, 8), conv(8, D), nn.ConvTranspose2d(D, 8, 2, 2), conv(16, 8), nn.Conv2d(8, 5, 1)))
