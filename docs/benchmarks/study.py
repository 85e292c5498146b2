"""A study of generated scenes, plain and on Apache Beam's Prism: the same rows, speed, kills and memory.

    python docs/benchmarks/study.py FOLDER [--pictures 20000] [--shards 40] [--minutes 25] [--report REPORT.md]

Needs Python's own library, Go and Linux's /proc. Writes the scenes, runs the study plainly and by Prism, compares every part
bit for bit and the summaries, kills a run of each at a third and at two thirds of the parts and lets it go on, and compares
the memory of 1,000 pictures with that of 10,000. A step that would not end within the minutes is left out, and the report
says so. Nothing else should run meanwhile.
"""

import argparse
import filecmp
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

begun = time.monotonic()

root = pathlib.Path(__file__).resolve().parents[2]
ask = argparse.ArgumentParser()
ask.add_argument("folder", type=pathlib.Path)
ask.add_argument("--pictures", type=int, default=20000)
ask.add_argument("--shards", type=int, default=40)
ask.add_argument("--minutes", type=float, default=25)
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


def resident(child, samples):
    """Writes the memory of a process, in MB, four times a second until it ends."""
    while child.poll() is None:
        try:
            text = pathlib.Path(f"/proc/{child.pid}/status").read_text()
            samples.append(int(text.split("VmRSS:")[1].split()[0]) / 1024)
        except (OSError, IndexError):
            pass
        time.sleep(0.25)


def run(kind, out, shards=None, kill=None):
    """Runs a study; with kill, ends it by force when so many parts are there. Returns the seconds and the memory over time."""
    command = {"plain": [folder / "gradcam", "study"], "Prism": [folder / "beam"]}[kind]
    samples = []
    with open(folder / "log.txt", "ab") as log:
        start = time.monotonic()
        child = subprocess.Popen([*command, *arguments(out, shards)], stdout=log, stderr=log, env=os.environ | {"GOMLX_BACKEND": "go"})
        watch = threading.Thread(target=resident, args=(child, samples))
        watch.start()
        while child.poll() is None:
            if kill is not None and len(list(out.glob("part-*.parquet"))) >= kill:
                child.send_signal(signal.SIGKILL)
                break
            time.sleep(0.02)
        child.wait()
        watch.join()
    if kill is None and child.returncode:
        raise SystemExit(f"{kind}: exit status {child.returncode}; see {folder}/log.txt")
    print(f"{kind} {out.name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return time.monotonic() - start, samples


def differences(a, b):
    """Returns the parts of the study in b that are not those in a, and the summary if it is not the same."""
    names = sorted(p.name for p in a.glob("part-*.parquet"))
    if names != sorted(p.name for p in b.glob("part-*.parquet")) or len(names) != parts:
        return ["the number of parts"]
    return [n for n in names + ["summary.json"] if not filecmp.cmp(a / n, b / n, shallow=False)]


def compared(out):
    differ = differences(folder / "plain", out)
    return f"**not the same: {', '.join(differ)}**" if differ else "the same, bit for bit"


def late(expected):
    """Tells whether a step of so many seconds would end too late."""
    return time.monotonic() - begun + expected > 60 * ask.minutes


def memory(samples):
    half = samples[len(samples) // 2:] or [0]
    return f"{statistics.median(half):.0f} MB ({max(samples, default=0):.0f} MB at most)"


parts = -(-ask.pictures // part)
for old in ("plain", "prism", "plain-killed", "prism-killed", "few", "more"):
    shutil.rmtree(folder / old, ignore_errors=True)
plain, whole = run("plain", folder / "plain")
prism, _ = run("Prism", folder / "prism")
summary = json.loads((folder / "plain/summary.json").read_text())
lines = [f"# A study of {ask.pictures:,} scenes in {ask.shards} shards", "",
         f"Made by `docs/benchmarks/study.py` on {time.strftime('%d %B %Y').lstrip('0')}: a residual network of 64 x 64 pixels in pure "
         f"Go, {summary['maps'] // 2 // ask.pictures} layers by 2 methods, 2 metrics.", "",
         f"- {summary['pictures']:,} of {summary['pictures_wanted']:,} pictures have rows, {summary['maps']:,} maps, "
         f"as many for each, {summary['failures']} failures.",
         f"- Prism's {parts} part files and summary, compared with the plain run's: {compared(folder / 'prism')}.",
         f"- {ask.pictures / plain:.1f} pictures a second plain, {ask.pictures / prism:.1f} by Prism: {plain / prism:.2f} of plain."]
for kind, seconds in (("plain", plain), ("Prism", prism)):
    out = folder / f"{kind.lower()}-killed"
    if late(1.2 * seconds):
        lines += [f"- {kind}, killed twice: left out, since it would have ended after {ask.minutes:g} minutes."]
        continue
    killed = [parts // 3, 2 * parts // 3]
    for share in killed:
        run(kind, out, kill=share)
    run(kind, out)
    lines += [f"- {kind}, killed by SIGKILL at {killed[0]} and at {killed[1]} of {parts} parts and started again: {compared(out)}."]
told = []
for out, pictures in (("few", 1000), ("more", 10000)):
    shards = max(1, min(ask.shards, pictures // part))
    if pictures > ask.pictures or late(1.2 * plain * shards / ask.shards):
        told += [f"{pictures:,} pictures were left out"]
        continue
    _, samples = run("plain", folder / out, shards=shards)
    told += [f"{memory(samples)} for {shards * part:,} pictures"]
lines += [f"- Resident memory, the median of the second half of the run: {', '.join(told + [f'{memory(whole)} for {ask.pictures:,} pictures'])}."]
text = "\n".join(lines) + "\n"
print(text)
if ask.report:
    ask.report.write_text(text)
if "**" in text or summary["pictures"] != ask.pictures or summary["failures"] or summary["maps"] % ask.pictures:
    raise SystemExit("the runs differ, or pictures failed")
