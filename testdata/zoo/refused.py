"""Files that gradcamnb refuses, as their makers write them, into refused/. The test wants the operator, the node and
the module in the error, and docs/models.md shows it.

    python refused.py
"""
import pathlib
import tempfile

import onnx
import onnxruntime as ort
import torch
import torchvision
from onnxruntime import quantization as q
from torch import nn

import generate as G
import networks as N

HERE = pathlib.Path(__file__).parent / "refused"
X = torch.from_numpy(G.picture(1, 32))


class Pooled(nn.Module):
    """A few convolutions, then the head."""

    def __init__(self, head):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU())
        self.head = head

    def forward(self, x):
        return self.head(self.body(x))


class Rows(nn.Module):
    """Reads the picture's columns one after the other, as readers of text do."""

    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 10)

    def forward(self, x):
        return self.out(self.lstm(x.mean(2).transpose(1, 2))[0][:, -1])


class Line(nn.Module):
    """A convolution along one axis."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(8, 10, 3)

    def forward(self, x):
        return self.conv(x.flatten(2)).mean(2)


class Volume(nn.Module):
    """A convolution in three dimensions."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(1, 10, 3)

    def forward(self, x):
        return self.conv(x[:, None]).mean((2, 3, 4))


class Boxes(nn.Module):
    """Boxes, with non-maximum suppression in the file."""

    def forward(self, x):
        v = x.flatten(2)[0]
        boxes = torch.cat([v[:2], v[:2] + v[2:4]]).t()
        return boxes[torchvision.ops.nms(boxes, v[4], 0.5)]


class Best(nn.Module):
    """The best hundred cells."""

    def forward(self, x):
        return x.flatten(1).topk(20).values


def save(name, m, maker):
    m = G.tidy(m)
    onnx.helper.set_model_props(m, {"maker": maker})
    onnx.save(m, HERE / f"{name}.onnx")
    print(name, (HERE / f"{name}.onnx").stat().st_size)


def plain(net):
    torch.manual_seed(1)
    with tempfile.NamedTemporaryFile(suffix=".onnx") as f:
        torch.onnx.export(net.eval(), (X,), f.name, dynamo=False, opset_version=17)
        return onnx.load(f.name)


def main():
    HERE.mkdir(exist_ok=True)
    words = f"torch {torch.__version__.split('+')[0]}, older exporter"
    for name, net in {"lstm": Pooled(Rows()), "conv1d": Pooled(Line()), "conv3d": Pooled(Volume()), "nms": Pooled(Boxes()), "topk": Pooled(Best())}.items():
        save(name, plain(net), words)
    with tempfile.TemporaryDirectory() as d:
        net = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
        onnx.save(plain(net), f"{d}/a.onnx")
        q.quantize_dynamic(f"{d}/a.onnx", f"{d}/b.onnx", weight_type=q.QuantType.QUInt8)
        save("dynamic", onnx.load(f"{d}/b.onnx"), f"int8 by onnxruntime {ort.__version__}, dynamic")
        so = ort.SessionOptions()
        so.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        so.optimized_model_filepath = f"{d}/c.onnx"
        onnx.save(plain(N.resnet(N.BasicBlock)), f"{d}/a.onnx")
        ort.InferenceSession(f"{d}/a.onnx", so, providers=["CPUExecutionProvider"])
        save("all-optimisations", onnx.load(f"{d}/c.onnx"), f"{words}, then all of onnxruntime {ort.__version__}'s optimiser")


if __name__ == "__main__":
    main()
