"""Makes what generate.py wrote small enough to be kept with the source.

    python compact.py

Every array but one network's input, which tests hand to the command line, is packed with gzip
(a.npy becomes a.npy.gz; the index keeps the name a.npy). The arrays that SPARE names are taken out
of the index, and files that the index does not name, nor the tests, are deleted. What is spared is
covered elsewhere: a heatmap follows from its raw map by one rule for all networks, so one heatmap a
network is kept; activations and gradients of the second photograph, and the gradient of a second class
at inception's large first layer, show nothing that the first do not.
Running it again changes nothing.
"""
import gzip
import json
import pathlib
import re

import numpy

HERE = pathlib.Path(__file__).parent
SPARE = {
    # (case id, kind of array) by regular expression
    r"^efficientnet-lite0/coffee/": {"heatmap", "activations", "gradients"},
    r"^efficientnet-lite0/cat/(?!GradCAM/(head_act/top1(-aug_smooth)?|blocks\.10\+head_act/top1)$)": {"heatmap"},
    r"^inception/.*/mixed1/top2$": {"activations", "gradients"},
}
# Of these the arrays of the picture's size keep every STEP-th row and column, which the case's "step" says.
THIN, STEP = re.compile(r"^efficientnet-lite0/cat/(captum-(Saliency|IntegratedGradients|GuidedGradCam)|.*-aug_smooth)$"), 4
# Cases that the index of pytorch-grad-cam calls by the method that they smooth.
SMOOTH = {"-eigen_smooth": "EigenSmooth(GradCAM)", "-aug_smooth": "AugSmooth(GradCAM)"}
PLAIN = "golden/resnet-basic/input.npy"
TORCH_OUTPUTS = re.compile(r"golden/unet/output_")  # onnxruntime's are beside them, and what the tests read
LANDMARKS = "golden/centerface/astronaut_landmarks.npy"  # the same trunk as the other three outputs


def names(o):
    if isinstance(o, dict):
        for v in o.values():
            yield from names(v)
    elif isinstance(o, list):
        for v in o:
            yield from names(v)
    elif isinstance(o, str) and o.endswith(".npy"):
        yield o


def without(o, drop):
    if isinstance(o, dict):
        return {k: w for k, v in o.items() if (w := without(v, drop)) not in (None, {}, [])}
    if isinstance(o, list):
        return [w for v in o if (w := without(v, drop)) is not None]
    return None if isinstance(o, str) and drop(o) else o


def thin(name):
    path = HERE.parent / name
    values = numpy.load(path)
    numpy.save(path, numpy.ascontiguousarray(values[..., ::STEP, ::STEP]))


index = HERE / "cases.json"
data = json.loads(index.read_text())
seen = set()
for c in data["cases"]:
    files = c.get("files", {})
    for suffix, method in SMOOTH.items():
        if c["id"].endswith(suffix):
            c["method"] = method
    for pattern, kinds in SPARE.items():
        if re.search(pattern, c["id"]):
            for k in kinds:
                files.pop(k, None)
    network = c["id"].split("/")[0]
    if "heatmap" in files and not network.startswith(("efficientnet", "synthetic")):
        if network in seen:
            del files["heatmap"]
        seen.add(network)
    if THIN.match(c["id"]) and "step" not in c:
        c["step"] = STEP
        for kind in {"heatmap", "attribution"} & files.keys():
            thin(files[kind])
    c["files"] = without(files, lambda f: bool(TORCH_OUTPUTS.match(f)) or f == LANDMARKS)
kept = set(names(data))
cases = [json.dumps(c, separators=(",", ":")) for c in data.pop("cases")]
head = json.dumps(data, indent=1).removesuffix("\n}")
index.write_text(head + ',\n "cases": [\n  ' + ",\n  ".join(cases) + "\n ]\n}\n")
for f in sorted([*HERE.rglob("*.npy"), *HERE.rglob("*.npy.gz")]):
    name = "golden/" + f.relative_to(HERE).as_posix().removesuffix(".gz")
    if f.parent.name == "drise-public":  # without an index
        continue
    if name not in kept and not f.name.startswith("ort_"):
        f.unlink()
    elif f.suffix == ".npy" and name != PLAIN:
        f.with_name(f.name + ".gz").write_bytes(gzip.compress(f.read_bytes(), 9, mtime=0))
        f.unlink()
