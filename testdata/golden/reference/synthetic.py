"""pytorch-grad-cam's formulas on activations and gradients that no network gave."""
from __future__ import annotations

import importlib.metadata

import numpy as np

from reference.peer import METHODS, SIGN_AMBIGUOUS, Quiet, formula_noise, tolerance
from reference.tree import Tree


def synthetic_section(tree: Tree, name: str, seed: int):
    """A and G without a network: odd shapes and edge cases, pushed through the pytorch-grad-cam formulas."""
    from pytorch_grad_cam.utils.image import scale_cam_image
    r = np.random.RandomState(seed)
    f = np.float32
    A, G = f(r.rand(2, 6, 5, 7)), f(r.randn(2, 6, 5, 7) * 0.1)
    sets = {  # name: (A, G, (W, H))
        "nonsquare": (A, G, (64, 40)),
        "downscale": (f(r.rand(1, 4, 24, 20)), f(r.randn(1, 4, 24, 20)), (15, 9)),
        "one-pixel": (f(r.rand(2, 5, 1, 1)), f(r.randn(2, 5, 1, 1)), (8, 8)),
        "all-negative": (A, -np.abs(G), (32, 32)),
        "zero-gradient": (A, np.zeros_like(G), (32, 32)),
        "constant-positive": (np.ones_like(A), np.abs(G).mean(axis=(2, 3), keepdims=True) * np.ones_like(G), (32, 32)),
        "tiny-values": (A, G * f(1e-8), (32, 32)),
        "negative-activations": (f(r.randn(2, 6, 5, 7)), G, (28, 20)),
        "sparse": (np.maximum(f(r.randn(2, 8, 6, 6)), 0), f(r.randn(2, 8, 6, 6)) * (r.rand(2, 8, 6, 6) < 0.3), (48, 48)),
    }

    tree.drop(f"synthetic-{name}/")
    for sn, (a, g, size) in sets.items():
        a, g = f(a), f(g)
        base = f"golden/synthetic-{name}/{sn}"
        fa, fg = tree.save(f"{base}/activations.npy", a), tree.save(f"{base}/gradients.npy", g)
        for m in ["GradCAM", "HiResCAM", "GradCAMElementWise", "GradCAMPlusPlus", "XGradCAM", "LayerCAM", "EigenGradCAM", "FEM"]:
            if m in SIGN_AMBIGUOUS and sn in ("one-pixel", "zero-gradient", "constant-positive"):
                continue
            cam = METHODS[m].__new__(METHODS[m])
            cam.activations_and_grads, cam.k = Quiet(), 2
            raw = np.array(cam.get_cam_image(None, None, None, a, g, False))
            heat = scale_cam_image(scale_cam_image(np.maximum(raw, 0), size))
            case = {"id": f"synthetic-{name}/{m}/{sn}", "model": None, "image": None, "preprocessing": None, "method": m,
                    "target": {"kind": "given_gradients"}, "output_size_hw": [size[1], size[0]],
                    "files": {"activations": fa, "gradients": fg, "cam_raw": tree.save(f"{base}/cam_raw__{m}.npy", raw),
                              "heatmap": tree.save(f"{base}/heatmap__{m}.npy", heat)},
                    "producer": "pytorch-grad-cam " + importlib.metadata.version("grad-cam"),
                    "tolerance": {k: v for k, v in tolerance(formula_noise(m, [{"A": a, "G": g, "cam": raw}], size)).items() if "from_files" in k}}
            if m in SIGN_AMBIGUOUS:
                case["method_params"] = {"sign_ambiguous": True}
            tree.add(case)
    tree.flush()
