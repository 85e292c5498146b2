"""ShapleyCAM's Hessian-vector product at layers that curved functions follow."""
from __future__ import annotations

import importlib.metadata

import numpy as np
import torch

from reference.networks import build, smooth_input
from reference.onnx_files import find_tensor, ort_all_tensors, ort_run
from reference.peer import noise_floor, run_pgc, tolerance
from reference.tiny import public_archs
from reference.tree import Tree

# ShapleyCAM's Hessian-vector product, through what follows these layers: strided and padded convolutions, max pools
# with and without overlap. The softmax target, since H = 0 for the logit of a network of ReLUs. Torch
# has no second derivative of mobilenet_v3's hardsigmoid, and pytorch-grad-cam 1.5.7 fails on convnext's permuted gradients.
CURVED = [("resnet-basic", "pool"), ("resnet-basic", "layer1"), ("vgg", "features.4"), ("squeezenet", "features.4"),
          ("inception", "mixed1")]


class SoftmaxTarget:
    def __init__(self, c):
        self.c = c

    def __call__(self, o):
        return torch.softmax(o, -1)[self.c]


def curved_section(tree: Tree, only=None):
    for a in public_archs():
        for p in [p for name, p in CURVED if name == a.name and (not only or name in only)]:
            files = {w: f"models/{a.name}.{s}.onnx" for w, s in (("torchscript", "ts"), ("dynamo", "dyn"))}
            seed = tree.models[files["dynamo"]]["seed"]
            model, xn = build(a.ctor, a.size, seed), smooth_input(seed + 7, 2, a.size)
            x = torch.from_numpy(xn)
            with torch.no_grad():
                y = model(x).numpy()
            ours = ort_run(tree.path(files["dynamo"]), {"image": xn})[a.outputs[0]]
            assert np.abs(ours - y).max() < 1e-4 * np.abs(y).max(), (a.name, "the files are of another network")
            cls = [int(c) for c in y.argmax(1)]
            targets = [SoftmaxTarget(c) for c in cls]
            mod = model.get_submodule(p)
            heat, rec = run_pgc("ShapleyCAM", model, [mod], x, targets)
            plain = run_pgc("GradCAM", model, [mod], x, targets)[1]
            noise = noise_floor("ShapleyCAM", model, [p], x, targets, heat, rec)
            layer = {"torch": p, "onnx": {}, "onnx_op": {}, "match_rel_err": {}, "equal_tensors": {}, "layout": "NCHW", "shape": list(rec[0]["A"].shape)}
            for w, f in files.items():
                hits = find_tensor(ort_all_tensors(tree.path(f), {"image": xn}), rec[0]["A"])
                layer["onnx"][w], layer["onnx_op"][w], layer["match_rel_err"][w] = hits[0]
                layer["equal_tensors"][w] = [h[0] for h in hits]
            curvature = float(np.abs(rec[0]["cam"] - plain[0]["cam"]).max() / np.abs(rec[0]["cam"]).max())
            print(a.name, p, "H A makes", curvature, "of the map; float64 differs by", noise)
            tree.add({"id": f"{a.name}/ShapleyCAM/{p}/top1-softmax", "model": files["torchscript"],
                      "models": [{"file": f, "exporter": w, "layer_tensor": layer["onnx"][w]} for w, f in files.items()],
                      "image": None, "input_file": f"golden/{a.name}/input.npy", "preprocessing": None, "method": "ShapleyCAM",
                      "target": {"kind": "softmax_probability", "output": a.outputs[0], "class": cls},
                      "files": {"cam_raw": tree.save(f"golden/{a.name}/cam_raw/ShapleyCAM__{p}__top1-softmax.npy", rec[0]["cam"])},
                      "tolerance": tolerance(noise), "producer": "pytorch-grad-cam " + importlib.metadata.version("grad-cam"),
                      "layer": layer, "method_params": {"formula": "w = mean(G - 0.5*H.A)", "max_rel_difference_from_GradCAM": curvature}})
