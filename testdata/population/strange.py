"""Small files of kinds that strangers bring, made by strange_graphs.py and strange_files.py: is the value onnxruntime's, and are
Grad-CAM and HiResCAM those of differences in float64, at the suggested layer and at the one behind the first activation?

    python strange.py FOLDER GRADCAM [--backend NAME] [--only PATTERN]

writes a line a file to FOLDER/strange.jsonl; what agrees there already is not done again. The differences are central, of onnx's reference evaluator, which runs the part
of the file behind the layer in float64; a file that it cannot run is compared in value only, and that is said.
"""
import argparse, json, os, pathlib, re, sys, traceback

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto as T, numpy_helper
from onnx.reference import ReferenceEvaluator

from strange_contrib import OPS as OWN
from strange_reference import OPS
from population import Refused, apart, cells, off, onnxruntime_of, tool

STEP = 1e-5


REAL = (T.FLOAT, T.FLOAT16)


def widened(t):
    if t.data_type not in REAL:
        return t
    return numpy_helper.from_array(numpy_helper.to_array(t).astype("float64"), t.name)


def widen(nodes):
    """Makes of every float16 and float32 in the nodes a float64, those of their inner graphs, too."""
    for n in nodes:
        for a in n.attribute:
            if n.op_type in ("Cast", "EyeLike", "RandomNormal") and a.name in ("to", "dtype") and a.i in REAL:
                a.i = T.DOUBLE
            if a.HasField("t"):
                a.t.CopyFrom(widened(a.t))
            if n.op_type == "Constant" and a.name in ("value_float", "value_floats"):
                v = np.asarray(a.f if a.name == "value_float" else list(a.floats), "float64")
                a.CopyFrom(onnx.helper.make_attribute("value", numpy_helper.from_array(v)))
            if a.HasField("g"):
                widen_graph(a.g)


def widen_graph(g):
    for t in g.initializer:
        t.CopyFrom(widened(t))
    for v in [*g.input, *g.output, *g.value_info]:
        if v.type.tensor_type.elem_type in REAL:
            v.type.tensor_type.elem_type = T.DOUBLE
    widen(g.node)


def reads(n):
    """The names that a node reads, those of its inner graphs, too."""
    return [*n.input, *(i for a in n.attribute if a.HasField("g") for m in a.g.node for i in m.input)]


def sort(g):
    """Puts each node behind those that it reads from, as onnx's evaluator wants them and some converters do not."""
    left, waiting = list(g.node), {o for n in g.node for o in n.output}
    nodes = []
    while left:
        ready = [n for n in left if not waiting.intersection(reads(n))]
        if not ready:
            raise ValueError("the nodes read each other in a circle")
        nodes += ready
        waiting.difference_update(o for n in ready for o in n.output)
        left = [n for n in left if waiting.intersection(n.output)]
    del g.node[:]
    g.node.extend(nodes)


def behind(g, names):
    """The nodes that what follows the tensors needs, these given."""
    made = {o: n for n in g.node for o in n.output}
    kept, todo, seen = set(), [o.name for o in g.output], set(names)
    while todo:
        name = todo.pop()
        if name in seen or name not in made:
            continue
        seen.add(name)
        n = made[name]
        kept.add(id(n))
        todo += reads(n)
    return [n for n in g.node if id(n) in kept]


def runner(p, feeds):
    """What runs the file, onnx's evaluator or else onnxruntime, and its last output."""
    try:
        e = ReferenceEvaluator(p, new_ops=OPS + OWN)
        run = lambda f: e.run(None, {k: f[k] for k in e.input_names if k in f})
        return run, run(feeds)[-1]
    except Exception as first:
        try:
            o = onnxruntime.SessionOptions()
            o.graph_optimization_level, o.intra_op_num_threads, o.log_severity_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL, 1, 4
            s = onnxruntime.InferenceSession(p.SerializeToString(), o, providers=["CPUExecutionProvider"])
            names = [i.name for i in s.get_inputs()]
            run = lambda f: s.run(None, {k: f[k] for k in names})
            return run, run(feeds)[-1]
        except Exception as second:
            raise ValueError(f"{first}; {second}")


