"""Makes detectors whose candidates are constants, plus nothing of the picture, with the words and the
tails that Ultralytics 8.4.190 exports. torch 2.15.0, onnx 1.23.2: python generate.py
"""
import numpy as np
import onnx
import torch
import torchvision
from torch import nn


class Fixed(nn.Module):
    """[batch, 4 + classes + more, n] of a table"""

    def __init__(self, table):
        super().__init__()
        self.conv, self.table = nn.Conv2d(3, 4, 3, 2, 1), nn.Parameter(torch.tensor(table))

    def forward(self, x):
        return self.table[None] + 0 * torch.relu(self.conv(x)).mean((1, 2, 3))[:, None, None]


class Chosen(Fixed):
    """the k best of them, [batch, k, 6], as an export with its choice inside has them"""

    def forward(self, x):
        boxes, scores = super().forward(x).transpose(1, 2).split([4, 3], -1)
        best, at = scores.amax(-1).topk(5)
        at = at[..., None]
        scores = scores.gather(1, at.repeat(1, 1, 3))
        score, label = scores.max(-1)
        return torch.cat([boxes.gather(1, at.repeat(1, 1, 4)), score[..., None], label[..., None].float()], -1)


class Heads(nn.Module):
    """two levels of 16 x 16 and 8 x 8 cells, each with a branch for boxes, 4 maps, and one for two classes"""

    def __init__(self):
        super().__init__()
        self.stem, self.fine, self.coarse = nn.Conv2d(3, 6, 4, 4), nn.Conv2d(6, 6, 3, 1, 1), nn.Conv2d(6, 6, 3, 2, 1)
        self.boxes = nn.ModuleList(nn.Sequential(nn.Conv2d(6, 5, 3, 1, 1), nn.SiLU(), nn.Conv2d(5, 4, 1)) for _ in range(2))
        self.classes = nn.ModuleList(nn.Sequential(nn.Conv2d(6, 5, 3, 1, 1), nn.SiLU(), nn.Conv2d(5, 2, 1)) for _ in range(2))

    def forward(self, x):
        fine = nn.functional.silu(self.fine(torch.relu(self.stem(x))))
        coarse = nn.functional.silu(self.coarse(fine))
        levels = [torch.cat([b(m).exp() * 9 + 9, c(m)], 1).flatten(2) for m, b, c in zip((fine, coarse), self.boxes, self.classes)]
        y = torch.cat(levels, 2)
        return torch.cat([y[:, :4], y[:, 4:].sigmoid()], 1)


class Suppressed(nn.Module):
    """one picture [3, 64, 64] without a batch: boxes [n, 4], class numbers [n] and scores [n] after a suppression, as
    torchvision's detectors have them. A box is the darker, the less sure it is: score 0.9 times the mean of its part"""

    def forward(self, x):
        boxes = torch.tensor([[8.0, 16, 40, 48], [9, 16, 40, 48], [4, 4, 20, 12]]) + 0 * x.sum()
        scores = torch.stack([0.9 * x[:, 16:48, 8:40].mean(), 0.8 * x[:, 16:48, 9:40].mean(), 0.6 * x[:, 4:12, 4:20].mean()])
        keep = scores > 0.05
        boxes, scores, labels = boxes[keep], scores[keep], torch.tensor([2, 2, 1])[keep]
        kept = torchvision.ops.nms(boxes, scores, 0.5)
        return boxes[kept], labels[kept], scores[kept]


class Bytes(nn.Module):
    """bytes in, [batch, 64, 64, 3], as TensorFlow's object detection API has them: boxes y0, x0, y1, x1 of the unit square"""

    def forward(self, x):
        score = 0.9 * x[:, 16:48, 8:40].float().mean((1, 2, 3)) / 255
        boxes = torch.tensor([[[16 / 64, 8 / 64, 48 / 64, 40 / 64]]]) + 0 * score[:, None, None]
        return boxes, (2 + 0 * score)[:, None], score[:, None]


