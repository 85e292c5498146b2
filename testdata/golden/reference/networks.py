"""Tiny networks with random weights, one for each pattern of the large ones."""
from __future__ import annotations

import cv2
import numpy as np
import torch
import torchvision as tv
from torch import nn
from torch.nn import functional as F

from reference.onnx_files import no_inplace


def init_weights(model: nn.Module, seed: int) -> None:
    g = torch.Generator().manual_seed(seed)

    def rn(t, std, mean=0.0):
        t.data.copy_(torch.randn(t.shape, generator=g) * std + mean)

    for m in model.modules():
        if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            fan = m.weight[0].numel() if not isinstance(m, nn.ConvTranspose2d) else m.weight.shape[0] * m.weight[0, 0].numel() / 4
            rn(m.weight, (2.0 / fan) ** 0.5 if not isinstance(m, nn.Linear) else (1.5 / fan) ** 0.5)
            if m.bias is not None:
                rn(m.bias, 0.1)
        elif isinstance(m, (nn.BatchNorm2d, nn.LayerNorm)):
            if m.weight is not None:
                m.weight.data.copy_(0.6 + 0.8 * torch.rand(m.weight.shape, generator=g))
                rn(m.bias, 0.2)
    handled = {id(p) for m in model.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.BatchNorm2d, nn.LayerNorm))
               for p in m.parameters(recurse=False)}
    for n, p in model.named_parameters():
        if id(p) in handled:
            continue
        if "layer_scale" in n:
            p.data.copy_(0.3 + 0.4 * torch.rand(p.shape, generator=g))
        elif "in_proj_weight" in n:
            rn(p, (1.5 / p.shape[1]) ** 0.5)
        else:
            rn(p, 0.2)


def smooth_input(seed: int, n: int, size: int) -> np.ndarray:
    """Smooth blobs plus noise, roughly zero mean and unit variance."""
    r = np.random.RandomState(seed)
    out = []
    for _ in range(n):
        lo = r.randn(6, 6, 3).astype(np.float32)
        im = cv2.resize(lo, (size, size), interpolation=cv2.INTER_CUBIC) + 0.25 * r.randn(size, size, 3).astype(np.float32)
        out.append(im.transpose(2, 0, 1))
    return np.ascontiguousarray(np.stack(out).astype(np.float32))


def settle_batchnorm(model: nn.Module, size: int, seed: int) -> None:
    """A few train-mode batches set the running statistics."""
    bns = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    if not bns:
        model.eval()
        return
    for m in bns:
        m.reset_running_stats()
        m.momentum = None
    model.eval()
    for m in bns:
        m.train()
    torch.manual_seed(seed)
    with torch.no_grad():
        for i in range(6):
            model(torch.from_numpy(smooth_input(seed + 100 + i, 8, size)))
    model.eval()


def build(ctor, size: int, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    m = no_inplace(ctor())
    init_weights(m, seed)
    settle_batchnorm(m, size, seed)
    return m.eval()


def cbr(i, o, k=3, s=1, p=None, g=1, d=1, act=nn.ReLU):
    p = (k // 2) * d if p is None else p
    return nn.Sequential(nn.Conv2d(i, o, k, s, p, dilation=d, groups=g, bias=False), nn.BatchNorm2d(o), act())


class BasicBlock(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.conv1, self.bn1, self.relu1 = nn.Conv2d(i, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()
        self.conv2, self.bn2, self.relu2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()
        self.down = nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o)) if s != 1 or i != o else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + self.down(x))


class ResNetBasic(nn.Module):
    """ResNet-18 pattern: 7x7/2 stem, 3x3/2 max pool, basic blocks, global average pool."""

    def __init__(self, n=10):
        super().__init__()
        self.stem = cbr(3, 12, 7, 2)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(BasicBlock(12, 12, 1), BasicBlock(12, 12, 1))
        self.layer2 = nn.Sequential(BasicBlock(12, 24, 2), BasicBlock(24, 24, 1))
        self.layer3 = nn.Sequential(BasicBlock(24, 40, 2), BasicBlock(40, 40, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(40, n)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.pool(self.stem(x)))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class VGG(nn.Module):
    """VGG pattern: plain convolutions, AdaptiveAvgPool2d((7,7)), flattened fully connected head."""

    def __init__(self, n=10):
        super().__init__()
        self.features = tv.models.vgg.make_layers([8, 8, "M", 16, 16, "M", 24, 24, "M"], batch_norm=False)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(nn.Linear(24 * 49, 48), nn.ReLU(), nn.Dropout(0.5), nn.Linear(48, n))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class DenseNet(tv.models.DenseNet):
    def forward(self, x):  # torchvision uses F.relu(inplace=True) here
        f = F.relu(self.features(x))
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(f, (1, 1)), 1))


class InceptionBlock(nn.Module):
    def __init__(self, i, w):
        super().__init__()
        self.b1 = cbr(i, w, 1)
        self.b5 = nn.Sequential(cbr(i, w, 1), cbr(w, w, 5))
        self.b7a = cbr(i, w, 1)
        self.b7b = nn.Sequential(nn.Conv2d(w, w, (1, 7), padding=(0, 3), bias=False), nn.BatchNorm2d(w), nn.ReLU())
        self.b7c = nn.Sequential(nn.Conv2d(w, w, (7, 1), padding=(3, 0), bias=False), nn.BatchNorm2d(w), nn.ReLU())
        self.pool = cbr(i, w, 1)

    def forward(self, x):
        p = F.avg_pool2d(x, 3, 1, 1)  # count_include_pad=True, as in inception_v3
        return torch.cat([self.b1(x), self.b5(x), self.b7c(self.b7b(self.b7a(x))), self.pool(p)], 1)