class Rest:
    """What follows a tensor of a file, in float64."""

    def __init__(self, path, layer, feeds, out=None):
        p = onnx.load(path)
        if out:
            del p.graph.output[:]
            p.graph.output.append(onnx.helper.make_tensor_value_info(out, T.FLOAT, None))
        sort(p.graph)
        widen_graph(p.graph)
        for f in p.functions:
            widen(f.node)
        self.feeds = {k: v.astype("float64") if v.dtype == np.float32 else v for k, v in feeds.items()}
        q = onnx.ModelProto()
        q.CopyFrom(p)
        q.graph.output.append(onnx.helper.make_empty_tensor_value_info(layer))
        self.run, self.value = runner(q, self.feeds)
        nodes = behind(p.graph, [layer])
        del p.graph.node[:]
        p.graph.node.extend(nodes)
        p.graph.input.append(onnx.helper.make_tensor_value_info(layer, T.DOUBLE, self.value.shape))
        self.layer = layer
        self.run, _ = runner(p, self.feeds | {layer: self.value})

    def score(self, value, of):
        return of(self.run(self.feeds | {self.layer: value})[0])

    def along(self, direction, of):
        """The derivative of the score along a direction, by central differences."""
        return (self.score(self.value + STEP * direction, of) - self.score(self.value - STEP * direction, of)) / (2 * STEP)

    def gradient(self, of):
        g = np.zeros_like(self.value)
        for i in np.ndindex(*g.shape):
            one = np.zeros_like(self.value)
            one[i] = 1
            g[i] = self.along(one, of)
        return g

    def products(self, of, left):
        """The sum of the absolute products that HiResCAM sums, if they cancel to less than a hundredth; else what is left of them.

        So they do before a norm over the channels, where torch in float32 is 1e-3 of what is left away from float64."""
        total = np.abs(self.gradient(of) * self.value).sum()
        return total if left < total / 100 else left

    def channels(self, of):
        """Grad-CAM of a tensor [1, c, h, w], which needs the gradient's mean of each channel only, and the sum of HiResCAM."""
        c, h, w = self.value.shape[1:]
        means = [self.along(np.eye(c)[k].reshape(1, c, 1, 1) * np.ones((h, w)), of) / (h * w) for k in range(c)]
        return {"Grad-CAM": np.einsum("c,chw->hw", means, self.value[0]), "HiResCAM": self.along(self.value, of)}


def maps(a, g, place):
    a, g = cells(a, place), cells(g, place)
    return {"Grad-CAM": np.einsum("c,chw->hw", g.mean((1, 2)), a), "HiResCAM": (g * a).sum(0)}


def explained(name, y):
    """The text of the target, and the score of the output."""
    if y.ndim == 2 and y.shape[1] > 1:
        return "class:1", lambda t: float(t[0, 1])
    i = min(1, y.size - 1)
    return f"output:{name}:{i}", lambda t: float(t.ravel()[i])


def at_layer(path, layer, place, feeds, target, of, x, y, a, folder, out=None):
    """The larger distance of both maps, or what was said."""
    r = {}
    try:
        rest = Rest(path, layer, feeds, out)
        off_by = abs(rest.score(rest.value, of) - of(np.asarray(y, "float64")))
        if off_by > 1e-4 * float(np.abs(y).max()):
            raise ValueError(f"the reference's score is {off_by:.1e} off onnxruntime's")
        want = maps(rest.value, rest.gradient(of), place) if layer != "act" else rest.channels(of)
    except Exception as e:
        r["reference"] = f"{type(e).__name__}: {str(e)[:200]}"
        want = {"Grad-CAM": None}
    least = 1e-3 * float(np.abs(y).max())  # below it a map is nothing, as behind a norm that takes a mean away
    for method, w in want.items():
        tool(a.gradcam, "explain", "--model", path, "--tensor", x, "--target", target, "--backend", a.backend, "--layer", layer, "--method", method, "--out", folder / "out")
        said = json.loads((folder / "out" / "result.json").read_text())["images"][0]["maps"][0]
        raw = np.load(folder / "out" / "raw.npy")[0].astype("float64")
        r["score"] = said["score"]
        r["unit"] = said.get("score_unit")
        r["diagnosis"] = said.get("diagnosis", "")
        if w is not None:
            if np.ndim(w) == 0:
                d = float(abs(raw.sum() - w) / max(abs(w), np.abs(raw).sum(), least))
                if d > 1e-5:
                    d *= max(abs(w), np.abs(raw).sum(), least) / rest.products(of, np.abs(raw).sum())
            else:
                d = float(np.abs(raw - w).max() / max(np.abs(w).max(), least)) if raw.shape == w.shape else 9.0
            r.setdefault("maps", {})[method] = d
    return r


