"""A study of generated scenes, plain and on Apache Beam's Prism: the same rows, speed, kills and memory.

    python docs/benchmarks/study.py FOLDER [--pictures 20000] [--shards 40] [--report REPORT.md]

Needs Python's own library and Go. Writes the scenes, runs the study plainly and by Prism, compares every part bit for bit
and the summaries, kills a run of each at a third and at two thirds of the parts and lets it go on, and compares the memory
of a tenth of the pictures with that of all. Nothing else should run meanwhile.
"""

import argparse
import filecmp
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

root = pathlib.Path(__file__).resolve().parents[2]
ask = argparse.ArgumentParser()
ask.add_argument("folder", type=pathlib.Path)
ask.add_argument("--pictures", type=int, default=20000)
ask.add_argument("--shards", type=int, default=40)
ask.add_argument("--report", type=pathlib.Path)
ask = ask.parse_args()
folder = ask.folder.resolve()
folder.mkdir(parents=True, exist_ok=True)

subprocess.run(["go", "build", "-o", folder / "gradcam", "./gradcamnb/cmd/gradcam"], cwd=root, check=True)
subprocess.run(["go", "build", "-o", folder / "beam", "."], cwd=root / "gradcamnb/study/beam", check=True)
scenes = folder / f"scenes-{ask.pictures}"
if not (scenes / "boxes.csv").exists():
    subprocess.run(["go", "run", "./scenes/write", "-out", scenes, "-pictures", str(ask.pictures), "-shards", str(ask.shards)],
                   cwd=root, check=True)
model = folder / "net.onnx"
shutil.copy(root / "testdata/models/resnet-basic.dyn.onnx", model)
(folder / "net.json").write_text('{"input": {"width": 64, "height": 64, "mean": 127, "scale": 64}}')
part = max(1, ask.pictures // ask.shards)


def arguments(out, shards):
    line = ["--model", model, "--truth", scenes / "boxes.csv", "--layer", "stages", "--method", "Grad-CAM", "--method", "LayerCAM",
            "--metric", "energy", "--metric", "sparseness", "--part", part, "--out", out]
    for tar in sorted(scenes.glob("*.tar"))[:shards]:
        line += ["--pictures", tar]
    return [str(a) for a in line]


def run(kind, out, shards=None, kill=None):
    """Runs a study; with kill, ends it by force when so many parts are there. Returns the seconds and the peak memory in MB."""
    command = {"plain": [folder / "gradcam", "study"], "Prism": [folder / "beam"]}[kind]
    log = open(folder / "log.txt", "ab")
    start = time.monotonic()
    child = subprocess.Popen([*command, *arguments(out, shards)], stdout=log, stderr=log, env=os.environ | {"GOMLX_BACKEND": "go"})
    while kill is not None and child.poll() is None:
        if len(list(out.glob("part-*.parquet"))) >= kill:
            child.send_signal(signal.SIGKILL)
            break
        time.sleep(0.02)
    _, status, used = os.wait4(child.pid, 0) if child.returncode is None else (0, child.returncode, None)
    if kill is None and status:
        raise SystemExit(f"{kind}: exit status {status}; see {folder}/log.txt")
    return time.monotonic() - start, used.ru_maxrss / 1024 if used else 0


def same(a, b):
    parts = sorted(p.name for p in a.glob("part-*.parquet"))
    assert parts == sorted(p.name for p in b.glob("part-*.parquet")) and len(parts) == -(-ask.pictures // part), len(parts)
    differ = [n for n in parts + ["summary.json"] if not filecmp.cmp(a / n, b / n, shallow=False)]
    assert not differ, differ
    return len(parts)


for old in ("plain", "prism", "plain-killed", "prism-killed", "tenth"):
    shutil.rmtree(folder / old, ignore_errors=True)
lines = [f"# A study of {ask.pictures:,} scenes in {ask.shards} shards", "",
         "Made by `docs/benchmarks/study.py`: a residual network of 64 x 64 pixels in pure Go, 3 layers by 2 methods, 2 metrics.", ""]
plain, memory = run("plain", folder / "plain")
prism, _ = run("Prism", folder / "prism")
parts = same(folder / "plain", folder / "prism")
summary = json.loads((folder / "plain/summary.json").read_text())
assert summary["pictures"] == summary["pictures_wanted"] == ask.pictures and summary["failures"] == 0, summary["pictures"]
lines += [f"- Plain and Prism: {parts} part files and the summary are the same bit for bit; {summary['pictures']:,} pictures, "
          f"{summary['maps']:,} maps, no failure.",
          f"- {ask.pictures / plain:.1f} pictures a second plain, {ask.pictures / prism:.1f} by Prism: {plain / prism:.2f} of plain."]
for kind in ("plain", "Prism"):
    out = folder / f"{kind.lower()}-killed"
    for share in (parts // 3, 2 * parts // 3):
        run(kind, out, kill=share)
    run(kind, out)
    same(folder / "plain", out)
    lines += [f"- {kind}, killed by SIGKILL at {parts // 3} and at {2 * parts // 3} of {parts} parts and started again: the same, bit for bit."]
tenth = max(1, ask.shards // 10)
_, less = run("plain", folder / "tenth", shards=tenth)
lines += [f"- Peak memory: {less:.0f} MB for {tenth * part:,} pictures, {memory:.0f} MB for {ask.pictures:,}."]
text = "\n".join(lines) + "\n"
print(text)
if ask.report:
    ask.report.write_text(text)
