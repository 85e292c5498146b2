"""Models with several inputs, as tiny files, with the answers beside them.

    pip install -r ../golden/requirements.txt
    python generate.py

about.onnx  a picture, a vector about it, and the picture's size as integers
twins.onnx  two pictures

NAME.case.json has the inputs besides the picture, onnxruntime's outputs, and the raw Grad-CAM of torch's autograd,
[picture][h][w], before ReLU: channel weights are the means of the gradient over the cells. The pictures are the zoo's
(../zoo/generate.py, picture(2, 32)); of twins.onnx the left ones are the zoo's two and the right ones the same two
the other way round. Weights are random.
"""
import json
import pathlib

import numpy as np
import onnxruntime as ort
import torch
from torch import nn

HERE = pathlib.Path(__file__).parent


def picture(n, size):
    b, c, y, x = np.meshgrid(np.arange(n), np.arange(3), np.arange(size), np.arange(size), indexing="ij")
    wave = lambda k, period: np.abs(k % (2 * period) - period) * 128 // period
    v = wave(3 * x + 5 * y + 40 * c + 70 * b, 61) + wave(7 * x - 4 * y + 25 * c - 90 * b + 4096, 83) - 128
    return ((v + (x * 7919 + y * 104729 + c * 31 + b * 17) % 41 - 20) / 64).astype(np.float32)


class About(nn.Module):
    """What is known of the picture scales the channels of its features; the logits are per megapixel."""

    def __init__(self):
        super().__init__()
        self.early = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU())
        self.scale = nn.Linear(4, 8)
        self.late = nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU())
        self.head = nn.Linear(8 + 4, 5)

    def forward(self, image, about, size):
        x = self.early(image) * self.scale(about).sigmoid()[:, :, None, None]
        x = self.late(x).mean((2, 3))
        y = self.head(torch.cat([x, about], 1))
        return y * (size[:, :1] * size[:, 1:]).to(y.dtype) / 1024


class Twins(nn.Module):
    """Classes of a pair, and how alike the two are."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU())
        self.head = nn.Linear(16, 3)

    def forward(self, left, right):
        a, b = self.body(left).mean((2, 3)), self.body(right).mean((2, 3))
        return self.head(torch.cat([a * b, a - b], 1)), nn.functional.cosine_similarity(a, b)[:, None]


def grad_cam(net, layer, inputs, classes):
    kept = []

    def keep(_module, _inputs, out):
        out.retain_grad()
        kept.append(out)

    handle = layer.register_forward_hook(keep)
    y = net(*inputs)
    handle.remove()
    y = y[0] if isinstance(y, tuple) else y
    sum(y[i, k] for i, k in enumerate(classes)).backward()
    act = kept[0]  # of twins: the left picture's
    return (act * act.grad.mean((2, 3), keepdim=True)).sum(1).detach().numpy()


def write(name, net, layer, inputs, classes):
    net.eval()
    names = list(inputs)
    tensors = tuple(torch.from_numpy(v).requires_grad_(v.dtype == np.float32) for v in inputs.values())
    outputs = ["logits", "alike"][: 2 if isinstance(net, Twins) else 1]
    with torch.no_grad():
        torch.onnx.export(net, tensors, HERE / f"{name}.onnx", dynamo=False, opset_version=17, input_names=names, output_names=outputs,
                          dynamic_axes={n: {0: "n"} for n in names + outputs})
    session = ort.InferenceSession(HERE / f"{name}.onnx", providers=["CPUExecutionProvider"])
    out = session.run(None, inputs)
    case = {
        "made_with": f"torch {torch.__version__}, onnxruntime {ort.__version__}", "layer": layer, "classes": classes,
        "inputs": {n: v.tolist() for n, v in list(inputs.items())[1:] if v.ndim == 2},
        "outputs": {n: v.tolist() for n, v in zip(outputs, out)},
        "map": grad_cam(net, net.get_submodule(layer), tensors, classes).tolist(),
    }
    (HERE / f"{name}.case.json").write_text(json.dumps(case))


def main():
    torch.manual_seed(5)
    x = picture(2, 32)
    write("about", About(), "late", {"image": x, "about": np.array([[0.5, -1, 2, 0], [1, 1, -2, 0.25]], np.float32),
                                     "size": np.array([[32, 64], [48, 16]])}, [1, 3])
    write("twins", Twins(), "body", {"left": x, "right": x[::-1].copy()}, [2, 0])


if __name__ == "__main__":
    main()
