"""Files that gradcamnb refuses, as their makers write them, into refused/. The test wants the operator, the node and
the module in the error, and docs/zoo.md shows it.

    python refused.py
"""
import pathlib
import tempfile

import onnx
import onnxruntime as ort
import torch
import torchvision
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


class Boxes(nn.Module):
    """Boxes, with non-maximum suppression in the file."""

    def forward(self, x):
        v = x.flatten(2)[0]
        boxes = torch.cat([v[:2], v[:2] + v[2:4]]).t()
        return boxes[torchvision.ops.nms(boxes, v[4], 0.5)]


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
    save("nms", plain(Pooled(Boxes())), words)
    with tempfile.TemporaryDirectory() as d:
        so = ort.SessionOptions()
        so.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        so.optimized_model_filepath = f"{d}/c.onnx"
        onnx.save(plain(N.resnet(N.BasicBlock)), f"{d}/a.onnx")
        ort.InferenceSession(f"{d}/a.onnx", so, providers=["CPUExecutionProvider"])
        save("all-optimisations", onnx.load(f"{d}/c.onnx"), f"{words}, then all of onnxruntime {ort.__version__}'s optimiser")


if __name__ == "__main__":
    main()
