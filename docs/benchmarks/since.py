"""Measures explanations at this commit beside an earlier one, by turns.

usage: since.py COMMIT FOLDER [--rounds N] MODEL.onnx ...

FOLDER is for the programs and the models' compiled programs. Every round of a model starts
both programs once, one right after the other, the one that was second before now first, and
takes the median of five explanations a cell, after one that is not counted. The report goes
to standard output.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build(tree, out):
    """The command that measures, built from the files of a commit."""
    package = "./gradcamnb/cmd/gradcam-bench"
    more = []
    if not (tree / package).is_dir():  # before it had a command of its own
        package, more = "./gradcamnb/cmd/gradcam", ["bench"]
    subprocess.run(["go", "build", "-o", out, package], cwd=tree, check=True)
    return [str(out), *more]


def measure(command, models, programs, record):
    """Milliseconds by model and batch."""
    record.unlink(missing_ok=True)
    names = [word for m in models for word in ("--model", m)]
    subprocess.run([*command, *names, "--batch", "1,8", "--backend", "xla:cpu", "--rounds", "5", "--patience", "0", "--warm", "1",
                    "--record", record, "--out", record.with_suffix(".md")],
                   cwd=ROOT, check=True, stderr=subprocess.DEVNULL, env=dict(os.environ, GRADCAMNB_PROGRAMS=str(programs)))
    rows = json.loads(record.read_text())["Rows"]
    return {(pathlib.Path(r["Case"]["File"]).stem, r["Case"]["Batch"]): 1000 * r["Medians"]["gradcam"] for r in rows}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("commit")
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("models", nargs="+")
    p.add_argument("--rounds", type=int, default=7)
    args = p.parse_args()

    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as old:
        subprocess.run(f"git archive {args.commit} | tar -x -C {old}", shell=True, cwd=ROOT, check=True)
        sides = {"before": build(pathlib.Path(old), folder / "before"), "now": build(ROOT, folder / "now")}
    models = [str(pathlib.Path(m).resolve()) for m in args.models]
    took = {side: {} for side in sides}
    for model in models:
        for round in range(args.rounds + 1):
            order = list(sides.items())
            for side, command in order[::-1] if round % 2 else order:
                for cell, ms in measure(command, [model], folder / f"programs-{side}", folder / f"{side}.json").items():
                    if round:  # the first one compiles
                        took[side].setdefault(cell, []).append(ms)
    print(f"| model | batch | {args.commit} | now | now / before | range of the rounds |\n|---|---|---|---|---|---|")
    middle = []
    for cell, before in took["before"].items():
        now = took["now"][cell]
        ratios = [n / b for n, b in zip(now, before)]
        middle.append(statistics.median(ratios))
        print(f"| {cell[0]} | {cell[1]} | {statistics.median(before):.1f} ms | {statistics.median(now):.1f} ms | "
              f"{statistics.median(ratios):.3f} | {min(ratios):.2f} to {max(ratios):.2f} |")
    print(f"\nGeometric mean of the ratios: {statistics.geometric_mean(middle):.3f}.")


main()
