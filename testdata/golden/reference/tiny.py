"""The tiny networks' cases: both exporters, every layer, target and method."""
from __future__ import annotations

import copy
import importlib.metadata
import os

import numpy as np
import onnx
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget, SemanticSegmentationTarget

from reference.captum_cases import captum_cases
from reference.networks import (
    VGG, Attributor, DenseNet, Inception, ResNetBasic, SqueezeNet, Tagger, UNet, build, convnext, mobilenet_v3,
    smooth_input, vit, vit_reshape)
from reference.onnx_files import (
    cut_check, directional_check, export_both, find_tensor, model_info, ort_all_tensors, ort_run)
from reference.peer import NO_GRADIENT, SIGN_AMBIGUOUS, formula_noise, grab, noise_floor, run_pgc, tolerance
from reference.tree import Tree


class MeanMaskTarget:
    """Mean class logit over the pixels of a mask."""

    def __init__(self, category, mask):
        self.category, self.mask = category, torch.from_numpy(mask)

    def __call__(self, out):
        m = self.mask.to(out.dtype)
        return (out[self.category] * m).sum() / m.sum()


class Arch:
    """Description of one tiny network and of the cases wanted for it."""

    def __init__(self, name, ctor, layers, size=64, seed=1, outputs=("logits",), kind="classifier", reshape=None, layout=None,
                 variants=None, extra_methods=(), pattern="", captum=False):
        self.name, self.ctor, self.layers, self.size, self.seed = name, ctor, layers, size, seed
        self.outputs, self.kind, self.reshape, self.layout = list(outputs), kind, reshape or {}, layout or {}
        self.variants, self.extra, self.pattern, self.captum = variants or {}, list(extra_methods), pattern, captum


ARCH_METHODS = ["GradCAM", "LayerCAM", "HiResCAM"]
ALL_SIMPLE = ["GradCAMElementWise", "GradCAMPlusPlus", "XGradCAM", "EigenCAM", "EigenGradCAM", "FEM", "ScoreCAM", "AblationCAM", "FullGrad", "FinerCAM"]


def arch_targets(a: Arch, model, x):
    """List of (tag, torch model used by pytorch-grad-cam, targets per sample, target description, onnx score function, tensor wanted)."""
    out = []
    with torch.no_grad():
        y = model(x)
    B = x.shape[0]
    if a.kind == "classifier":
        o = y.numpy()
        order = np.argsort(-o, axis=1)
        for rank, tag in ((0, "top1"), (1, "top2")):
            cls = [int(order[b, rank]) for b in range(B)]
            out.append((tag, model, [ClassifierOutputTarget(c) for c in cls], {"kind": "logit", "output": a.outputs[0], "class": cls}, cls))
    elif a.kind == "tagger":
        raw = a.variants["raw"](model)
        z = raw(x).detach().numpy()
        idx = [int(np.argmax(z[0])), int(np.argsort(-z[1])[1])]
        f = {"output": a.outputs[0], "index": idx, "raw_logits": None}
        out.append(("raw", raw, [ClassifierOutputTarget(c) for c in idx], {"kind": "pre_sigmoid_logit", **f}, idx))
        out.append(("sigmoid", model, [ClassifierOutputTarget(c) for c in idx], {"kind": "output_element", **f}, idx))
    elif a.kind == "attributor":
        for oi, head in enumerate(a.outputs):
            hm = a.variants[head](model)
            o = hm(x).detach().numpy()
            idx = [int(np.argmax(o[0])), int(np.argsort(-o[1])[1])]
            out.append((head, hm, [ClassifierOutputTarget(c) for c in idx], {"kind": "output_element", "output": head, "index": idx}, idx))
    elif a.kind == "segmentation":
        o = y.numpy()
        am = o.argmax(1)
        cls, masks = [], []
        for b in range(B):
            cnt = np.bincount(am[b].ravel(), minlength=o.shape[1])
            c = int(np.argsort(-cnt)[b % 2])
            if cnt[c] < 20:
                c = int(np.argmax(cnt))
            cls.append(c)
            masks.append((am[b] == c).astype(np.float32))
        masks = np.stack(masks)
        for tag, T in (("mask_sum", SemanticSegmentationTarget), ("mask_mean", MeanMaskTarget)):
            out.append((tag, model, [T(c, m) for c, m in zip(cls, masks)],
                        {"kind": tag, "output": a.outputs[0], "class": cls, "mask_pixels": [int(m.sum()) for m in masks],
                         "formula": "sum over pixels of logit[class]*mask" + (" / mask.sum()" if tag == "mask_mean" else ""), "_mask": masks}, cls))
    return out


