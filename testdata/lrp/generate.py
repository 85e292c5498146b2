"""Makes two networks and the relevance that Zennit and captum give their pixels.

torch 2.15.0, zennit 0.5.1, captum 0.9.0, onnx 1.23.2: python generate.py

rules.onnx has every operator that a rule is told of: convolutions with strides, even kernels, dilation and groups, a
residual sum, poolings, ReLU, ReLU6, SiLU and dense layers. Zennit's EpsilonPlus is taken in
float64, with an epsilon of nearly 0 in dense layers, which is 1e-6 if nobody says another. epsilon.onnx has ReLU
alone, for captum's LRP, whose rule is epsilon in every layer. Weights, biases and the picture are sines, so that
gradcamnb/engine/lrp_test.go can make the first network once more, as a GoMLX function.
"""
import json
import math

import onnx
import torch
from captum.attr import LRP
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from zennit.attribution import Gradient
from zennit.composites import EpsilonPlus
from zennit.layer import Sum


def sines(shape, start, scale):
    """start + 0.7 i, for the i-th number in the order of memory."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    return (torch.sin(start + 0.7 * i) * scale).float().reshape(shape)


def fill(net):
    for k, p in enumerate(net.parameters()):
        p.data = sines(p.shape, k, 0.5 if p.dim() == 1 else 2 / math.sqrt(p[0].numel()))
    return net


class Rules(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2, 1)
        self.depthwise = nn.Conv2d(6, 6, 3, 1, 1, groups=6)
        self.point = nn.Conv2d(6, 6, 1)
        self.even = nn.Conv2d(6, 8, 2)
        self.grouped = nn.Conv2d(8, 8, 3, 1, 2, dilation=2, groups=2)
        self.hidden = nn.Linear(8, 5)
        self.head = nn.Linear(5, 3)
        self.relu, self.relu2, self.relu3 = nn.ReLU(), nn.ReLU(), nn.ReLU()
        self.six, self.silu, self.sum = nn.ReLU6(), nn.SiLU(), Sum()
        self.pool, self.mean = nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)

    def forward(self, x):
        x = self.relu(self.stem(x))
        y = self.point(self.six(self.depthwise(x)))
        x = self.relu2(self.sum(torch.stack([x, y], -1)))
        x = self.silu(self.grouped(self.even(self.pool(x))))
        return self.head(self.relu3(self.hidden(self.mean(x).flatten(1))))


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.head = nn.Conv2d(3, 6, 3, 1, 1), nn.Conv2d(6, 8, 3), nn.Linear(8, 3)
        self.relu, self.relu2, self.pool, self.mean = nn.ReLU(), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)

    def forward(self, x):
        x = self.pool(self.relu(self.first(x)))
        return self.head(self.mean(self.relu2(self.second(x))).flatten(1))


class Graph:
    """A file, operator by operator."""

    def __init__(self, net):
        self.weights = {n: p for n, p in net.named_parameters()}
        self.nodes, self.n = [], 0

    def add(self, op, *inputs, **attributes):
        self.n += 1
        out = f"{op.lower()}_{self.n}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], **attributes))
        return out

    def conv(self, x, name, **attributes):
        return self.add("Conv", x, f"{name}.weight", f"{name}.bias", **attributes)

    def gemm(self, x, name):
        return self.add("Gemm", x, f"{name}.weight", f"{name}.bias", transB=1)

    def save(self, path, out, side):
        self.nodes[-1].output[0] = "scores"
        stored = [numpy_helper.from_array(p.detach().float().numpy(), n) for n, p in self.weights.items()]
        graph = helper.make_graph(self.nodes, "lrp",
                                  [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])],
                                  [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 3])], stored)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def rules(net):
    g = Graph(net)
    x = g.add("Relu", g.conv("image", "stem", strides=[2, 2], pads=[1, 1, 1, 1]))
    g.weights["zero"], g.weights["six"] = torch.tensor(0.), torch.tensor(6.)
    y = g.add("Clip", g.conv(x, "depthwise", pads=[1, 1, 1, 1], group=6), "zero", "six")
    x = g.add("MaxPool", g.add("Relu", g.add("Add", x, g.conv(y, "point"))), kernel_shape=[2, 2], strides=[2, 2])
    x = g.conv(g.conv(x, "even"), "grouped", pads=[2, 2, 2, 2], dilations=[2, 2], group=2)
    x = g.add("Mul", x, g.add("Sigmoid", x))
    x = g.add("Flatten", g.add("GlobalAveragePool", x))
    return g, g.gemm(g.add("Relu", g.gemm(x, "hidden")), "head")


def plain(net):
    g = Graph(net)
    x = g.add("MaxPool", g.add("Relu", g.conv("image", "first", pads=[1, 1, 1, 1])), kernel_shape=[2, 2], strides=[2, 2])
    x = g.add("Flatten", g.add("GlobalAveragePool", g.add("Relu", g.conv(x, "second"))))
    return g, g.gemm(x, "head")


SIDE = 16
picture = sines((1, 3, SIDE, SIDE), 0, 1)
want = {"picture": "sin(0.7 i)", "rules": [], "epsilon": [], "scores": []}
net = fill(Rules())
g, out = rules(net)
g.save("rules.onnx", out, SIDE)
net = net.double()
for k in range(3):
    x = picture.double().requires_grad_()
    with Gradient(model=net, composite=EpsilonPlus(epsilon=1e-12)) as attributor:
        scores, relevance = attributor(x, lambda y: y * nn.functional.one_hot(torch.tensor([k]), 3))
    want["scores"].append(scores[0, k].item())
    want["rules"].append([round(v, 9) for v in relevance.sum(1).flatten().tolist()])
net = fill(Plain())
g, out = plain(net)
g.save("epsilon.onnx", out, SIDE)
for k in range(3):
    relevance = LRP(net.double()).attribute(picture.double().requires_grad_(), target=k)
    want["epsilon"].append([round(v, 9) for v in relevance.sum(1).flatten().tolist()])
json.dump(want, open("expected.json", "w"))
