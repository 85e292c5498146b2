"""Runs a folder of cases, files as others make them with what is right, on both backends, and writes a table.

    python cases.py CASES GRADCAM PAGE [--backend go xla:cpu] [--only PATTERN]

A file is right if its map is that of ref.npz (torch in float64) to 1e-5 of the largest value and its score and unit are that map's;
"refused" if the command says why it makes none. What is right of each is written below by hand, after expect.txt of the cases.
"""
import argparse, collections, glob, json, os, pathlib, re, shutil, subprocess, sys, tempfile

import numpy as np
import onnx
from PIL import Image, ImageOps

ROW = collections.namedtuple("Row", "case file asked backend verdict off said")


class Tool:
    def __init__(self, command, backend, folder):
        self.command, self.backend, self.folder = command, backend, folder

    def run(self, *args):
        p = subprocess.run([self.command, *map(str, args), "--backend", self.backend], capture_output=True, text=True)
        return p.returncode, p.stdout.strip(), p.stderr.strip().removeprefix("gradcam: ")

    def explain(self, model, *args):
        """The map, what is said of it, and the refusal if there is none."""
        code, _, said = self.run("explain", "--model", model, "--out", self.folder, *args)
        if code:
            return None, None, said
        image = json.loads((self.folder / "result.json").read_text())["images"][0]
        return np.load(self.folder / "raw.npy"), image, ""


def judge(case, file, asked, t, raw, image, said, rights, refusing=False):
    """rights: the maps that are right, each with its score and a word of its unit, None if any."""
    if raw is None:
        return ROW(case, file, asked, t.backend, "refused", None, said)
    m = image["maps"][0]
    best = 9.0
    for want, score, unit in rights:
        least = 1e-3 * abs(score or 0)  # below it a map is nothing, as that of HiResCAM behind a norm
        d = float(np.abs(raw - want).max() / max(np.abs(want).max(), least, 1e-30)) if raw.shape == want.shape and np.isfinite(raw).all() else 9.0
        near = score is None or abs(m["score"] - score) <= 1e-5 * max(abs(score), 1)
        if near and (unit is None or unit in m["score_unit"]):
            best = min(best, d)
    verdict = "right" if best <= 1e-5 else "wrong"
    return ROW(case, file, asked, t.backend, verdict, best, "" if verdict == "right" else f"score {m['score']:.4g} {m['score_unit']} {m.get('diagnosis', '')}")


# what is right of 04, by hand: (map, score, unit). L: the logit, P: its probability, S: its sigmoid
def shapes_04(ref):
    out, p = ref["out"][0], ref["softmax"][0]
    l = float(ref["logit score"][0])
    s = 1 / (1 + np.exp(-out))
    one = (ref["logit"], l, None)
    L = lambda c: (ref[f"logit{c}"], out[c], "logit")
    P = lambda c: (ref[f"prob{c}"], p[c], "probab")
    Q = lambda c: (ref[f"logprob{c}"], np.log(p[c]), "log")
    S = lambda c: (ref[f"logit{c}"] * s[c] * (1 - s[c]), s[c], "probab")
    sig = (ref["sigmoid"], 1 / (1 + np.exp(-l)), "probab")
    no = []
    return {
        "logit": {"top1": [one], "binary:1": [one], "binary:0": [(-ref["logit"], -l, None)], "class:0": [one], "softmax:0": no},
        "squeezed": {"top1": [one], "binary:1": [one], "class:0": [one]}, "flat": {"top1": [one], "binary:1": [one]},
        "sigmoid": {"top1": [one, sig], "binary:1": [one, sig], "class:0": [one, sig]},
        "tanh": {"top1": [(ref["tanh"], np.tanh(l), None)], "class:0": [(ref["tanh"], np.tanh(l), None)]},
        "exp": {"top1": [(ref["logit"] * np.exp(l), np.exp(l), None)]},
        "fully": {"top1": [L(0)], "class:2": [L(2)], "region:2": no},
        "softmax": {"top1": [L(0), P(0)], "class:2": [L(2), P(2)], "softmax:2": [P(2)]},
        "logsoftmax": {"top1": [L(0), Q(0)], "class:2": [L(2), Q(2)], "softmax:2": [P(2)]},
        "sigmoids": {"top1": [L(0), S(0)], "tag:2": [L(2), S(2)], "tags>0.3": [L(0), S(0)]},
        "points": {"top1": no}, "sequence": {"top1": no}, "nobatch": {"top1": [L(0)], "class:2": [L(2)]},
        "argmax": {"top1": [L(0)]}, "topk": {"top1": [L(0)]},
        "dictfirst": {"top1": [(2 * ref["logit0"], 2 * out[0], None)], "output:OUT1:2": [L(2)[:2] + (None,)]},
        "tuple": {"top1": [(3 * ref["logit0"], 3 * out[0], None)], "class:2": no, "output:OUT1:2": [L(2)[:2] + (None,)]},
        "list": {"top1": [L(0)], "class:2": [L(2)]},
    }


