"""Score-CAM and Ablation-CAM of `gradcam explain` and of pytorch-grad-cam, interleaved.

    methods.py GRADCAM FOLDER PICTURE RECORD     measures for up to LIMIT seconds and adds what it measured to RECORD
    methods.py report RECORD                     the table of the report

GRADCAM is the built command. FOLDER holds efficientnet-lite0.onnx of testdata/models with its sidecar, and resnet50.onnx
as `peer.py export` writes it; peer.py builds the same networks for the peer. Both have two threads and batches of 16. A
round is ours and then the peer's. Ours is the time that result.json says, with compiling; the peer's is that of the call,
its network loaded and warm. A case has ROUNDS rounds, and the medians are reported: call it again until it says that all
is measured. No round begins that would end later than LIMIT seconds after the start.
"""
import contextlib
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import peer

THREADS, ROUNDS, LIMIT = 2, 7, 225
METHODS = ["Ablation-CAM", "Score-CAM"]
CASES = [  # network, its layer for us and for the peer, channels
    ("efficientnet-lite0", "add_5", "_blocks.10", 112),
    ("efficientnet-lite0", "hardtanh_32", "", 1280),
    ("resnet50", "layer1", "layer1", 256),
]


def ours(gradcam, model, layer, picture, method):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([gradcam, "explain", "--model", model, "--layer", layer, "--image", picture, "--out", out, "--method", method,
                        "--backend", "xla:cpu"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = json.loads((pathlib.Path(out) / "result.json").read_text())["seconds"]
        return seconds["run"] + seconds["perturb"]


def theirs(network, layer, method):
    import pytorch_grad_cam as pgc

    model, layer_of = network
    cam = {"Score-CAM": pgc.ScoreCAM, "Ablation-CAM": pgc.AblationCAM}[method](model=model, target_layers=[layer_of(layer)])
    cam.batch_size = peer.PASSES
    x = peer.picture(1, peer.SIDE)
    start = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars
        cam(input_tensor=x, targets=None)
    return time.perf_counter() - start


def read(record):
    return json.loads(record.read_text()) if record.exists() else {}


def measure(gradcam, folder, picture, record):
    import torch

    begun = time.perf_counter()
    torch.set_num_threads(THREADS)
    rounds, networks = read(record), {}
    for (name, layer, their_layer, _), method in [(c, m) for c in CASES for m in METHODS]:
        done = rounds.setdefault(f"{name}, {layer}, {method}", [])
        while len(done) < ROUNDS:
            longest = max((a + b for a, b in done), default=60)
            if time.perf_counter() - begun + 1.2 * longest > LIMIT:
                return
            if name not in networks:
                networks[name] = peer.build(name)
                with torch.inference_mode():
                    networks[name][0](peer.picture(peer.PASSES, peer.SIDE))
            a = ours(gradcam, f"{folder}/{name}.onnx", layer, picture, method)
            done.append((a, theirs(networks[name], their_layer, method)))
            record.write_text(json.dumps(rounds, indent=1) + "\n")
            print(name, layer, method, done[-1], flush=True)
    print("all is measured")


def report(record):
    print("| network | layer | channels | | gradcam, `xla:cpu` | pytorch-grad-cam | ratio | rounds |\n|---|---|---|---|---|---|---|---|")
    rounds = read(record)
    for (name, layer, _, channels), method in [(c, m) for c in CASES for m in METHODS]:
        done = rounds.get(f"{name}, {layer}, {method}")
        if done:
            a, b = (statistics.median(v) for v in zip(*done))
            ratios = sorted(theirs / ours for ours, theirs in done)
            print(f"| {name} | {layer} | {channels:,} | {method} | {a:.2f} s | {b:.1f} s | {b / a:.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f}) | {len(done)} |")


if __name__ == "__main__":
    if sys.argv[1] == "report":
        report(pathlib.Path(sys.argv[2]))
    else:
        measure(*sys.argv[1:4], pathlib.Path(sys.argv[4]))