class InceptionReduce(nn.Module):
    def __init__(self, i, w):
        super().__init__()
        self.b3 = cbr(i, w, 3, 2, 0)
        self.d = nn.Sequential(cbr(i, w, 1), cbr(w, w, 3), cbr(w, w, 3, 2, 0))

    def forward(self, x):
        return torch.cat([self.b3(x), self.d(x), F.max_pool2d(x, 3, 2)], 1)


class Inception(nn.Module):
    def __init__(self, n=10):
        super().__init__()
        self.stem = nn.Sequential(cbr(3, 8, 3, 2, 0), cbr(8, 12, 3, 1, 1))
        self.mixed1 = InceptionBlock(12, 6)
        self.reduce = InceptionReduce(24, 10)
        self.mixed2 = InceptionBlock(44, 10)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(40, n)

    def forward(self, x):
        x = self.mixed2(self.reduce(self.mixed1(self.stem(x))))
        return self.fc(torch.flatten(self.drop(F.adaptive_avg_pool2d(x, 1)), 1))


class SqueezeNet(nn.Module):
    """SqueezeNet 1.0 pattern: ceil_mode max pools that matter (14 -> 7), fully convolutional classifier."""

    def __init__(self, n=10):
        super().__init__()
        Fire = tv.models.squeezenet.Fire
        mp = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
        self.features = nn.Sequential(nn.Conv2d(3, 12, 7, 2), nn.ReLU(), mp(), Fire(12, 4, 8, 8), Fire(16, 4, 8, 8), mp(),
                                      Fire(16, 6, 12, 12), Fire(24, 8, 16, 16))
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(32, n, 1), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)))

    def forward(self, x):
        return torch.flatten(self.classifier(self.features(x)), 1)


def mobilenet_v3():
    from torchvision.models.mobilenetv3 import InvertedResidualConfig as C
    # in, kernel, expanded, out, use_se, activation, stride, dilation, width_mult
    s = [C(8, 3, 16, 8, True, "RE", 2, 1, 1), C(8, 3, 24, 12, False, "RE", 2, 1, 1), C(12, 3, 32, 12, False, "RE", 1, 1, 1),
         C(12, 5, 40, 16, True, "HS", 2, 1, 1), C(16, 5, 48, 16, True, "HS", 1, 1, 1)]
    m = tv.models.MobileNetV3(s, last_channel=64, num_classes=10)
    return m


def convnext():
    from torchvision.models.convnext import CNBlockConfig as C
    return tv.models.ConvNeXt([C(12, 24, 1), C(24, 40, 2), C(40, None, 1)], stochastic_depth_prob=0.0, layer_scale=1.0, num_classes=10)


def vit():
    return tv.models.VisionTransformer(image_size=64, patch_size=8, num_layers=3, num_heads=4, hidden_dim=32, mlp_dim=64, num_classes=10)


def vit_reshape(t, h=8, w=8):
    return t[:, 1:, :].reshape(t.size(0), h, w, t.size(2)).permute(0, 3, 1, 2)


class UNet(nn.Module):
    """Encoder-decoder with skips: one ConvTranspose2d, one bilinear and one nearest upsampling."""

    def __init__(self, n=3):
        super().__init__()
        dbl = lambda i, o: nn.Sequential(cbr(i, o), cbr(o, o))
        self.e1, self.e2, self.e3, self.mid = dbl(3, 8), dbl(8, 12), dbl(12, 16), dbl(16, 24)
        self.pool = nn.MaxPool2d(2)
        self.up3 = nn.ConvTranspose2d(24, 16, 2, 2)
        self.d3 = dbl(32, 16)
        self.d2 = dbl(16 + 12, 12)
        self.d1 = dbl(12 + 8, 8)
        self.head = nn.Conv2d(8, n, 1)

    def forward(self, x):
        a = self.e1(x)
        b = self.e2(self.pool(a))
        c = self.e3(self.pool(b))
        m = self.mid(self.pool(c))
        y = self.d3(torch.cat([self.up3(m), c], 1))
        y = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
        y = self.d2(torch.cat([y, b], 1))
        y = F.interpolate(y, scale_factor=2, mode="nearest")
        return self.head(self.d1(torch.cat([y, a], 1)))


class Tagger(nn.Module):
    """Multi-label tagger whose exported graph ends with a Sigmoid."""

    def __init__(self, n=8, raw=False):
        super().__init__()
        self.body = nn.Sequential(cbr(3, 12, 3, 2), BasicBlock(12, 16, 2), BasicBlock(16, 32, 2))
        self.fc = nn.Linear(32, n)
        self.raw = raw

    def forward(self, x):
        z = self.fc(F.adaptive_avg_pool2d(self.body(x), 1).flatten(1))
        return z if self.raw else torch.sigmoid(z)


class Attributor(nn.Module):
    """One backbone, two heads of logits: colour[4] and shape[3]."""

    def __init__(self, head=None):
        super().__init__()
        self.body = nn.Sequential(cbr(3, 12, 3, 2), cbr(12, 24, 3, 2), BasicBlock(24, 32, 2))
        self.colour = nn.Linear(32, 4)
        self.shape = nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 3))
        self.head = head

    def forward(self, x):
        f = F.adaptive_avg_pool2d(self.body(x), 1).flatten(1)
        c, s = self.colour(f), self.shape(f)
        return c if self.head == "colour" else s if self.head == "shape" else (c, s)
