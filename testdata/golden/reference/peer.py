"""pytorch-grad-cam's maps with what they are computed of, and the tolerances that follow from float64."""
from __future__ import annotations

import contextlib
import copy
import io

import numpy as np
import pytorch_grad_cam as pgc
import torch
from torch import nn

METHODS = {n: getattr(pgc, n) for n in
           ["GradCAM", "HiResCAM", "GradCAMElementWise", "GradCAMPlusPlus", "XGradCAM", "LayerCAM", "EigenCAM",
            "EigenGradCAM", "FEM", "ScoreCAM", "AblationCAM", "FullGrad", "ShapleyCAM", "FinerCAM"]}
NO_GRADIENT = {"EigenCAM", "FEM", "ScoreCAM", "AblationCAM"}
SIGN_AMBIGUOUS = {"EigenCAM", "EigenGradCAM"}


def to_np(t):
    return t.detach().cpu().numpy() if isinstance(t, torch.Tensor) else t


def run_pgc(method: str, model: nn.Module, layers: list[nn.Module], x: torch.Tensor, targets, reshape=None,
            aug_smooth=False, eigen_smooth=False):
    """Returns (heatmap B,H,W ; list over layers of dict(A, G, cam))."""
    rec = []
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if method == "AblationCAM":
            cam = pgc.AblationCAM(model, layers, reshape_transform=reshape, ablation_layer=pgc.ablation_layer.AblationLayer())
        else:
            cam = METHODS[method](model, layers, reshape_transform=reshape)
        base = cam.base_cam if method == "FinerCAM" else cam
        inner = base.get_cam_image
        per_layer = base.compute_cam_per_layer

        def spy(input_tensor, target_layer, tgts, activations, grads, *a, **k):
            A, G = to_np(activations), to_np(grads)
            if A is not None:
                A = A.copy()
            if G is not None:
                G = G.copy()
            r = inner(input_tensor, target_layer, tgts, activations, grads, *a, **k)
            rec.append({"A": A, "G": G, "cam": np.array(r)})
            return r

        def spy_full(*a, **k):
            r = per_layer(*a, **k)
            rec.append({"A": None, "G": None, "cam": np.sum(r, axis=1)})
            return r

        base.get_cam_image = spy
        if method == "FullGrad":
            base.compute_cam_per_layer = spy_full
        kw = {}
        if method != "FinerCAM":
            kw = dict(aug_smooth=aug_smooth, eigen_smooth=eigen_smooth)
        heat = cam(x, targets, **kw)
        base.activations_and_grads.release()
        base.get_cam_image, base.compute_cam_per_layer = inner, per_layer
    return np.array(heat), rec


def grab(model: nn.Module, module: nn.Module, x: torch.Tensor):
    """Raw output of `module` (as the module returns it) and the model output."""
    got = []
    h = module.register_forward_hook(lambda m, i, o: got.append(o.detach().clone()))
    with torch.no_grad():
        y = model(x)
    h.remove()
    assert len(got) == 1, "layer must run exactly once"
    return got[0].numpy(), y


def noise_floor(method, model, path, x, targets, heat, rec, reshape=None) -> dict:
    """Differences between this float32 run and the same run in float64: what a correct implementation may differ by."""
    if method in ("ScoreCAM", "AblationCAM"):
        return {}
    m64 = copy.deepcopy(model).double()
    h64, r64 = run_pgc(method, m64, [m64.get_submodule(p) for p in path], x.double(), targets, reshape)
    out = {}
    d = float(np.abs(h64 - heat).max())
    if method not in SIGN_AMBIGUOUS or d < 0.5:
        out["heatmap"] = d
    if rec[0]["G"] is not None and method not in NO_GRADIENT:
        out["gradients"] = max(float(np.abs(a["G"] - b["G"]).max() / max(1e-30, np.abs(b["G"]).max())) for a, b in zip(rec, r64))
    return out


def formula_noise(method, rec, size) -> dict:
    """Rounding error of the float32 formula itself, from the stored A and G (float64 evaluation of the same code)."""
    if method not in ("GradCAM", "HiResCAM", "GradCAMElementWise", "GradCAMPlusPlus", "XGradCAM", "LayerCAM", "FEM"):
        return {}
    from pytorch_grad_cam.utils.image import scale_cam_image
    c = METHODS[method].__new__(METHODS[method])
    c.activations_and_grads, c.k = Quiet(), 2
    out = {"cam_files": 0.0, "heat_files": 0.0}
    for r in rec:
        A64, G64 = r["A"].astype(np.float64), None if r["G"] is None else r["G"].astype(np.float64)
        k = np.array(c.get_cam_image(None, None, None, A64, G64, False))
        m = float(np.abs(k).max())
        if m > 0:
            out["cam_files"] = max(out["cam_files"], float(np.abs(k - r["cam"]).max()) / m)
        a, b = (scale_cam_image(scale_cam_image(np.maximum(v, 0), size)) for v in (k, r["cam"]))
        out["heat_files"] = max(out["heat_files"], float(np.abs(a - b).max()))
    return out


class Quiet:
    """Stands in for the hook object of a CAM that is used for its formula only."""

    def release(self):
        pass


def tolerance(noise) -> dict:
    """Suggested absolute tolerances (activations/gradients relative to their max |value|)."""
    t = {"activations_rel": 1e-4, "gradients_rel": 1e-3, "cam_raw_from_files_rel": 1e-5, "heatmap_from_files_abs": 1e-4,
         "heatmap_end_to_end_abs": 2e-3, "logits_abs": 1e-3}
    if "heatmap" in noise:
        t["heatmap_end_to_end_abs"] = float(f"{max(1e-3, 10 * noise['heatmap']):.3g}")
        t["float32_vs_float64_heatmap"] = float(f"{noise['heatmap']:.3g}")
    if "cam_files" in noise:
        t["cam_raw_from_files_rel"] = float(f"{max(1e-5, 10 * noise['cam_files']):.3g}")
        t["heatmap_from_files_abs"] = float(f"{max(1e-4, 10 * noise['heat_files']):.3g}")
        t["heatmap_end_to_end_abs"] = max(t["heatmap_end_to_end_abs"], t["heatmap_from_files_abs"])
    if "gradients" in noise:
        t["gradients_rel"] = float(f"{max(1e-3, 10 * noise['gradients']):.3g}")
        t["float32_vs_float64_gradients_rel"] = float(f"{noise['gradients']:.3g}")
    return t
