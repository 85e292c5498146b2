"""The largest resident memory of an explanation, and of onnxruntime's forward pass of the same file, for one picture.

    memory.py GRADCAM PYTHON MODEL.onnx... [--rounds 7] [--out REPORT.md]

GRADCAM is the built command, PYTHON one with requirements.txt and requirements-floors.txt of this folder. Every number is
the median of so many fresh processes, by turns. Memory does not depend on what else the machine does.

Ours is `gradcam explain` from the photo's file to the picture written: on pure Go; on XLA with the program kept by an
earlier process; and on XLA in a process that compiles it. onnxruntime's is one forward pass of an array, without picture,
gradients or drawing, in its default settings but for the number of threads. Its process holds Python, too, whose own memory
stands in the last line: with numpy and onnxruntime imported, and no model.

A child's largest memory begins at that of the process that starts it, so this script imports nothing large.
"""
import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "testdata/images/cat.png"
THREADS = len(os.sched_getaffinity(0))

IMPORTS = "import sys, numpy, onnxruntime as ort\n"
FORWARD = IMPORTS + """
options = ort.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = int(sys.argv[2]), 1, 3
session = ort.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
one = session.get_inputs()[0]
shape = [d if isinstance(d, int) else (1 if i == 0 else 224) for i, d in enumerate(one.shape)]
session.run(None, {one.name: numpy.zeros(shape, numpy.float32)})
"""


def peak(words, **env):
    """The largest resident memory of a fresh process in MiB."""
    with tempfile.TemporaryFile() as said:
        p = subprocess.Popen(words, env={**os.environ, **env}, stdout=said, stderr=said)
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        if p.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(map(str, words))} ended with {p.returncode}: {said.read().decode()}")
    return usage.ru_maxrss / 1024


def ways(gradcam, python, model, folder):
    explain = [gradcam, "explain", "--model", model, "--image", PICTURE, "--out", f"{folder}/out", "--backend"]
    return {
        "go": lambda: peak([*explain, "go"]),
        "XLA": lambda: peak([*explain, "xla:cpu"], GRADCAMNB_PROGRAMS=f"{folder}/programs"),
        "XLA, compiling": lambda: peak([*explain, "xla:cpu"], GRADCAMNB_PROGRAMS="off"),
        "onnxruntime": lambda: peak([python, "-c", FORWARD, model, str(THREADS)]),
    }


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("gradcam")
    p.add_argument("python")
    p.add_argument("models", nargs="+")
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--out", default="/dev/stdout")
    args = p.parse_args()

    lines, losses = [], []
    with tempfile.TemporaryDirectory() as folder:
        for model in args.models:
            name, of = pathlib.Path(model).stem, ways(args.gradcam, args.python, model, folder)
            of["XLA"]()  # compiles the program that is kept
            seen = {who: [] for who in of}
            for _ in range(args.rounds):
                for who, way in of.items():
                    seen[who].append(way())
            middle = {who: statistics.median(v) for who, v in seen.items()}
            peer = middle.pop("onnxruntime")
            cells = [f"{v:.0f} | {v / peer:.2f}" for v in middle.values()]
            lines.append(f"| {name} | {os.path.getsize(model) / 2**20:.0f} | {' | '.join(cells)} | {peer:.0f} |")
            losses += [f"* {name}, {who}: {v:.0f} MiB, {v / peer:.2f} times onnxruntime's {peer:.0f}." for who, v in middle.items() if v > peer]
            print(lines[-1], file=sys.stderr, flush=True)
    python = statistics.median(peak([args.python, "-c", IMPORTS]) for _ in range(args.rounds))
    version = subprocess.run([args.python, "-c", "import onnxruntime; print(onnxruntime.__version__)"], capture_output=True, text=True, check=True)
    pathlib.Path(args.out).write_text("\n".join([
        f"{platform.system()}, {platform.machine()}, {THREADS} threads, onnxruntime {version.stdout.strip()}; MiB, medians of {args.rounds} processes; "
        "the numbers after ours are ours over onnxruntime's.", "",
        "| model | file | go | | XLA | | XLA, compiling | | onnxruntime |", "|---|---|---|---|---|---|---|---|---|", *lines, "",
        f"Python alone, with numpy and onnxruntime imported: {python:.0f} MiB.", "", "## Losses", "", *(losses or ["None."]), ""]))


main()
