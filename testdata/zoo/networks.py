"""The networks of the zoo: torchvision's own classes, narrow, for small pictures.

Where a class takes widths and depths they are given; where it does not, `narrow` replaces every
convolution, normalisation and linear layer of the finished network by one with a fraction of the
channels. A few that torchvision has not (MobileNet v1, DeiT, a U-Net, YOLO heads) are written here.
"""
import sys
import pathlib

import torch
import torchvision as tv
from torch import nn
from torch.nn import functional as F
from torchvision.models import segmentation as seg
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.detection import ssd, retinanet
from torchvision.models.efficientnet import FusedMBConvConfig, MBConvConfig
from torchvision.models.mobilenetv3 import InvertedResidualConfig
from torchvision.models.regnet import BlockParams
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.swin_transformer import PatchMergingV2, SwinTransformerBlockV2

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "golden"))
from reference.networks import cbr  # noqa: E402

CLASSES = 10


def narrow(model, by, size):
    """The same modules with 1/by of the channels, at least 4; pictures and classes stay."""
    less = lambda c: c if c in (3, CLASSES) else max(4, round(c / by))
    for name, m in list(model.named_modules()):
        new = None
        if isinstance(m, nn.Conv2d):
            groups = m.groups
            if groups > 1:
                groups = less(groups) if groups == m.in_channels else max(2, groups // 8)
            out = less(m.out_channels)
            out = max(groups, out - out % groups)
            new = nn.LazyConv2d(out, m.kernel_size, m.stride, m.padding, m.dilation, groups, m.bias is not None)
        elif isinstance(m, nn.BatchNorm2d):
            new = nn.LazyBatchNorm2d(m.eps)
        elif isinstance(m, nn.Linear):
            new = nn.LazyLinear(less(m.out_features))
        if new is not None:
            parent, _, last = name.rpartition(".")
            setattr(model.get_submodule(parent), last, new)
    model.eval()
    with torch.no_grad():
        model(torch.zeros(2, 3, size, size))
    return model


def resnet(block, size=64, by=24, layers=(1, 1, 1, 1), **k):
    return narrow(tv.models.ResNet(block, list(layers), num_classes=CLASSES, **k), by, size)


class VGG(tv.models.VGG):
    """VGG with batch norm, four poolings and a narrow head."""

    def __init__(self):
        super().__init__(tv.models.vgg.make_layers([8, "M", 12, "M", 16, 16, "M", 16, "M"], batch_norm=True), CLASSES)
        self.classifier = nn.Sequential(nn.Linear(16 * 49, 12), nn.ReLU(), nn.Dropout(), nn.Linear(12, CLASSES))


class MobileNetV1(nn.Sequential):
    """Howard et al. 2017: depthwise 3x3 and pointwise 1x1, each with batch norm and ReLU."""

    def __init__(self, act=nn.ReLU):
        layers, c = [cbr(3, 8, 3, 2, act=act)], 8
        for out, stride in [(12, 1), (16, 2), (16, 1), (24, 2), (24, 1), (32, 2)]:
            layers += [nn.Sequential(cbr(c, c, 3, stride, g=c, act=act), cbr(c, out, 1, act=act))]
            c = out
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, CLASSES))


class Mixed(nn.Module):
    """What a quantiser has an operator for: a residual sum, a gate by squeeze and excitation, branches joined,
    average pooling, a leaky ReLU, a linear layer without bias."""

    def __init__(self):
        super().__init__()
        self.stem = cbr(3, 12, 3, 2, act=nn.LeakyReLU)
        self.down = nn.Sequential(cbr(12, 16, 3, 1), nn.AvgPool2d(2))
        self.block = nn.Sequential(cbr(16, 16, 3), cbr(16, 16, 3))
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(16, 16, 1), nn.Sigmoid())
        self.left, self.right = cbr(16, 12, 1), cbr(16, 12, 3, 1)
        self.mix = cbr(24, 16, 3, 2)
        self.head = nn.Linear(16, CLASSES, bias=False)

    def forward(self, x):
        x = self.down(self.stem(x))
        y = self.block(x)
        x = F.leaky_relu(x + y * self.gate(y), 0.1)
        x = self.mix(torch.cat([self.left(x), self.right(x)], 1))
        return self.head(x.mean((2, 3)))


class DeiT(tv.models.VisionTransformer):
    """ViT with a distillation token beside the class token and the mean of two heads (Touvron et al. 2021, section 4)."""

    def __init__(self, **k):
        super().__init__(**k)
        d = k["hidden_dim"]
        self.dist_token = nn.Parameter(torch.zeros(1, 1, d))
        self.encoder.pos_embedding = nn.Parameter(torch.zeros(1, self.seq_length + 1, d))
        self.head_dist = nn.Linear(d, CLASSES)

    def forward(self, x):
        x = self._process_input(x)
        n = x.shape[0]
        x = self.encoder(torch.cat([self.class_token.expand(n, -1, -1), self.dist_token.expand(n, -1, -1), x], 1))
        return (self.heads(x[:, 0]) + self.head_dist(x[:, 1])) / 2


