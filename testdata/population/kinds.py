"""What other tools make of files: onnxruntime's own optimiser, onnxslim, onnxsim, float16 and 8 bits, of networks of networks.py.

    python kinds.py FOLDER GRADCAM [network ...]

writes a line a file to FOLDER/results.jsonl, as population.py does; what agrees already is not made again. float16 is compared
with torch's network whose weights are rounded to float16, or, where the exporter has joined weights before, with differences of
the file itself in float64 (strange.py), to 1e-3. Of 8 bits only the output is compared, to 1e-2 or two steps of the output's
own scale, since a rounding falls to the other side here and there; as the map's difference stands 1 less its correlation
with the map before.
"""
import json, pathlib, sys, traceback

import numpy as np
import onnx
import onnxruntime
import torch

import networks, population, strange

NETWORKS = ["resnet18", "mobilenetv3_small_050", "vit", "convnext", "swin", "segformer-semantic", "mobilevit", "efficientnet", "hiera", "poolformer"]


def optimised(level):
    def make(path, out, x):
        o = onnxruntime.SessionOptions()
        o.graph_optimization_level, o.optimized_model_filepath, o.log_severity_level = level, out, 4
        o.intra_op_num_threads = 1
        onnxruntime.InferenceSession(path, o, providers=["CPUExecutionProvider"])

    return make


def slim(path, out, x):
    import onnxslim

    onnxslim.slim(path, out)


def simplified(path, out, x):
    import onnxsim

    m, right = onnxsim.simplify(onnx.load(path))
    if not right:
        raise ValueError("onnxsim's own check fails")
    onnx.save(m, out)


def float16(path, out, x):
    from onnxconverter_common import float16 as f

    onnx.save(f.convert_float_to_float16(onnx.shape_inference.infer_shapes(onnx.load(path)), keep_io_types=True), out)


def float16_of_onnxruntime(path, out, x):
    from onnxruntime.transformers.float16 import convert_float_to_float16 as convert

    onnx.save(convert(onnx.shape_inference.infer_shapes(onnx.load(path)), keep_io_types=True), out)


def dynamic8(path, out, x):
    from onnxruntime.quantization import quantize_dynamic

    quantize_dynamic(path, out)


def static8(form, by_channels):
    def make(path, out, x):
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

        class One(CalibrationDataReader):
            left = [{onnx.load(path).graph.input[0].name: x}]

            def get_next(self):
                return self.left.pop() if self.left else None

        quantize_static(path, out, One(), quant_format=getattr(QuantFormat, form), per_channel=by_channels)

    return make


LEVEL = onnxruntime.GraphOptimizationLevel
TOOLS = {
    "onnxruntime basic": optimised(LEVEL.ORT_ENABLE_BASIC),
    "onnxruntime extended": optimised(LEVEL.ORT_ENABLE_EXTENDED),
    "onnxslim": slim,
    "onnxsim": simplified,
    "float16": float16,
    "float16 by onnxruntime": float16_of_onnxruntime,
    "8 bits, dynamic": dynamic8,
    "8 bits, QDQ": static8("QDQ", True),
    "8 bits, QOperator": static8("QOperator", False),
}


def by_differences(r, x, path, gradcam, folder):
    """What population.check left open, where no tensor of torch's is the file's."""
    name = onnx.load(path).graph.output[0].name
    xs = x.numpy()
    _, score = population.targets(name, population.onnxruntime_of(path, xs)[name])
    l = [l for l in json.loads(population.tool(gradcam, "layers", "--model", path, "--json")) if l.get("suggested")][0]
    rest = strange.Rest(path, l["name"], {onnx.load(path).graph.input[0].name: xs})
    want = strange.maps(rest.value, rest.gradient(lambda y: float(score(torch.tensor(y)))), (*l["grid"], l["channels"], 0))["Grad-CAM"]
    r |= dict(by="differences", map=population.off(np.load(folder / "out" / "raw.npy")[0], want))
    r.pop("reason", None)
    return r | dict(verdict="differs")


def step(path, y):
    """The step of the output's own scale, by its largest value; 0 if the output is not quantised."""
    p = onnx.load(path)
    last = next((n for n in p.graph.node if p.graph.output[0].name in n.output), None)
    known = {t.name: onnx.numpy_helper.to_array(t) for t in p.graph.initializer}
    scale = known.get(last.input[1]) if last is not None and last.op_type == "DequantizeLinear" else None
    return float(scale.max() / np.abs(y).max()) if scale is not None else 0.0