def check(path, feeds, a, folder, tolerance=1e-5, layers=("act",), explains=None, size=()):
    """explains: the tensor before a softmax and the like, whose score may be explained in place of the output's."""
    r = {}
    name = onnx.load(path, load_external_data=False).graph.output[0].name
    x = next(iter(feeds.values()))
    name = explains or name
    try:
        y, r["by"] = onnxruntime_of(path, x, [name])[name], "onnxruntime"
    except Exception as e:
        r["onnxruntime"] = str(e)[:200]
        y, r["by"] = ReferenceEvaluator(path, new_ops=OPS + OWN).run([name], feeds)[0], "onnx"
    np.save(folder / "x.npy", x)
    x = folder / "x.npy"
    text, of = explained(name, y)
    try:
        listed = json.loads(tool(a.gradcam, "layers", "--model", path, "--json", *size))
        chosen = [l for l in listed if l.get("suggested")]
        r["suggested"] = chosen[0]["name"] if chosen else None
        wanted = [*chosen, *(l for l in listed if l["name"] in layers and l not in chosen)]
        worst = {}
        for l in wanted:
            place = *l["grid"], l["channels"], 0
            k = at_layer(path, l["name"], place, feeds, text, of, x, y, a, folder, explains)
            worst[l["name"]] = k
            r["output"] = abs(k["score"] - of(np.asarray(y, "float64"))) / max(abs(float(np.abs(y).max())), 1e-12)
        r["layers"] = worst
    except Refused as e:
        return r | dict(verdict="refused", reason=str(e)[:500])
    numbers = [v for k in worst.values() for v in k.get("maps", {}).values()]
    r["map"] = max(numbers, default=None)
    bad = r.get("output", 0) > tolerance or (r["map"] or 0) > tolerance
    return r | dict(verdict="differs" if bad else "agrees" if numbers else "value agrees" if worst else "no layer")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("gradcam")
    p.add_argument("--backend", default="go")
    p.add_argument("--only", default="")
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    import strange_contrib, strange_files, strange_graphs, strange_more

    def write(r):
        with (a.folder / "strange.jsonl").open("a") as f:
            f.write(json.dumps(r) + "\n")
        more = {k: v.get("maps") or v.get("reference") for k, v in r.get("layers", {}).items()}
        print(r["kind"], r["verdict"], r.get("map"), r.get("output"), more if r["verdict"] != "agrees" else "", r.get("reason", "")[:400], flush=True)

    def one(kind, make):
        r = dict(kind=kind)
        folder = a.folder / "one"
        folder.mkdir(exist_ok=True)
        path = str(folder / "net.onnx")
        for old in folder.iterdir():
            if old.is_file():
                old.unlink()
        try:
            feeds, options = make(path)
        except Exception as e:
            return write(r | dict(verdict="not made", reason=traceback.format_exc()[-300:]))
        try:
            write(r | check(path, feeds, a, folder, **options))
        except Exception:
            write(r | dict(verdict="fault of this program", reason=traceback.format_exc()[-600:]))

    results = a.folder / "strange.jsonl"
    done = {r["kind"] for r in map(json.loads, results.read_text().splitlines()) if r["verdict"] == "agrees"} if results.exists() else set()
    for kind, make in {**strange_graphs.KINDS, **strange_files.KINDS, **strange_contrib.KINDS}.items():
        if re.search(a.only, kind) and kind not in done:
            apart(lambda: one(kind, make))


if __name__ == "__main__":
    main()