# where a refusal is right, too, or alone
MAY_REFUSE = {("logit", "softmax:0"), ("fully", "region:2"), ("points", "top1"), ("sequence", "top1"), ("argmax", "top1"), ("topk", "top1"), ("tuple", "class:2")}


def case_04(folder, t):
    ref = np.load("ref.npz")
    for k, asks in shapes_04(ref).items():
        for f in sorted(glob.glob(f"{k}-*.onnx")):
            outs = [o.name for o in onnx.load(f).graph.output]
            for ask, rights in asks.items():
                target = ask.replace("OUT1", outs[min(1, len(outs) - 1)])
                raw, image, said = t.explain(f, "--tensor", "x.npy", "--layer", "body", "--target", target)
                r = judge("04-output-shapes", f, ask, t, raw, image, said, rights)
                if r.verdict == "refused" and (k, ask) in MAY_REFUSE:
                    r = r._replace(verdict="right: refused")
                yield r


def case_05(folder, t):
    ref = np.load("ref.npz")
    for c in (1, 4, 2, 11):
        for v in ("", "-dyn", "-nhwc", "-nhwc-dyn"):
            array = f"c{c}{'-nhwc' if 'nhwc' in v else ''}.npy"
            asks = [("tensor", ["--tensor", array])]
            picture = {1: "grey.png", 4: "rgba.png"}.get(c)
            if c == 1:
                asks += [("picture", ["--image", picture, "--size", "36x28", "--mean", 0, "--scale", 255])]
            for ask, args in asks:
                raw, image, said = t.explain(f"c{c}{v}.onnx", *args, "--layer", "body", "--target", "class:1")
                yield judge("05-channels", f"c{c}{v}.onnx", ask, t, raw, image, said, [(ref[f"c{c}"], float(ref[f"c{c} out"][0, 1]), None)])
    raw, image, said = t.explain("w1.onnx", "--tensor", "w1.npy", "--layer", "body", "--target", "class:1")
    yield judge("05-channels", "w1.onnx", "tensor", t, raw, image, said, [(ref["w1"], None, None)])


DECODERS = {"end2end": "end-to-end", "v8": "yolov8", "v8pose": "yolov8", "v8obb": "yolov8", "v5": "yolov5"}
BOXES = {(8, 16, 40, 48): (2, 0.9), (4, 4, 20, 12): (0, 0.6)}
ROWS_V5 = {(8, 16, 40, 48): (2, 0.95 * 0.9)}  # objectness times the class


def found(text):
    return json.loads(text)["images"][0]["detections"]