class Out(nn.Module):
    """A segmentation network's "out", at the picture's size."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)["out"]


def on_dilated_resnet(net, head, by):
    r = tv.models.ResNet(Bottleneck, [1, 1, 1, 1], num_classes=CLASSES, replace_stride_with_dilation=[False, True, True])
    return narrow(Out(net(IntermediateLayerGetter(r, {"layer4": "out"}), head)), by, 64)


def lraspp():
    net = mobilenet_v3()
    backbone = IntermediateLayerGetter(net.features, {"3": "low", "6": "high"})
    return Out(seg.LRASPP(backbone, 16, 96, 3, inter_channels=16))


class UNet(nn.Module):
    """Encoder and decoder with skips: a transposed convolution, a bilinear and a nearest upsampling."""

    def __init__(self, n=3):
        super().__init__()
        two = lambda i, o: nn.Sequential(cbr(i, o), cbr(o, o))
        self.d1, self.d2, self.mid = two(3, 6), two(6, 10), two(10, 16)
        self.up = nn.ConvTranspose2d(16, 10, 4, 2, 1)
        self.u2, self.u1, self.head = two(20, 10), two(16, 8), nn.Conv2d(8, n, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        c = self.mid(F.max_pool2d(b, 2))
        c = self.u2(torch.cat([self.up(c), b], 1))
        c = F.interpolate(c, scale_factor=2, mode="bilinear", align_corners=False)
        return self.head(self.u1(torch.cat([c, a], 1)))


def mobilenet_v3():
    c = InvertedResidualConfig  # in, kernel, expanded, out, squeeze-excite, activation, stride, dilation, width
    s = [c(8, 3, 16, 8, True, "RE", 2, 1, 1), c(8, 3, 24, 12, False, "RE", 2, 1, 1), c(12, 3, 32, 12, False, "RE", 1, 1, 1),
         c(12, 5, 32, 16, True, "HS", 2, 1, 1), c(16, 5, 32, 16, True, "HS", 1, 1, 1)]
    return tv.models.MobileNetV3(s, last_channel=32, num_classes=CLASSES)


def mobilenet_v2():
    s = [[1, 8, 1, 1], [4, 12, 2, 2], [4, 16, 2, 2], [4, 20, 1, 1]]
    m = tv.models.MobileNetV2(CLASSES, 0.25, s, round_nearest=4)
    m.features[-1] = tv.ops.misc.Conv2dNormActivation(m.features[-2].out_channels, 48, 1, activation_layer=nn.ReLU6)
    m.classifier[1] = nn.Linear(48, CLASSES)
    return m


def efficientnet_v1():
    c = lambda e, k, s, i, o, n: MBConvConfig(e, k, s, i, o, n, 1.0, 1.0)
    return tv.models.EfficientNet([c(1, 3, 1, 8, 8, 1), c(4, 3, 2, 8, 8, 2), c(4, 5, 2, 8, 16, 1)], dropout=0.0, stochastic_depth_prob=0.0,
                                  num_classes=CLASSES, last_channel=48)


def efficientnet_v2():
    s = [FusedMBConvConfig(1, 3, 1, 8, 8, 1), FusedMBConvConfig(4, 3, 2, 8, 8, 1), MBConvConfig(4, 3, 2, 8, 16, 2)]
    return tv.models.EfficientNet(s, dropout=0.0, stochastic_depth_prob=0.0, num_classes=CLASSES, last_channel=48)


def regnet(se):
    p = BlockParams.from_init_params(depth=5, w_0=8, w_a=8.0, w_m=2.0, group_width=8, se_ratio=se)
    return tv.models.RegNet(p, num_classes=CLASSES, stem_width=8)


def vit_size(**k):
    return dict(image_size=64, patch_size=8, num_layers=2, num_heads=4, hidden_dim=24, mlp_dim=32, num_classes=CLASSES) | k


def swin(**k):
    net = tv.models.SwinTransformer([4, 4], 12, [2, 2], [2, 4], [4, 4], mlp_ratio=2.0, stochastic_depth_prob=0.0, num_classes=CLASSES, **k)
    for m in net.modules():
        if hasattr(m, "cpb_mlp"):  # 512 wide in the class
            m.cpb_mlp = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, m.num_heads, bias=False))
    return net


class Detector(nn.Module):
    """Maps of several strides and the heads over them: class scores [b, n, classes] and boxes [b, n, 4], before decoding and NMS."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        r = resnet(BasicBlock, by=32)
        self.body = IntermediateLayerGetter(r, {"layer2": "0", "layer3": "1", "layer4": "2"})
        if kind == "ssd":
            self.head = ssd.SSDHead([4, 8, 16], [4, 6, 6], 5)
        else:
            self.fpn = tv.ops.FeaturePyramidNetwork([4, 8, 16], 8)
            self.head = retinanet.RetinaNetHead(8, 3, 5, norm_layer=lambda c: nn.GroupNorm(4, c))

    def forward(self, x):
        maps = self.body(x)
        if self.kind != "ssd":
            maps = self.fpn(maps)
        y = self.head(list(maps.values()))
        return y["cls_logits"], y["bbox_regression"]


