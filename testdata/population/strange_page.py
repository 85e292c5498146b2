"""Writes docs/strange.md from the results of strange.py.

    python strange_page.py PAGE RESULTS.jsonl
"""
import json, sys


def short(v):
    return "" if v is None else f"{v:.0e}".replace("e-0", "e-")


def said(r):
    if r["verdict"] == "agrees":
        return short(r["map"])
    if r["verdict"] == "refused":
        return "refused: " + r["reason"].replace("|", "/").replace("../st/one/", "")
    if r["verdict"] == "value agrees":
        return "value only; nothing here has the gradient"
    return f"**{r['verdict']}** {short(r.get('map'))}"


def main(page, results):
    last = {}
    for line in open(results):
        r = json.loads(line)
        last[r["kind"]] = r
    rows = [r for r in last.values() if r["verdict"] != "not made"]
    count = lambda v: sum(r["verdict"] == v for r in rows)
    lines = [
        "# Small strange files", "",
        f"{len(rows)} small files of kinds that strangers bring, written node by node by `testdata/population/strange_graphs.py` and",
        "`strange_files.py`. Of each the score is compared with onnxruntime's, and Grad-CAM and HiResCAM, at the suggested layer and at",
        "the first activation, with differences in float64 by onnx's reference evaluator (`strange.py`), to 1e-5 of the largest value;",
        "at the first activation of HiResCAM the sum, by that of its absolute values.",
        f"**{count('agrees')} agree, and of {count('value agrees')} more the value does; {count('refused')} are refused with a reason; {count('differs') + count('fault of this program')} differ.** Backend go.", "",
        "| kind | output off | maps off |", "|---|---|---|",
        *(f"| {r['kind']} | {short(r.get('output'))} | {said(r)} |" for r in rows), "",
    ]
    open(page, "w").write("\n".join(lines))
    print(lines[6])


main(*sys.argv[1:])