def case_09(folder, t):
    common = ["--image", "square.png", "--size", 64, "--mean", 0, "--scale", 255, "--json"]
    for m, decoder in DECODERS.items():
        for more in ([], ["--decoder", decoder]):
            code, o, said = t.run("detect", "--model", f"{m}.onnx", *common, *more)
            ask = " ".join(["detect", *more])
            if code:
                right = m in ("v8pose", "v8obb", "end2end") or m == "v5" and not more and "--decoder" in said
                yield ROW("09-detectors", f"{m}.onnx", ask, t.backend, "right: refused" if right else "refused", None, said)
                continue
            worst = 0.0
            for d in found(o):
                near = [abs(d["score"] - s) for b, (c, s) in (ROWS_V5 if m == "v5" else BOXES).items() if np.abs(np.array(d["box"]) - b).max() < 1e-3]
                worst = max(worst, *near) if near else 9.0
            yield ROW("09-detectors", f"{m}.onnx", ask, t.backend, "right" if worst < 1e-5 else "wrong", worst, "" if worst < 1e-5 else o[:200])
    pathlib.Path("l3.txt").write_text("a\nb\nc\n")
    for m in ("v8", "v5", "v8wide"):
        for fit in ("letterbox", "stretch"):
            shutil.copy(f"{m}-{fit}.json", f"{m}.json")
            for pic in ("square", "wide", "tall", "odd", "odd2"):
                code, o, said = t.run("detect", "--model", f"{m}.onnx", "--image", f"{pic}.png", "--json")
                w, h = Image.open(f"{pic}.png").size
                mw, mh = (96, 64) if m == "v8wide" else (64, 64)
                want = np.array([8, 16, 40, 48], float)
                if fit == "stretch":
                    want = want * [w / mw, h / mh, w / mw, h / mh]
                else:
                    r = min(mw / w, mh / h)
                    want = (want - [(mw - r * w) / 2, (mh - r * h) / 2] * 2) / r
                file = f"{m}.onnx, {pic}.png"
                if code:
                    yield ROW("09-detectors", file, fit, t.backend, "refused", None, said)
                    continue
                inside = np.clip(want, 0, [w, h, w, h])
                d = min((np.abs(np.array(d["box"]) - v).max() for d in found(o) for v in (want, inside)), default=9.0)
                # half a pixel of the input: frameworks round the letterbox's margin to whole pixels
                yield ROW("09-detectors", file, fit, t.backend, "right" if d <= 0.5 * max(w / mw, h / mh, 1) + 1e-3 else "wrong", d, "")
            os.remove(f"{m}.json")


def upright(f):
    im = ImageOps.exif_transpose(Image.open(f))
    if im.mode in ("I;16", "I"):
        return np.stack([np.asarray(im).astype(float) / 257] * 3, -1)
    if im.mode == "F":
        return np.stack([np.asarray(im) * 255] * 3, -1)
    if im.mode in ("RGBA", "LA") or "transparency" in im.info:
        im = im.convert("RGBA")
        im = Image.alpha_composite(Image.new("RGBA", im.size, "white"), im)
    return np.asarray(im.convert("RGB")).astype(float)


# files that are none, or of formats that the README does not name
MAY_NOT = ("cut.jpg", "empty.png", "text.jpg", "x.avif", "x.jp2", "cmyk.tif", "float01.tif", "i32.tif", "jpeg.tif", "anim.webp")


def case_10(folder, t):
    for f in sorted(os.listdir(".")):
        if f.split(".")[-1].lower() not in "jpg png webp tif bmp gif avif jp2".split():
            continue
        raw, image, said = t.explain("q.onnx", "--image", f, "--layer", "conv", "--target", "class:0")
        try:
            want = upright(f).reshape(2, 16, 2, 16, 3).mean((1, 3)).transpose(2, 0, 1).reshape(-1)
        except Exception:
            want = None
        if raw is None:
            yield ROW("10-pictures", f, "mean colours", t.backend, "right: refused" if f in MAY_NOT else "refused", None, said)
            continue
        got = {p["class"]: p["score"] for p in image["top"]}
        for c in range(12):
            if c not in got:
                got[c] = t.explain("q.onnx", "--image", f, "--layer", "conv", "--target", f"class:{c}")[1]["maps"][0]["score"]
        d = float(np.abs(np.array([got[c] for c in range(12)]) - want).max()) if want is not None else 255.0
        yield ROW("10-pictures", f, "mean colours", t.backend, "right" if d < 3 else "wrong", d, "" if d < 3 else "of 255")


# the exporter joined the activation and what follows it, so the file has no tensor "act"
WITHOUT_ACT = {f"{k}-new.onnx" for k in ("clamp-0-6", "hardtanh-0-6", "relu-relu", "six-clamp", "six-relu6")}
# the exporter left the epsilon out: the file's score is not torch's
EXPORTED_OTHERWISE = {"pairwise-l1-old.onnx", "sqrt-new.onnx"}


