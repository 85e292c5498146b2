"""Exports the networks of networks.py by both exporters, explains each file with this product, and compares with
onnxruntime and with torch's autograd in float64.

    python population.py FOLDER GRADCAM [--only NAME ...] [--exporter older|newer] [--again]

writes a line a file to FOLDER/results.jsonl; what is there is not done again, or with --again only what did not agree.
A file is made, checked and deleted. report.py makes the page of it. See requirements.txt for the versions.
"""
import argparse, contextlib, io, itertools, json, logging, os, pathlib, signal, subprocess, sys, time, traceback, warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
import numpy as np
import onnx
import onnxruntime
import torch
from torch.overrides import TorchFunctionMode

import networks


class Kept(TorchFunctionMode):
    """Keeps every tensor of a size that torch's forward pass makes."""

    def __init__(self, size):
        super().__init__()
        self.size, self.tensors = size, []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for t in out if isinstance(out, (tuple, list)) else [out]:
            if isinstance(t, torch.Tensor) and t.requires_grad and t.numel() == self.size:
                self.tensors.append(t)
        return out


def export(m, x, path, exporter):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if exporter == "newer":
            torch.onnx.export(m, (x,), path, dynamo=True, external_data=False)
        else:
            torch.onnx.export(m, (x,), path, dynamo=False)


def onnxruntime_of(path, x, extra=()):
    """The file's outputs and further tensors, nothing optimised."""
    p = onnx.load(path)
    for name in extra:
        if name not in [o.name for o in p.graph.output]:
            p.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    o = onnxruntime.SessionOptions()
    o.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    o.intra_op_num_threads, o.log_severity_level = 1, 4
    s = onnxruntime.InferenceSession(p.SerializeToString(), o, providers=["CPUExecutionProvider"])
    names = [v.name for v in s.get_outputs()]
    return dict(zip(names, s.run(names, {s.get_inputs()[0].name: x})))


class Refused(Exception):
    pass


def tool(command, *args):
    p = subprocess.run([command, *map(str, args)], capture_output=True, text=True)
    if p.returncode:
        raise Refused(p.stderr.strip().removeprefix("gradcam: "))
    return p.stdout


def off(a, b):
    return float(np.abs(np.asarray(a, "float64") - b).max() / max(np.abs(b).max(), 1e-300))


def targets(name, y):
    """What is explained of the first output y: the text for the product, and the score of torch's output."""
    if y.ndim == 2 and 3 < y.shape[1] <= 64:
        return "class:3", lambda t: t[0, 3]
    if y.ndim == 4 and y.shape[1] == networks.CLASSES:
        best = y[0].argmax(0)
        c = int(np.bincount(best.ravel()).argmax())
        mask = torch.tensor(best == c)
        return f"region:{c}", lambda t: (t[0, c] * mask).sum()
    i = int(np.abs(y).argmax())
    return f"output:{name}:{i}", lambda t: t.flatten()[i]


def cells(a, place):
    """The tensor as [channels, h, w], whether channels or cells are last, without the tokens before and after the cells."""
    h, w, c, after = place
    s = a.shape[1:] if a.shape[0] == 1 else a.shape
    a = a.reshape(s)
    if s == (c, h, w):
        return a
    if s == (h, w, c):
        return a.transpose(2, 0, 1)
    if len(s) == 3 and s[1:] == (1, c):  # cells, batch, channels
        s, a = (s[0], c), a[:, 0]
    if len(s) == 2 and s[0] == c:
        s, a = s[::-1], a.T
    if len(s) == 2 and s[1] == c and s[0] >= h * w + after:
        end = s[0] - after
        return a[end - h * w : end].T.reshape(c, h, w)
    raise ValueError(f"a tensor {s} with the grid {h} x {w} and {c} channels")


def grad_cam(a, g, place):
    """MEAN over cells of the gradient, times the activations, summed over channels."""
    a, g = cells(a, place), cells(g, place)
    return np.einsum("c,chw->hw", g.mean((1, 2)), a)


