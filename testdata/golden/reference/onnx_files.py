"""ONNX files: exporting a network, running it, finding a layer's tensor, and proving that the tensor is the right cut."""
from __future__ import annotations

import collections
import contextlib
import hashlib
import io
import os

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from reference.tree import Tree

MATCH_RTOL = 1e-4  # onnxruntime vs torch, relative to max|activation|


def no_inplace(model: nn.Module) -> nn.Module:
    """In-place activations would overwrite the hooked layer output; switch them all off."""
    for m in model.modules():
        if hasattr(m, "inplace"):
            m.inplace = False
    return model


def tidy_onnx(path: str) -> onnx.ModelProto:
    """Drop stack traces (they hold file paths of the exporting machine) from a dynamo export."""
    m = onnx.load(path)
    graphs = [m.graph] + list(m.functions)
    for g in graphs:
        for n in g.node:
            keep = [p for p in n.metadata_props if "stack_trace" not in p.key]
            del n.metadata_props[:]
            n.metadata_props.extend(keep)
            n.doc_string = ""
    onnx.checker.check_model(m)
    onnx.save(m, path)
    return m


def export_both(tree: Tree, name: str, model: nn.Module, x: torch.Tensor, outputs: list[str],
                which=("torchscript", "dynamo"), suffix=True) -> dict[str, str]:
    """Export `model` with a dynamic batch axis; returns {exporter: file}."""
    model.eval()
    files = {}
    if "torchscript" in which:
        rel = f"models/{name}.ts.onnx"
        with contextlib.redirect_stdout(io.StringIO()):
            torch.onnx.export(model, x, tree.path(rel), input_names=["image"], output_names=outputs, opset_version=17,
                              dynamo=False, do_constant_folding=True,
                              dynamic_axes={"image": {0: "batch"}, **{o: {0: "batch"} for o in outputs}})
        files["torchscript"] = rel
    if "dynamo" in which:
        rel = f"models/{name}.dyn.onnx" if suffix else f"models/{name}.onnx"
        import inspect
        arg = list(inspect.signature(model.forward).parameters)[0]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            torch.onnx.export(model, (x,), tree.path(rel), input_names=["image"], output_names=outputs, dynamo=True,
                              dynamic_shapes={arg: {0: torch.export.Dim("batch", min=1, max=512)}},
                              external_data=False)
        files["dynamo"] = rel
    for rel in files.values():
        tidy_onnx(tree.path(rel))
    return files


def ort_run(model, feeds: dict, outputs=None):
    so = ort.SessionOptions()
    so.intra_op_num_threads = so.inter_op_num_threads = 1
    so.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    s = ort.InferenceSession(model if isinstance(model, (bytes, str)) else model.SerializeToString(), so,
                             providers=["CPUExecutionProvider"])
    names = outputs or [o.name for o in s.get_outputs()]
    return dict(zip(names, s.run(names, feeds)))


def ort_all_tensors(path: str, feeds: dict) -> "collections.OrderedDict[str, tuple[str, np.ndarray]]":
    """Every intermediate tensor of the graph, in graph order: name -> (producing op, value)."""
    m = onnx.load(path)
    have = {o.name for o in m.graph.output}
    order = []
    for n in m.graph.node:
        for o in n.output:
            if o:
                order.append((o, n.op_type))
                if o not in have:
                    m.graph.output.append(onnx.ValueInfoProto(name=o))
    vals = ort_run(m, feeds, [o for o, _ in order])
    return collections.OrderedDict((o, (op, vals[o])) for o, op in order)


def find_tensor(tensors, want: np.ndarray, tolerance=MATCH_RTOL):
    """The tensors, in graph order, that are equal to `want` (same shape, up to the tolerance): name, operator, difference."""
    scale = max(1e-6, float(np.abs(want).max()))
    hits = []
    for name, (op, v) in tensors.items():
        if isinstance(v, np.ndarray) and v.dtype == np.float32 and v.shape == want.shape:
            d = float(np.abs(v - want).max()) / scale
            if d < tolerance:
                hits.append((name, op, d))
    return hits


