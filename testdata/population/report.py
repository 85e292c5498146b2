"""Writes docs/population.md from the results of population.py and kinds.py.

    python report.py PAGE RESULTS.jsonl ...
"""
import datetime, importlib.metadata, json, sys

NOT_A_FILE = ("not made", "not exported", "not by onnxruntime")  # a fault of the program that compares is no excuse: it counts


def short(v):
    return f"{v:.0e}".replace("e-0", "e-") if v is not None else ""


def cell(r):
    """What is said of a file in its column."""
    if r is None:
        return "not tried"
    v = r["verdict"]
    if v in NOT_A_FILE:
        return "no file" if v != "not by onnxruntime" else "not opened by onnxruntime"
    if v == "agrees":
        return short(r["map"])
    return f"**{v}**" + (f" {short(r['map'])}" if "map" in r else "")


def share(results):
    files = [r for r in results if r["verdict"] not in NOT_A_FILE]
    right = sum(r["verdict"] == "agrees" for r in files)
    return len(files), right, 100 * right / max(len(files), 1)


def within(results, bound):
    return sum(r["verdict"] == "agrees" and max(r["map"], r["output"]) <= bound for r in results)


def networks_table(rows):
    exporters = ["older", "newer"]
    out = ["| library | network | picture | suggested layer | cells | older | newer |", "|---|---|---|---|---|---|---|"]
    for (lib, name), by in rows.items():
        r = next((by[e] for e in exporters if e in by and "layer" in by[e]), next(iter(by.values())))
        side = " x ".join(map(str, r.get("picture", [])))
        grid = " x ".join(map(str, r.get("grid", [])[:2]))
        out.append(f"| {lib} | {name} | {side} | {'`' + r['layer'] + '`' if 'layer' in r else ''} | {grid} | {cell(by.get('older'))} | {cell(by.get('newer'))} |")
    return out


def main(page, paths):
    last = {}
    for p in paths:
        for line in open(p):
            r = json.loads(line)
            last[r["library"], r["network"], r["exporter"]] = r
    nets = [r for r in last.values() if r["library"] in ("timm", "transformers")]
    others = [r for r in last.values() if r["library"] not in ("timm", "transformers")]
    n, right, percent = share(nets)
    rows = {}
    for r in sorted(nets, key=lambda r: (r["library"], r["network"])):
        rows.setdefault((r["library"], r["network"]), {})[r["exporter"]] = r
    tried = {lib: len({r["network"] for r in nets if r["library"] == lib and r["verdict"] not in NOT_A_FILE}) for lib in ("timm", "transformers")}
    m, good, percent_others = share(others)
    by = {e: share([r for r in nets if r["exporter"] == e])[0] for e in ("older", "newer")}
    v = importlib.metadata.version
    outright, roughly = within(nets, 1e-5), within(nets, 1e-4)
    lines = [
        "# Files of networks that others made", "",
        f"This page tries {tried['timm']} architectures of timm {v('timm')} and {tried['transformers']} of transformers {v('transformers')} with random weights, exported by",
        f"both of torch {v('torch')}'s exporters: {by['older']} files by the older and {by['newer']} by the newer. A file is right if it opens, its output is that of",
        "onnxruntime, and Grad-CAM at the suggested layer is that of torch's autograd in float64. The map may differ by 1e-4 of the",
        "largest value, or by three times as much as torch in float32 does.",
        f"**{right} of {n} files are right, {percent:.1f} %.** Backend go; made by",
        f"`testdata/population/population.py` and `report.py` on {datetime.date.today()}.", "",
        "Differences of output and map are told as a share of the largest value:", "",
        f"- {outright} files are within 1e-5 outright, and {roughly} within 1e-4.",
        f"- {right - roughly} more are right by a wider rule: some networks blow up rounding so much that torch itself differs in float32, and such",
        "  a file may differ by three times as much as torch does. They are listed below with both numbers.",
        "- A file on which the comparing program itself fails counts as not right.", "",
        "So that no branch is silent, batch norms have running statistics of noise, and parameters that are one number everywhere",
        "(layer scales of 1e-6, last norms of 0) have random ones. The number in a field is the map's largest difference.",
        "\"No file\" means that the exporter, or the network itself at this size, ends in an error. If a network was tried by only one",
        "exporter, its row says so. ViT-MAE is left out, because it draws random numbers.", "",
        *networks_table(rows), "",
    ]
    wrong = [r for r in [*nets, *others] if r["verdict"] not in NOT_A_FILE and r["verdict"] != "agrees"]
    if wrong:
        lines += ["## What is not right", ""]
        lines += [f"- {r['network']}, {r['exporter']}: {r.get('reason') or 'the map is %s off, the output %s; torch in float32 %s' % (short(r['map']), short(r['output']), short(r.get('float32')))}" for r in wrong] + [""]
    wide = [r for r in nets if r["verdict"] == "agrees" and max(r["map"], r["output"]) > 1e-4]
    if wide:
        lines += ["## Right by the wider rule", "", "| network | exporter | map | torch's map in float32 | output | torch's output by onnxruntime's |", "|---|---|---|---|---|---|"]
        lines += [f"| {r['network']} | {r['exporter']} | {short(r['map'])} | {short(r.get('float32'))} | {short(r['output'])} | {short(r.get('torch'))} |" for r in wide] + [""]
    if others:
        lines += ["## Other tools", "", f"**{good} of {m} files are right, {percent_others:.1f} %**: of Keras by its own export and through tf2onnx, compared with tensorflow's gradient",
            "(`testdata/population/keras_files.py`), networks on signals, compared with captum (`signals.py`), and of onnxruntime's, onnxslim's and onnxsim's optimisers, float16 and 8 bits",
            "(`kinds.py`). A file of float16 is computed in float32. Its map is compared with torch's network with rounded weights. If the exporter had",
            "joined a batch norm to a convolution before they were rounded, the file's weights are others than torch's, and the map of resnet18 differs by",
            "1.6e-3: such a file is compared with differences of itself in float64. For 8 bits only the output is compared.",
            "In place of the map's difference these rows have 1 - r, with the correlation r of the map and that of the file before it was quantised.", ""]
        lines += ["| network | tool | suggested layer | output off | map off |", "|---|---|---|---|---|"]
        for r in sorted(others, key=lambda r: (r["exporter"], r["network"])):
            lines.append(f"| {r['network']} | {r['exporter']} | {'`' + r['layer'] + '`' if 'layer' in r else ''} | {short(r.get('output'))} | {cell(r)} |")
        lines.append("")
    none = [r for r in nets if r["verdict"] in NOT_A_FILE]
    if none:
        lines += ["## No file", ""] + [f"- {r['network']}, {r['exporter']}: {r['reason'][:140]}" for r in sorted(none, key=lambda r: r["network"])] + [""]
    open(page, "w").write("\n".join(lines))
    print(f"{right} of {n}, {percent:.1f} %; others {good} of {m}, {percent_others:.1f} %")


main(sys.argv[1], sys.argv[2:])