def reference(m, x, score, value, place, near):
    """The maps at every tensor of torch's forward pass that holds the values of the file's tensor, in whatever order.

    Several do if a tensor is reshaped, or added to nothing. near is how far values may be off by the largest."""
    x = x.clone().requires_grad_()
    with Kept(value.size) as kept:
        y = m(x)
    s = score(y if isinstance(y, torch.Tensor) else y[0])
    largest, total = np.abs(value).max(), np.abs(value).sum()
    found = []
    for t in kept.tensors:
        v = t.detach().double().numpy()
        if abs(np.abs(v).sum() - total) > near * total or v.ndim > 5:
            continue
        for perm in itertools.permutations(range(v.ndim)):
            if np.abs(v.transpose(perm).ravel() - value.ravel()).max() <= near * largest:
                found.append((t, perm))
                break
    maps = []
    for (t, perm), g in zip(found, torch.autograd.grad(s, [t for t, _ in found], allow_unused=True) if found else []):
        if g is not None:
            shaped = [np.ascontiguousarray(n.detach().double().numpy().transpose(perm)).reshape(value.shape) for n in (t, g)]
            maps.append(grad_cam(*shaped, place))
    return maps, float(s)


def agrees(r):
    """Output and map are right to 1e-4 of their largest value, or, of networks that blow rounding up, no further from
    float64 than three times what torch itself is in float32."""
    return r["output"] <= max(1e-4, 3 * (r.get("torch") or 0)) and r["map"] <= max(1e-4, 3 * (r.get("float32") or 0))


def check(r, m, x, path, gradcam, folder):
    """What became of a file; r says which it is."""
    xs = x.numpy()
    try:
        outs = onnxruntime_of(path, xs)
    except Exception as e:
        return r | dict(verdict="not by onnxruntime", reason=str(e).strip().splitlines()[0][:200])
    name = onnx.load(path, load_external_data=False).graph.output[0].name
    y = outs[name]
    with torch.no_grad():
        t = m(x)
    t = (t if isinstance(t, torch.Tensor) else t[0]).numpy()
    r["torch"] = off(y, t) if t.shape == y.shape else None
    target, score = targets(name, y)
    np.save(folder / "x.npy", xs)
    out = folder / "out"
    begun = time.time()
    try:
        layers = json.loads(tool(gradcam, "layers", "--model", path, "--json"))
        chosen = [l for l in layers if l.get("suggested")]
        if not chosen:
            return r | dict(verdict="refused", reason="no layer is suggested")
        l = chosen[0]
        r |= dict(layer=l.get("path") or l["name"], op=l["op"], grid=l["grid"])
        tool(gradcam, "explain", "--model", path, "--tensor", folder / "x.npy", "--target", target, "--backend", r.get("backend", "go"), "--layer", l["name"], "--out", out)
    except Refused as e:
        return r | dict(verdict="refused", reason=str(e)[:600])
    r["seconds"] = round(time.time() - begun, 1)
    raw = np.load(out / "raw.npy")[0]
    image = json.loads((out / "result.json").read_text())["images"][0]
    said = image["maps"][0]
    r["diagnosis"] = said.get("diagnosis", "")
    place = *l["grid"], l["channels"], networks.AFTER.get(r["network"], r.get("after", 0))
    value = onnxruntime_of(path, xs, [l["name"]])[l["name"]]
    if y.ndim == 2 and 1 < y.shape[1] <= 5:
        r["output"] = float(max(abs(c["score"] - y[0, c["class"]]) for c in image["top"]) / np.abs(y).max())
    else:
        want = float(score(torch.tensor(y)))
        r["output"] = abs(said["score"] - want) / max(abs(want), float(np.abs(y).max()))
    near = max(1e-3, 30 * (r["torch"] or 0))  # wider in networks that blow rounding up
    try:
        double = networks.double(m)
        with networks.exact():
            maps, s = reference(double, x.double(), score, value, place, near)
        r["by"] = "float64"
    except Exception as e:  # networks that hold float32 inside
        r["double"] = f"{type(e).__name__}: {str(e)[:100]}"
        maps, s = reference(m, x, score, value, place, near)
        r["by"] = "float32"
    finally:
        m.float()
    if not maps:
        maps, _ = reference(m, x, score, value, place, near)
        r["by"] = "float32"
    if not maps:
        return r | dict(verdict="no tensor of torch's", reason=f"no tensor of torch's forward pass holds the values of {l['name']}")
    if r.get("mirrored"):  # the product turns such a map back
        raw = raw[:, ::-1]
    r["map"] = min(off(raw, w) if raw.shape == w.shape else 9.0 for w in maps)
    r["largest"] = float(max(np.abs(w).max() for w in maps))
    if r["map"] > 1e-5 and r["by"] == "float64":
        single, _ = reference(m, x, score, value, place, near)
        r["float32"] = min((off(a, b) for a in single for b in maps if a.shape == b.shape), default=None)
    r["verdict"] = "agrees" if agrees(r) else "differs"
    return r