def case_23(folder, t):
    ref = np.load("ref.npz")
    for f in sorted(glob.glob("*.onnx")):
        k = f.rsplit("-", 1)[0]
        for method, name in (("Grad-CAM", k), ("HiResCAM", k + " hires")):
            raw, image, said = t.explain(f, "--tensor", "x.npy", "--layer", "act", "--target", "class:1", "--method", method)
            r = judge("23-ties", f, method, t, raw, image, said, [(ref[name], float(ref[k + " out"][0, 1]), None)])
            if f in EXPORTED_OTHERWISE:
                continue
            yield r._replace(verdict="right: refused") if f in WITHOUT_ACT and r.verdict == "refused" else r


def case_24(folder, t):
    ref = np.load("ref.npz")
    for f in ("new.onnx", "old.onnx"):
        for l in ("body", "stem"):
            for m in ("Grad-CAM", "HiResCAM", "LayerCAM"):
                raw, image, said = t.explain(f, "--tensor", "x.npy", "--layer", l, "--target", "class:1", "--method", m)
                yield judge("24-cbam", f, f"{m}, {l}", t, raw, image, said, [(ref[f"{l} {m}"], None, None)])


def by_differences(case, layer):
    """Cases without a reference: of the file itself, by differences in float64."""

    def rows(folder, t):
        import strange

        x = np.load("x.npy")
        for f in sorted(glob.glob("*.onnx")):
            feeds = {onnx.load(f).graph.input[0].name: x}
            code, listed, said = subprocess_layers(t, f)
            named = [l for l in json.loads(listed) if l.get("path") == layer or l["name"] == layer] if not code else []
            if not named:
                yield ROW(case, f, "Grad-CAM", t.backend, "refused", None, said or f"no layer {layer}")
                continue
            rest = strange.Rest(f, named[0]["name"], feeds)
            of = lambda y: float(y[0, 1])
            want = rest.channels(of)["Grad-CAM"]
            raw, image, said = t.explain(f, "--tensor", "x.npy", "--layer", layer, "--target", "class:1")
            yield judge(case, f, "Grad-CAM", t, raw, image, said, [(want[None], rest.score(rest.value, of), None)])

    return rows


def case_28(folder, t):
    """By torch, whose pooling in ceil mode onnx's evaluator has otherwise."""
    import torch

    x = torch.tensor(np.load("x.npy")).double()
    pools = {"avg3ceil": torch.nn.AvgPool2d(3, ceil_mode=True), "avg40ceil": torch.nn.AvgPool2d(40, ceil_mode=True), "avg640ceil": torch.nn.AvgPool2d(640, ceil_mode=True), "max640ceil": torch.nn.MaxPool2d(640, ceil_mode=True)}
    for k, pool in pools.items():
        w = {i.name: torch.tensor(onnx.numpy_helper.to_array(i)).double() for i in onnx.load(f"{k}.onnx").graph.initializer}
        a = torch.relu(torch.nn.functional.conv2d(x, w["conv.weight"], w["conv.bias"], padding=1)).requires_grad_()
        s = (pool(a).flatten(1) @ w["fc.weight"].T + w["fc.bias"])[0, 1]
        (g,) = torch.autograd.grad(s, a)
        want = (g.mean((2, 3), keepdim=True) * a).sum(1).detach().numpy()
        raw, image, said = t.explain(f"{k}.onnx", "--tensor", "x.npy", "--layer", "act", "--target", "class:1")
        yield judge("28-bigpool", f"{k}.onnx", "Grad-CAM", t, raw, image, said, [(want, float(s), None)])


def case_29(folder, t):
    """By torch: onnx's evaluator does not normalise by the batch."""
    import torch

    F = torch.nn.functional
    x = torch.tensor(np.load("x.npy")).double()
    for f in ("bn-new.onnx", "bn-old.onnx"):
        w = {i.name: torch.tensor(onnx.numpy_helper.to_array(i)).double() for i in onnx.load(f).graph.initializer if i.data_type == 1}
        a = torch.relu(F.conv2d(x, w["conv.weight"], w["conv.bias"], padding=1)).requires_grad_()
        y = F.conv2d(a, w["conv2.weight"], w["conv2.bias"], padding=1)
        y = F.silu(F.batch_norm(y, None, None, w["bn.weight"], w["bn.bias"], True, 0, 1e-5)).mean((2, 3))
        s = (y @ w["fc.weight"].T + w["fc.bias"])[0, 1]
        (g,) = torch.autograd.grad(s, a)
        want = (g.mean((2, 3), keepdim=True) * a).sum(1).detach().numpy()
        raw, image, said = t.explain(f, "--tensor", "x.npy", "--layer", "act", "--target", "class:1")
        yield judge("29-bn-batchstats", f, "Grad-CAM", t, raw, image, said, [(want, float(s.detach()), None)])