def csp_conv(i, o, k=1, s=1, act=nn.SiLU):
    return cbr(i, o, k, s, act=act)


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = csp_conv(c, c, 1), csp_conv(c, c, 3)

    def forward(self, x):
        return x + self.b(self.a(x))


class C3(nn.Module):
    """YOLO v5: two branches, one of them through residual blocks, joined."""

    def __init__(self, i, o):
        super().__init__()
        h = o // 2
        self.a, self.b, self.m, self.c = csp_conv(i, h), csp_conv(i, h), Residual(h), csp_conv(2 * h, o)

    def forward(self, x):
        return self.c(torch.cat([self.m(self.a(x)), self.b(x)], 1))


class C2f(nn.Module):
    """YOLO v8: split in two, every block's output joined."""

    def __init__(self, i, o):
        super().__init__()
        h = o // 2
        self.a, self.m, self.c = csp_conv(i, 2 * h), Residual(h), csp_conv(3 * h, o)

    def forward(self, x):
        y = list(self.a(x).chunk(2, 1))
        y.append(self.m(y[-1]))
        return self.c(torch.cat(y, 1))


class SPPF(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.pool, self.b = csp_conv(c, c // 2), nn.MaxPool2d(5, 1, 2), csp_conv(2 * c, c)

    def forward(self, x):
        x = self.a(x)
        y = self.pool(x)
        z = self.pool(y)
        return self.b(torch.cat([x, y, z, self.pool(z)], 1))


class YOLO(nn.Module):
    """The shape of YOLO v5 (objectness, anchors, decoded with sigmoids) and v8 (no objectness, distances by a
    distribution over bins), at two strides, decoded boxes and scores in one output and no NMS."""

    def __init__(self, version, classes=3):
        super().__init__()
        self.v, self.classes, self.bins, block = version, classes, 4, C3 if version == 5 else C2f
        self.stem, self.b1 = csp_conv(3, 8, 3, 2), nn.Sequential(csp_conv(8, 12, 3, 2), block(12, 12))
        self.b2 = nn.Sequential(csp_conv(12, 16, 3, 2), block(16, 16))
        self.b3 = nn.Sequential(csp_conv(16, 24, 3, 2), block(24, 24), SPPF(24))
        self.lateral, self.up, self.top = csp_conv(24, 16), nn.Upsample(scale_factor=2, mode="nearest"), block(32, 16)
        self.down, self.out = csp_conv(16, 16, 3, 2), block(32, 24)
        if version == 5:
            self.heads = nn.ModuleList(nn.Conv2d(c, 3 * (5 + classes), 1) for c in (16, 24))
        else:
            self.boxes = nn.ModuleList(nn.Sequential(csp_conv(c, 8, 3), nn.Conv2d(8, 4 * self.bins, 1)) for c in (16, 24))
            self.scores = nn.ModuleList(nn.Sequential(csp_conv(c, 8, 3), nn.Conv2d(8, classes, 1)) for c in (16, 24))
            self.register_buffer("bin", torch.arange(self.bins, dtype=torch.float32).view(1, self.bins, 1, 1))

    def grid(self, h, w, like):
        y, x = torch.meshgrid(torch.arange(h, device=like.device), torch.arange(w, device=like.device), indexing="ij")
        return torch.stack([x, y], -1).to(like.dtype)

    def forward(self, x):
        p3 = self.b2(self.b1(self.stem(x)))
        p4 = self.lateral(self.b3(p3))
        p3 = self.top(torch.cat([self.up(p4), p3], 1))
        maps = [p3, self.out(torch.cat([self.down(p3), p4], 1))]
        return self.v5(maps) if self.v == 5 else self.v8(maps)

    def v5(self, maps):
        out = []
        for i, (m, s) in enumerate(zip(maps, (8, 16))):
            b, _, h, w = m.shape
            y = self.heads[i](m).view(b, 3, 5 + self.classes, h, w).permute(0, 1, 3, 4, 2).sigmoid()
            xy, wh, rest = y.split((2, 2, 1 + self.classes), 4)
            xy = (xy * 2 + self.grid(h, w, m) - 0.5) * s
            wh = (wh * 2) ** 2 * s * 2
            out.append(torch.cat([xy, wh, rest], 4).view(b, 3 * h * w, 5 + self.classes))
        return torch.cat(out, 1)

    def v8(self, maps):
        out = []
        for i, (m, s) in enumerate(zip(maps, (8, 16))):
            b, _, h, w = m.shape
            d = (self.boxes[i](m).view(b, 4, self.bins, h * w).transpose(1, 2).softmax(1) * self.bin).sum(1)  # [b, 4, h*w]
            at = self.grid(h, w, m).view(h * w, 2).t() + 0.5
            lo, hi = at - d[:, :2], at + d[:, 2:]
            box = torch.cat([(lo + hi) / 2, hi - lo], 1) * s
            out.append(torch.cat([box, self.scores[i](m).view(b, self.classes, h * w).sigmoid()], 1))
        return torch.cat(out, 2)