def one(lib, entry, exporters, gradcam, folder, write):
    name = entry.partition(":")[0]
    try:
        m, x = networks.timm_net(entry) if lib == "timm" else networks.hf_net(entry)
        m.requires_grad_(False)
    except Exception as e:
        for exporter in exporters:
            write(dict(library=lib, network=name, exporter=exporter, verdict="not made", reason=f"{type(e).__name__}: {str(e)[:200]}"))
        return
    for exporter in exporters:
        r = dict(library=lib, network=name, exporter=exporter, picture=list(x.shape[2:]))
        path = folder / f"{name}-{exporter}.onnx"
        try:
            signal.alarm(900)
            try:
                begun = time.time()
                export(m, x, str(path), exporter)
                r["export"] = round(time.time() - begun, 1)
            except Exception as e:  # exporters end in many ways
                said = [l for l in str(e).splitlines() if l.strip()] or [""]
                write(r | dict(verdict="not exported", reason=f"{type(e).__name__}: {said[0][:200]}"))
                continue
            write(check(r, m, x, str(path), gradcam, folder))
        except Exception as e:
            write(r | dict(verdict="fault of this program", reason=traceback.format_exc()[-700:]))
        finally:
            signal.alarm(0)
            if not os.environ.get("KEEP"):
                path.unlink(missing_ok=True)


def apart(work):
    """Runs work in a process of its own, so that what one network leaves behind, or how it ends, touches no other."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            sys.stdout.flush()
            os._exit(0)
    return os.waitpid(pid, 0)[1]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("folder", type=pathlib.Path)
    a.add_argument("gradcam")
    a.add_argument("--only", nargs="*")
    a.add_argument("--library", choices=["timm", "transformers"])
    a.add_argument("--exporter", choices=["older", "newer"])
    a.add_argument("--again", action="store_true")
    a = a.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    results = a.folder / "results.jsonl"
    done = {}
    if results.exists():
        for line in results.read_text().splitlines():
            r = json.loads(line)
            done[r["library"], r["network"], r["exporter"]] = r["verdict"]

    def write(r):
        with results.open("a") as f:
            f.write(json.dumps(r) + "\n")
        print(r["library"], r["network"], r["exporter"], r["verdict"], r.get("map"), r.get("output"), r.get("layer"), r.get("reason", "")[:300], flush=True)

    import timm, transformers  # once, before the forks

    jobs = [("timm", e) for e in networks.TIMM] + [("transformers", n) for n in networks.HF]
    if a.only:  # in that order
        jobs = sorted((j for j in jobs if j[1].partition(":")[0] in a.only), key=lambda j: a.only.index(j[1].partition(":")[0]))
    for lib, entry in jobs:
        name = entry.partition(":")[0]
        if a.library and lib != a.library:
            continue
        exporters = [a.exporter] if a.exporter else ["older", "newer"]
        settled = ("agrees",) if a.again else set(done.values())
        exporters = [e for e in exporters if done.get((lib, name, e)) not in settled]
        if exporters:
            status = apart(lambda: one(lib, entry, exporters, a.gradcam, a.folder, write))
            if status:
                write(dict(library=lib, network=name, exporter=exporters[-1], verdict="not exported", reason=f"took too long, or ended by the signal {status & 127}"))


if __name__ == "__main__":
    main()