def subprocess_layers(t, f):
    p = subprocess.run([t.command, "layers", "--model", f, "--json"], capture_output=True, text=True)
    return p.returncode, p.stdout, p.stderr


CASES = {
    "04-output-shapes": case_04, "05-channels": case_05, "09-detectors": case_09, "10-pictures": case_10, "23-ties": case_23, "24-cbam": case_24,
    "28-bigpool": case_28, "29-bn-batchstats": case_29, "30-same-padding": by_differences("30-same-padding", "act"),
}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("cases", type=pathlib.Path)
    p.add_argument("gradcam", type=pathlib.Path)
    p.add_argument("page", type=pathlib.Path)
    p.add_argument("--backend", nargs="*", default=["go", "xla:cpu"])
    p.add_argument("--only", default="")
    p.add_argument("--rows", type=pathlib.Path, help="keeps the rows, and adds to those of earlier runs")
    a = p.parse_args()
    here = os.getcwd()
    rows = [ROW(*r) for r in json.loads(a.rows.read_text())] if a.rows and a.rows.exists() else []
    with tempfile.TemporaryDirectory() as made:
        copy = pathlib.Path(made) / "cases"
        shutil.copytree(a.cases, copy, symlinks=True)
        for name, run in CASES.items():
            if not re.search(a.only, name):
                continue
            os.chdir(copy / name)
            for backend in a.backend:
                for r in run(copy / name, Tool(a.gradcam.resolve() if a.gradcam.is_absolute() else pathlib.Path(here) / a.gradcam, backend, pathlib.Path(made) / "out")):
                    rows.append(r)
                    print(*r, flush=True)
        os.chdir(here)
    if a.rows:
        a.rows.write_text(json.dumps(rows, default=str))
    write(a.page, rows)


def write(page, rows):
    short = lambda d: "" if d is None else f"{d:.0e}".replace("e-0", "e-")
    backends = list(dict.fromkeys(r.backend for r in rows))
    good = {b: [r for r in rows if r.backend == b and r.verdict.startswith("right")] for b in backends}
    lines = ["# Cases of public reports", "", "Files as others make them, each with what is right: `testdata/population/cases.py` runs them and writes this page.",
        "A map is right if it is that of torch, or of differences, in float64 to 1e-5 of its largest value, and its score and unit are right,",
        "too. If a question cannot be answered, a refusal with its reason is right. A picture is right to 3 of 255 in its mean colours, and a",
        "box to half a pixel. Pictures are decoded before a backend is used, so a row may have only one.",
        "channel-amax-old.onnx and channel-max-old.onnx are the same file, byte for byte, though torch shares the gradient of equal values in",
        "amax and gives it to one of them in max. Nothing in the file says which it was, so max is taken, and one of the two cannot be right.", ""]
    for b in backends:
        n = sum(r.backend == b for r in rows)
        lines.append(f"- **{b}: {len(good[b])} of {n} right**")
    lines += ["", "| case | file | asked | " + " | ".join(backends) + " |", "|---|---|---|" + "---|" * len(backends)]
    table = {}
    for r in rows:
        table.setdefault((r.case, r.file, r.asked), {})[r.backend] = r
    for (case, file, asked), by in table.items():
        cell = lambda r: "" if r is None else (f"{r.verdict} {short(r.off)}".strip() if r.verdict.startswith("right") else f"**{r.verdict}** {short(r.off)} {r.said[:200]}".replace("|", "/").strip())
        lines.append(f"| {case} | {file.replace('|', '/')} | {asked} | " + " | ".join(cell(by.get(b)) for b in backends) + " |")
    page.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