def degenerate(heat, cam) -> str | None:
    for b in range(heat.shape[0]):
        if heat[b].std() < 0.05 or heat[b].max() < 0.9:
            return f"flat heatmap sample {b}"
    return None


def arch_section(tree: Tree, archs, only=None):
    for a in archs:
        if only and a.name not in only:
            continue
        for attempt in range(60):
            seed = a.seed + 1000 * attempt
            model = build(a.ctor, a.size, seed)
            xn = smooth_input(seed + 7, 2, a.size)
            x = torch.from_numpy(xn)
            ok = True
            for tag, tm, tgts, td, idx in arch_targets(a, model, x):
                for p in a.layers:
                    heat, rec = run_pgc("GradCAM", tm, [tm.get_submodule(p)], x, tgts, a.reshape.get(p))
                    if degenerate(heat, rec[0]["cam"]):
                        ok = False
                        break
                if not ok:
                    break
            if ok:
                break
        else:
            print("  no non-degenerate seed for", a.name)
        one_arch(tree, a, model, xn, seed)
        tree.flush()


def one_arch(tree: Tree, a: Arch, model, xn, seed):
    tree.drop(a.name + "/")
    x = torch.from_numpy(xn)
    base = f"golden/{a.name}"
    finp = tree.save(f"{base}/input.npy", xn)
    with torch.no_grad():
        y = model(x)
    ys = dict(zip(a.outputs, (y if isinstance(y, tuple) else (y,))))
    files_out = {k: tree.save(f"{base}/output_{k}.npy", v) for k, v in ys.items()}
    exports = {}
    for w in ("torchscript", "dynamo"):
        try:
            exports.update(export_both(tree, a.name, model, x, a.outputs, (w,)))
        except Exception as e:
            print(f"  EXPORT FAILED {a.name} {w}: {repr(e)[:200]}")
    tens = {w: ort_all_tensors(tree.path(f), {"image": xn}) for w, f in exports.items()}
    diffs = {}
    for w, f in exports.items():
        r = ort_run(tree.path(f), {"image": xn})
        d = max(float(np.abs(r[k] - v.numpy()).max()) for k, v in ys.items())
        x3 = np.concatenate([xn, xn[:1] * 0.5])
        with torch.no_grad():
            y3 = model(torch.from_numpy(x3))
        y3 = y3 if isinstance(y3, tuple) else (y3,)
        try:
            r3 = ort_run(tree.path(f), {"image": x3})
            d3 = max(float(np.abs(r3[k] - v.numpy()).max()) for k, v in zip(a.outputs, y3))
        except Exception as e:
            d3 = None
            print(f"  {a.name} {w}: batch 3 failed {repr(e)[:150]}")
        diffs[w] = {"batch2": d, "batch3": d3}
        for k in ys:
            tree.save(f"{base}/ort_{w}_{k}.npy", r[k])
        if d > 1e-4 * max(1.0, max(float(v.abs().max()) for v in ys.values())):
            print("  LARGE export difference", a.name, w, d)
    layer_info = {}
    for p in a.layers:
        A, _ = grab(model, model.get_submodule(p), x)
        li = {"torch": p, "onnx": {}, "onnx_op": {}, "match_rel_err": {}, "equal_tensors": {},
              "layout": a.layout.get(p, "NCHW"), "shape": list(A.shape)}
        for w, t in tens.items():
            hits = find_tensor(t, A)
            if not hits:
                print(f"  NO TENSOR {a.name} {p} {w}")
                continue
            li["onnx"][w], li["onnx_op"][w], li["match_rel_err"][w] = hits[0]
            li["equal_tensors"][w] = [h[0] for h in hits]
        if p in a.reshape:
            li["activations_raw"] = tree.save(f"{base}/activations_raw__{p}.npy", A)
        layer_info[p] = li
    for w, f in exports.items():
        model_info(tree, f, w, "CC0-1.0 (random weights)", {"pattern": a.pattern, "seed": seed, "ort_vs_torch_max_abs": diffs[w],
                                                            "layers": {p: li["onnx"].get(w) for p, li in layer_info.items()}})
    worst_grad = worst_cut = 0.0
    for tag, tm, tgts, td, idx in arch_targets(a, model, x):
        td = dict(td)
        masks = td.pop("_mask", None)
        tfiles = {}
        if masks is not None:
            td["mask"] = tree.save(f"{base}/mask.npy", masks)
        td.pop("raw_logits", None)
        tensor_names = {}
        if td["kind"] == "pre_sigmoid_logit":
            z = tm(x).detach().numpy()
            tfiles["raw_logits"] = tree.save(f"{base}/raw_logits.npy", z)
            for w, t in tens.items():
                hits = find_tensor(t, z)
                tensor_names[w] = hits[0][0]
            td["onnx_tensor"] = tensor_names

        def score(w):
            def f(m, feeds):
                if td["kind"] == "pre_sigmoid_logit":
                    m = copy.deepcopy(m)
                    m.graph.output.append(onnx.ValueInfoProto(name=tensor_names[w]))
                    o = ort_run(m, feeds, [tensor_names[w]])[tensor_names[w]]
                else:
                    o = ort_run(m, feeds, [td["output"]])[td["output"]]
                o = torch.from_numpy(o).double()
                return float(sum(float(t(o[b])) for b, t in enumerate(tgts)))
            return f

        for p in a.layers:
            mod = tm.get_submodule(p)
            methods = list(ARCH_METHODS)
            if tag in ("top1", "raw") and p == a.layers[-1]:
                methods += a.extra
            gcheck = ccheck = None
            for method in methods:
                t_use = tgts
                td_use = td
                if method == "FinerCAM":
                    t_use = None
                    o = ys[a.outputs[0]].numpy()
                    srt = np.argsort(np.abs(o - o.max(1, keepdims=True)), axis=1)
                    td_use = {"kind": "finer", "output": a.outputs[0], "class": [int(s[0]) for s in srt],
                              "references": [[int(v) for v in s[1:4]] for s in srt], "alpha": 1.0,
                              "formula": "sum_r p_r*(z_main - alpha*z_r)/(sum_r p_r + 1e-9); gradient flows through p=softmax(z) too"}
                mods = [] if method == "FullGrad" else [mod]
                try:
                    heat, rec = run_pgc(method, tm, mods, x, t_use, a.reshape.get(p))
                except Exception as e:
                    print(f"  {a.name} {p} {method} failed: {repr(e)[:120]}")
                    continue
                ftag = f"{p if mods else 'all-bias-layers'}__{tag}"
                files = {"outputs": files_out, "heatmap": tree.save(f"{base}/heatmap/{method}__{ftag}.npy", heat),
                         "cam_raw": tree.save(f"{base}/cam_raw/{method}__{ftag}.npy", rec[0]["cam"]), **tfiles}
                if mods:
                    files["activations"] = tree.save(f"{base}/activations__{p}.npy", rec[0]["A"])
                    if method not in NO_GRADIENT:
                        gt = "finer" if method == "FinerCAM" else tag
                        files["gradients"] = tree.save(f"{base}/gradients__{p}__{gt}.npy", rec[0]["G"])
                        if gcheck is None:
                            gcheck, ccheck = {}, {}
                            raw_G = grab_gradient(tm, mod, x, tgts)
                            Araw, _ = grab(tm, mod, x)
                            for w, f in exports.items():
                                if w in layer_info[p]["onnx"]:
                                    gcheck[w] = directional_check(tree.path(f), layer_info[p]["onnx"][w], xn, Araw, raw_G, score(w))
                                    ccheck[w] = cut_check(tree.path(f), layer_info[p]["onnx"][w], xn, Araw, raw_G, score(w), tm, mod, tgts)
                                    worst_grad, worst_cut = max(worst_grad, gcheck[w]), max(worst_cut, ccheck[w])
                noise = noise_floor(method, tm, [p] if mods else [], x, t_use, heat, rec, a.reshape.get(p))
                noise.update(formula_noise(method, rec, (a.size, a.size)))
                case = {"id": f"{a.name}/{method}/{p if mods else 'all-bias-layers'}/{tag}", "model": list(exports.values())[0],
                        "models": [{"file": f, "exporter": w, "layer_tensor": layer_info[p]["onnx"].get(w) if mods else None} for w, f in exports.items()],
                        "image": None, "input_file": finp, "preprocessing": None, "method": method,
                        "target": td_use, "files": files, "tolerance": tolerance(noise),
                        "producer": "pytorch-grad-cam " + importlib.metadata.version("grad-cam")}
                if mods:
                    case["layer"] = layer_info[p]
                    case["onnx_gradient_check_rel"], case["onnx_cut_check_rel"] = gcheck, ccheck
                if method in SIGN_AMBIGUOUS:
                    case["method_params"] = {"sign_ambiguous": True}
                if p in a.reshape:
                    case["reshape"] = a.layout[p]
                if noise.get("heatmap", 0) > 0.02:
                    ratio = float(np.abs(rec[0]["cam"]).max() / np.abs(rec[0]["A"] * rec[0]["G"]).sum(1).max())
                    assert method == "HiResCAM" and ratio < 1e-4, (case["id"], noise, ratio)
                    for k in ("heatmap", "cam_raw"):
                        os.remove(tree.path(files.pop(k)))
                    case["degenerate"] = {"reason": "sum_c G*A vanishes analytically because the layer is read only through a LayerNorm over channels "
                                                    "(scale invariance); the map is pure rounding noise and has no reference",
                                          "max_abs_cam_over_max_sum_abs_GA": ratio}
                    case["tolerance"] = {"cam_abs_over_sum_abs_GA": 1e-4}
                    print("  degenerate:", case["id"], ratio)
                tree.add(case)
    # captum on plain ReLU classifiers
    if a.captum:
        t = arch_targets(a, model, x)[0]
        p = a.layers[-1]
        common = {"model": list(exports.values())[0], "models": [{"file": f, "exporter": w, "layer_tensor": layer_info[p]["onnx"].get(w)} for w, f in exports.items()],
                  "image": None, "input_file": finp, "preprocessing": None}
        try:
            captum_cases(tree, model, x, t[4], layer_info[p], a.name, base, common, files_out[a.outputs[0]], t[3],
                         "guided backprop clamps the gradient to >=0 at every nn.ReLU (checked against a direct implementation)")
        except Exception as e:
            print("  captum failed on", a.name, repr(e)[:150])
    sz = {w: os.path.getsize(tree.path(f)) // 1024 for w, f in exports.items()}
    print(f"{a.name}: seed {seed}, KiB {sz}, ort-torch {diffs}, worst onnx gradient check {worst_grad:.2e}, worst cut check {worst_cut:.2e}, layers {[ (p, l['shape'], l['onnx']) for p, l in layer_info.items()]}")


def grab_gradient(model, module, x, targets) -> np.ndarray:
    got = []
    h = module.register_forward_hook(lambda m, i, o: (o.retain_grad(), got.append(o))[0] and None)
    out = model(x.clone().requires_grad_(True))
    h.remove()
    loss = sum(t(o) for t, o in zip(targets, out))
    return torch.autograd.grad(loss, got[0])[0].numpy()


def share_raw_tagger(cls):
    def f(model):
        m = copy.deepcopy(model)
        m.raw = True
        return m
    return f


def share_head(name):
    def f(model):
        m = copy.deepcopy(model)
        m.head = name
        return m
    return f


def public_archs():
    L = "NLC tokens, class token first; drop it and reshape the 64 others to 8x8 row-major, channels last -> NCHW"
    return [
        Arch("resnet-basic", ResNetBasic, ["layer2", "layer3"], seed=11, extra_methods=ALL_SIMPLE, pattern="residual basic blocks", captum=True),
        Arch("vgg", VGG, ["features.14"], size=112, seed=12, pattern="plain conv, AdaptiveAvgPool2d(7,7), fully connected head"),
        Arch("densenet", lambda: DenseNet(growth_rate=8, block_config=(2, 3, 3), num_init_features=16, bn_size=2, num_classes=10),
             ["features.denseblock2", "features.denseblock3"], seed=13, pattern="dense concatenation, BN before conv"),
        Arch("inception", Inception, ["mixed1", "mixed2"], seed=14, pattern="AveragePool count_include_pad=1, 1x7/7x1 convs, concat"),
        Arch("squeezenet", SqueezeNet, ["features.4", "features.7"], seed=15, pattern="MaxPool ceil_mode=1, conv classifier"),
        Arch("mobilenet_v3", mobilenet_v3, ["features.3", "features.6"], seed=16, pattern="HardSwish, HardSigmoid, SE, depthwise"),
        Arch("convnext", convnext, ["features.3", "features.5"], seed=17, pattern="LayerNorm, GELU, permute, layer scale"),
        Arch("vit", vit, ["encoder.layers.encoder_layer_1", "encoder.layers.encoder_layer_2.ln_1"], seed=18,
             reshape={"encoder.layers.encoder_layer_1": vit_reshape, "encoder.layers.encoder_layer_2.ln_1": vit_reshape},
             layout={"encoder.layers.encoder_layer_1": L, "encoder.layers.encoder_layer_2.ln_1": L}, pattern="class token, multi-head attention"),
        Arch("unet", UNet, ["mid", "d3"], seed=19, kind="segmentation", pattern="ConvTranspose, Resize bilinear+nearest, skip concat"),
        Arch("tagger", Tagger, ["body.1", "body.2"], seed=20, outputs=("tags",), kind="tagger", variants={"raw": share_raw_tagger(Tagger)},
             pattern="multi-label, Sigmoid inside the graph"),
        Arch("attributor", Attributor, ["body.1", "body.2"], seed=21, outputs=("colour", "shape"), kind="attributor",
             variants={"colour": share_head("colour"), "shape": share_head("shape")}, pattern="two outputs"),
    ]
