"""Writes docs/strange.md from the results of strange.py and strange_torch.py.

    python strange_page.py PAGE STRANGE.jsonl TORCH.jsonl
"""
import json, re, sys


def short(v):
    return "" if v is None else f"{v:.0e}".replace("e-0", "e-")


def said(r):
    if r["verdict"] == "agrees":
        return short(r["map"])
    if r["verdict"] == "refused":
        return "refused: " + re.sub(r"\S*/one/", "", r["reason"]).replace("|", "/")
    if r["verdict"] == "value agrees":
        return "value only; nothing here has the gradient"
    return f"**{r['verdict']}** {short(r.get('map'))}"


def read(results):
    last = {}
    for line in open(results):
        r = json.loads(line)
        last[r["kind"]] = r
    return [r for r in last.values() if r["verdict"] not in ("not made", "not by onnxruntime")]


def table(rows):
    return ["| kind | output off | maps off |", "|---|---|---|", *(f"| {r['kind']} | {short(r.get('output'))} | {said(r)} |" for r in rows), ""]


def main(page, results, of_torch):
    rows, torch = read(results), read(of_torch)
    count = lambda v, rows=rows: sum(r["verdict"] == v for r in rows)
    right = count("agrees", torch)
    lines = [
        "# Small strange files", "",
        f"{len(rows)} small files of kinds that strangers bring, written node by node by `strange_graphs.py`, `strange_more.py`,",
        "`strange_contrib.py` and `strange_files.py` of `testdata/population`. For each file `strange.py` compares the score with",
        "onnxruntime's, and Grad-CAM and HiResCAM, at the suggested layer and at the first activation, with differences in float64 by",
        "onnx's reference evaluator, to 1e-5 of the largest value. For HiResCAM at the first activation it compares the sum, by the",
        "sum of absolute values; if its products cancel to less than a hundredth, as before a norm over the channels, by the sum of",
        "the products' absolute values: what is left of them is 1e-3 off in torch's float32, too. A file of float16 may be 1e-3 off,",
        "one of bfloat16 1e-2, and one of operators on 8 bits, in which a rounding may fall to the other side, 2e-2; their rows say",
        "how far they are.",
        f"**{count('agrees')} agree; for {count('value agrees')} more only the value could be compared, and agrees; {count('refused')} refused with a reason; {count('differs') + count('fault of this program')} wrong.** Backend go.", "",
        *table(rows),
        "## Idioms of torch's architectures", "",
        f"{len(torch)} files of `strange_torch.py` and `strange_nets.py`, written by torch 2.15.0's older and newer exporter: of each the output is compared with",
        "onnxruntime's, and Grad-CAM at the suggested layer with torch's autograd in float64. What an exporter cannot write, or",
        f"onnxruntime not run, is left out. **{right} agree; {count('refused', torch)} have no map, since their cells do not lie where they lay in the picture; {len(torch) - right - count('refused', torch)} wrong.**", "",
        *table(torch),
    ]
    open(page, "w").write("\n".join(lines))
    print(next(l for l in lines if l.startswith("**")))


main(*sys.argv[1:])
