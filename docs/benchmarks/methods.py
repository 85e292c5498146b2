"""Score-CAM and Ablation-CAM of `gradcam explain` and of pytorch-grad-cam, interleaved.

    methods.py GRADCAM MODEL.onnx PICTURE METHOD [rounds]     METHOD is Score-CAM or Ablation-CAM

GRADCAM is the built command. MODEL.onnx is testdata/models/efficientnet-lite0.onnx or one that `peer.py export`
wrote; peer.py builds the same network for the peer. Both have two threads, the last layer and batches of 16. A round is
ours and then the peer's. Ours is the time that result.json says, with compiling; the peer's is that of the call, its
network loaded and warm. No round begins that would end later than LIMIT seconds after the start.
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

THREADS, BATCH, LIMIT = 2, 16, 230


def ours(gradcam, model, picture, method):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([gradcam, "explain", "--model", model, "--image", picture, "--out", out, "--method", method,
                        "--backend", "xla:cpu"], check=True, stderr=subprocess.DEVNULL)
        seconds = json.loads((pathlib.Path(out) / "result.json").read_text())["seconds"]
        return seconds["run"] + seconds["perturb"]


def theirs(network, method):
    import pytorch_grad_cam as pgc

    model, layer_of = network
    cam = {"Score-CAM": pgc.ScoreCAM, "Ablation-CAM": pgc.AblationCAM}[method](model=model, target_layers=[layer_of("")])
    cam.batch_size = BATCH
    x = peer.picture(1, peer.SIDE)
    start = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):  # progress bars
        cam(input_tensor=x, targets=None)
    return time.perf_counter() - start


def main(gradcam, model, picture, method, rounds=7):
    import torch

    begun = time.perf_counter()
    torch.set_num_threads(THREADS)
    network = peer.build(pathlib.Path(model).stem)
    with torch.inference_mode():
        network[0](peer.picture(BATCH, peer.SIDE))
    us, them, longest = [], [], 0
    while len(us) < int(rounds) and time.perf_counter() - begun + longest < LIMIT:
        start = time.perf_counter()
        us.append(ours(gradcam, model, picture, method))
        them.append(theirs(network, method))
        longest = max(longest, time.perf_counter() - start)
    a, b = statistics.median(us), statistics.median(them)
    print(f"{pathlib.Path(model).stem}, {method}: gradcam {a:.2f} s, pytorch-grad-cam {b:.2f} s, {b / a:.2f} times; {len(us)} rounds", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