class Scrfd(nn.Module):
    """nine outputs without an axis of pictures, as InsightFace exports SCRFD: scores, distances and landmarks of three strides"""

    def __init__(self):
        super().__init__()
        self.stem, self.down = nn.Conv2d(3, 4, 3, 4, 1), nn.ModuleList(nn.Conv2d(4, 4, 3, 2, 1) for _ in range(3))
        self.heads = nn.ModuleList(nn.Conv2d(4, 2 * k, 1) for k in (1, 4, 10) for _ in range(3))

    def forward(self, x):
        maps = [nn.functional.silu(self.stem(x))]
        for d in self.down:
            maps.append(nn.functional.silu(d(maps[-1])))
        flat = lambda y, k: y.permute(2, 3, 0, 1).reshape(-1, k)
        scores, boxes, points = self.heads[:3], self.heads[3:6], self.heads[6:]
        return (*(flat(9 * h(m), 1).sigmoid() for h, m in zip(scores, maps[1:])), *(flat((h(m) + 1).abs(), 4) for h, m in zip(boxes, maps[1:])),
                *(flat(h(m), 10) for h, m in zip(points, maps[1:])))


def of_scrfd(path):
    """the surest face by numpy of what onnxruntime 1.32.0 gives, as InsightFace's scrfd.py decodes it: score, box, first and last landmark"""
    import onnxruntime
    i = np.arange(64 * 64)
    picture = np.stack([7 * i, i * i // 64, 3 * i + i // 50]).astype(np.uint8).reshape(1, 3, 64, 64)
    o = onnxruntime.InferenceSession(path).run(None, {"input.1": (picture - np.float32(127.5)) / np.float32(128)})
    found = []
    for k, stride in enumerate((8, 16, 32)):
        n = 64 // stride
        centres = np.stack([np.stack(np.mgrid[:n, :n][::-1], -1).reshape(-1, 2) * stride] * 2, 1).reshape(-1, 2)
        d, points = o[3 + k] * stride, o[6 + k].reshape(-1, 5, 2) * stride + centres[:, None]
        for j, c in enumerate(centres):
            found.append((o[k][j, 0], *(c - d[j, :2]), *(c + d[j, 2:]), *points[j, 0], *points[j, 4]))
    print(path, [round(float(v), 4) for v in max(found)])


def table(rows, *columns):
    t = np.zeros((rows, 30), np.float32)
    t[:4] = np.array([40, 40, 8, 8])[:, None]
    for i, c in enumerate(columns):
        t[:, 3 + 6 * i] = c
    return t.tolist()


def corners(rows, *columns):
    t = np.array(table(rows, *columns), np.float32)
    t[:4] = np.concatenate([t[:2] - t[2:4] / 2, t[:2] + t[2:4] / 2])
    return t.tolist()


def of_levels(path):
    """maps of the surest candidate of heads.onnx at both levels, and joined over them as ultralytics/utils/plotting.py of 8.4.190 does:
    of each level the positive part, at the size of the picture, by its highest; of the levels the highest"""
    net = Heads()
    net.load_state_dict({i.name: torch.tensor(onnx.numpy_helper.to_array(i)) for i in onnx.load(path).graph.initializer if i.name in net.state_dict()})
    i = np.arange(64 * 64)
    picture = np.stack([7 * i, i * i // 64, 3 * i + i // 50]).astype(np.uint8).reshape(3, 64, 64)
    x = torch.tensor(picture.astype(np.float32) / 255)[None]
    fine = nn.functional.silu(net.fine(torch.relu(net.stem(x)))).detach().requires_grad_()
    coarse = nn.functional.silu(net.coarse(fine))
    coarse.retain_grad()
    scores = torch.cat([c(m).flatten(2) for m, c in zip((fine, coarse), net.classes)], 2).sigmoid()
    scores.max().backward()
    for name, term in (("layercam", lambda a, g: g.clamp(min=0) * a), ("odam", lambda a, g: g * a)):
        maps = [term(a, a.grad).sum(1, keepdim=True).detach() for a in (fine, coarse)]
        large = [nn.functional.interpolate(m.clamp(min=0), (64, 64), mode="bilinear", align_corners=False) for m in maps]
        for level, m in zip(("fine", "coarse"), maps):
            if name == "odam":
                np.save(f"heads-{name}-{level}.npy", m[0, 0].numpy())
        np.save(f"heads-{name}.npy", torch.stack([m / m.amax().clamp(min=1e-7) for m in large]).amax(0)[0, 0].numpy())


def of_sides(path):
    """ODAM of the surest candidate of heads.onnx at its own level, before the ReLU: of its score and of how far out each side lies; and,
    scaled to [0, 1] at the size of the picture, the largest of those five"""
    net = Heads()
    net.load_state_dict({i.name: torch.tensor(onnx.numpy_helper.to_array(i)) for i in onnx.load(path).graph.initializer if i.name in net.state_dict()})
    i = np.arange(64 * 64)
    picture = np.stack([7 * i, i * i // 64, 3 * i + i // 50]).astype(np.uint8).reshape(3, 64, 64)
    fine = nn.functional.silu(net.fine(torch.relu(net.stem(torch.tensor(picture.astype(np.float32) / 255)[None])))).detach().requires_grad_()
    coarse = nn.functional.silu(net.coarse(fine))
    y = torch.cat([torch.cat([b(m).exp() * 9 + 9, c(m).sigmoid()], 1).flatten(2) for m, b, c in zip((fine, coarse), net.boxes, net.classes)], 2)[0]
    k = int(y[4:].amax(0).argmax())
    level = fine if k < fine[0, 0].numel() else coarse
    x, y0, w, h = y[:4, k]
    raw, scaled = [], []
    for out in (y[4:, k].max(), -(x - w / 2), -(y0 - h / 2), x + w / 2, y0 + h / 2):
        g, = torch.autograd.grad(out, level, retain_graph=True)
        raw.append((g * level).sum(1, keepdim=True).detach())
        m = nn.functional.interpolate(raw[-1].clamp(min=0), (64, 64), mode="bilinear", align_corners=False)[0, 0]
        scaled.append(m / m.amax().clamp(min=1e-12))
    np.save("heads-sides.npy", torch.cat(raw)[:, 0].numpy())
    np.save("heads-sides-joined.npy", torch.stack(scaled).amax(0).numpy())


torch.manual_seed(0)
TWO = [24, 32, 32, 32, .05, .02, .9], [12, 8, 16, 8, .6, .01, .02]
MODELS = {
    "detect": (Fixed(table(7, *TWO)), {"task": "detect"}),
    "pose": (Fixed(table(11, [24, 32, 32, 32, .9, 30, 40, .8, 20, 28, .7])), {"task": "pose", "kpt_shape": "[2, 3]", "names": "{0: 'person'}"}),
    "obb": (Fixed(table(8, [24, 32, 16, 32, .05, .02, .9, float(np.pi / 2)])), {"task": "obb"}),
    "chosen": (Chosen(corners(7, *TWO)), {"task": "detect", "end2end": "True"}),
    "heads": (Heads(), {"task": "detect", "names": "{0: 'a', 1: 'b'}"}),
    "untold": (Fixed(corners(7, *TWO)), {}),  # corners, and nothing says so
}

if __name__ == "__main__":
    args = {"opset_version": 17, "dynamo": False}
    torch.onnx.export(Suppressed(), torch.rand(3, 64, 64), "suppressed.onnx", input_names=["image"], output_names=["boxes", "labels", "scores"], **args)
    names = ["detection_boxes", "detection_classes", "detection_scores"]
    torch.onnx.export(Bytes(), torch.zeros(1, 64, 64, 3, dtype=torch.uint8), "bytes.onnx", input_names=["input_tensor"], output_names=names, **args)
    for name, (model, words) in MODELS.items():
        path = f"{name}.onnx"
        torch.onnx.export(model.eval(), torch.zeros(1, 3, 64, 64), path, opset_version=17, dynamo=False, input_names=["images"], output_names=["output0"])
        m = onnx.load(path)
        if words:
            words = {"names": "{0: 'person', 1: \"bird's nest\", 2: 'tree'}", "version": "8.4.190", "stride": "32", "imgsz": "[64, 64]", "end2end": "False", **words}
            onnx.helper.set_model_props(m, words)
        onnx.save(m, path)
    of_levels("heads.onnx")
    of_sides("heads.onnx")
    torch.manual_seed(3)
    torch.onnx.export(Scrfd().eval(), torch.zeros(1, 3, 64, 64), "scrfd.onnx", opset_version=11, dynamo=False, input_names=["input.1"], output_names=[f"o{i}" for i in range(9)])
    of_scrfd("scrfd.onnx")