def cut_at(path: str, tensor: str) -> onnx.ModelProto:
    """Turn the intermediate `tensor` into a graph input (the rest of the graph is kept)."""
    m = onnx.load(path)
    for n in m.graph.node:
        for i, o in enumerate(n.output):
            if o == tensor:
                n.output[i] = o + "__uncut"
    keep = [v for v in m.graph.value_info if v.name != tensor]
    del m.graph.value_info[:]
    m.graph.value_info.extend(keep)
    v = onnx.ValueInfoProto(name=tensor)
    v.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    m.graph.input.append(v)
    return m


def directional_check(path, tensor, x, act, grad, score) -> float:
    """Relative error of <G,d> against the central difference of the ONNX graph cut at `tensor`.

    score(feeds_model) -> scalar computed from the onnxruntime outputs.  A small value proves that
    `tensor` is the right cut: all of the gradient passes through it."""
    gn = float(np.sqrt((grad.astype(np.float64) ** 2).sum()))
    if gn == 0:
        return float("nan")
    best = float("inf")
    m = cut_at(path, tensor)
    for eps in (3e-3, 1e-3, 3e-4):
        d = (grad / gn * np.sqrt((act.astype(np.float64) ** 2).sum()) * eps).astype(np.float32)
        up = score(m, {"image": x, tensor: act + d})
        dn = score(m, {"image": x, tensor: act - d})
        exp = float((grad.astype(np.float64) * d).sum())
        best = min(best, abs((up - dn) / 2 - exp) / abs(exp))
    return best


def cut_check(path, tensor, x, act, grad, score, model, module, targets) -> float:
    """Replace the layer output by A+d and A-d in the ONNX graph (cut at `tensor`) and in torch (forward hook).

    Returns |change in onnx - change in torch| / |change in torch|.  Unlike the comparison with the gradient
    this is not disturbed by kinks (ReLU, ties in max pooling), so it must be tiny."""
    gn = float(np.sqrt((grad.astype(np.float64) ** 2).sum()))
    an = float(np.sqrt((act.astype(np.float64) ** 2).sum()))
    if gn == 0:
        return float("nan")
    r = np.random.RandomState(0).randn(*act.shape)
    d = (0.05 * an * (grad / gn + r / np.sqrt((r ** 2).sum()))).astype(np.float32)
    m = cut_at(path, tensor)
    on, to = [], []
    for s in (1, -1):
        v = act + s * d
        on.append(score(m, {"image": x, tensor: v}))
        h = module.register_forward_hook(lambda mod, i, o: torch.from_numpy(v))
        with torch.no_grad():
            out = model(torch.from_numpy(x)).double()
        h.remove()
        to.append(float(sum(float(t(o)) for t, o in zip(targets, out))))
    return abs((on[0] - on[1]) - (to[0] - to[1])) / abs(to[0] - to[1])


def model_info(tree: Tree, rel: str, exporter: str, licence: str, extra: dict | None = None) -> None:
    m = onnx.load(tree.path(rel))

    def io_(v):
        return {"name": v.name, "shape": [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]}

    init = {i.name for i in m.graph.initializer}
    tree.models[rel] = {
        "exporter": exporter, "licence": licence, "bytes": os.path.getsize(tree.path(rel)),
        "sha256": hashlib.sha256(open(tree.path(rel), "rb").read()).hexdigest(),
        "ir_version": m.ir_version, "opset": {o.domain or "ai.onnx": o.version for o in m.opset_import},
        "inputs": [io_(v) for v in m.graph.input if v.name not in init], "outputs": [io_(v) for v in m.graph.output],
        "ops": dict(sorted(collections.Counter(n.op_type for n in m.graph.node).items())), **(extra or {})}