def eight(r, x, path, before, gradcam, folder):
    """A file of 8 bits: it opens, and its output is onnxruntime's; how like its map is to that of the file before it."""
    xs = x.numpy()
    np.save(folder / "x.npy", xs)
    y = next(iter(population.onnxruntime_of(path, xs).values()))
    plain = next(iter(population.onnxruntime_of(before, xs).values()))
    name = onnx.load(before).graph.output[0].name
    target, score = population.targets(name, plain)
    if target.startswith("region"):  # where the file of 8 bits itself predicts the class
        c = int(target.partition(":")[2])
        score = lambda t: (t[0, c] * torch.tensor(y[0].argmax(0) == c)).sum()
    try:
        l = [l for l in json.loads(population.tool(gradcam, "layers", "--model", before, "--json")) if l.get("suggested")][0]
        maps = []
        for f, layer in ((path, []), (before, ["--layer", l["name"]])):
            population.tool(gradcam, "explain", "--model", f, "--tensor", folder / "x.npy", "--target", target, "--backend", "go", *layer, "--out", folder / "out")
            maps.append(np.load(folder / "out" / "raw.npy")[0])
            if f == path:
                said = json.loads((folder / "out" / "result.json").read_text())["images"][0]["maps"][0]
    except population.Refused as e:
        return r | dict(verdict="refused", reason=str(e)[:600])
    want = float(score(torch.tensor(y)))
    r |= dict(layer=said["layer"].split(" ")[0], output=float(abs(said["score"] - want) / max(abs(want), np.abs(y).max())))
    r["map"] = 1 - float(np.corrcoef(maps[0].ravel(), maps[1].ravel())[0, 1]) if maps[0].shape == maps[1].shape else 9.0
    return r | dict(verdict="agrees" if r["output"] <= max(1e-2, 2 * step(path, y)) else "differs")


def one(name, gradcam, folder, write, done):
    entry = next((e for e in networks.TIMM if e.partition(":")[0] == name), None)
    m, x = networks.timm_net(entry) if entry else networks.hf_net(name)
    m.requires_grad_(False)
    plain, out = str(folder / f"{name}.onnx"), str(folder / "made.onnx")
    population.export(m, x, plain, "older")
    for tool, make in TOOLS.items():
        if (name, tool) in done:
            continue
        r = dict(library="tools", network=name, exporter=tool, picture=list(x.shape[2:]))
        try:
            make(plain, out, x.numpy())
        except Exception as e:
            write(r | dict(verdict="not exported", reason=f"{type(e).__name__}: {str(e)[:200]}"))
            continue
        try:
            if tool.startswith("8"):
                write(eight(r, x, out, plain, gradcam, folder))
                continue
            net = m
            if tool.startswith("float16"):
                net = m.half().float()
                for k, b in net.named_buffers():
                    if b.is_floating_point():
                        b.copy_(b.half().float())
            r = population.check(r, net, x, out, gradcam, folder)
            if tool.startswith("float16") and r["verdict"] in ("differs", "no tensor of torch's"):
                r = by_differences(r, x, out, gradcam, folder)
            if tool.startswith("float16") and r["verdict"] == "differs" and max(r["output"], r["map"]) <= 1e-3:
                r["verdict"] = "agrees"
            write(r)
        except Exception:
            write(r | dict(verdict="fault of this program", reason=traceback.format_exc()[-700:]))


def main(folder, gradcam, names):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)

    def write(r):
        with (folder / "results.jsonl").open("a") as f:
            f.write(json.dumps(r) + "\n")
        print(r["network"], r["exporter"], r["verdict"], r.get("map"), r.get("output"), r.get("layer"), r.get("reason", "")[:300], flush=True)

    done = set()
    if (folder / "results.jsonl").exists():
        kept = [json.loads(l) for l in (folder / "results.jsonl").read_text().splitlines()]
        done = {(r["network"], r["exporter"]) for r in kept if r["verdict"] == "agrees"}
    for name in names or NETWORKS:
        population.apart(lambda: one(name, gradcam, folder, write, done))


main(sys.argv[1], sys.argv[2], sys.argv[3:])
