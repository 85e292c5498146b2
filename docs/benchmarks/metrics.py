"""How long metrics take over 100 pictures: gradcam study against Quantus on torch, by turns, two threads each.

    python docs/benchmarks/metrics.py FOLDER [--pictures 100] [--rounds 7] [--backend xla:cpu] [--report REPORT.md]

numpy 2.4, torch 2.15, torchvision, quantus 0.6.0, onnx, Pillow; Go and, for XLA, a PJRT plugin. The network is torchvision's
resnet18 with weights that nobody trained, at 224 x 224; a picture's pixels go in 8 steps. Quantus is given maps and prepared
pictures and only measures. gradcam reads the pictures, explains them, measures the maps and writes the rows; what the metric
alone takes is the difference to a study that measures nothing. Nothing else should run meanwhile.
"""

import argparse
import io
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tarfile
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")
import numpy as np

np.trapz = getattr(np, "trapz", None) or np.trapezoid  # Quantus 0.6.0 calls it by its old name
import quantus
import torch
import torchvision
from PIL import Image

root = pathlib.Path(__file__).resolve().parents[2]
ask = argparse.ArgumentParser()
ask.add_argument("folder", type=pathlib.Path)
ask.add_argument("--pictures", type=int, default=100)
ask.add_argument("--rounds", type=int, default=7)
ask.add_argument("--backend", default="xla:cpu")
ask.add_argument("--report", type=pathlib.Path)
ask = ask.parse_args()
folder = ask.folder.resolve()
folder.mkdir(parents=True, exist_ok=True)
torch.set_num_threads(2)
torch.manual_seed(0)

net = torchvision.models.resnet18(weights=None).eval()
torch.onnx.export(net, torch.zeros(1, 3, 224, 224), folder / "net.onnx", opset_version=17, dynamo=False, input_names=["x"],
                  output_names=["y"], dynamic_axes={"x": {0: "n"}, "y": {0: "n"}})
(folder / "net.json").write_text(json.dumps({"input": {"width": 224, "height": 224, "mean": [123.675, 116.28, 103.53],
                                                       "scale": [58.395, 57.12, 57.375]}}))
subprocess.run(["go", "build", "-o", folder / "gradcam", "./gradcamnb/cmd/gradcam"], cwd=root, check=True)
subprocess.run(["go", "run", "./scenes/write", "-out", folder / "scenes", "-pictures", str(ask.pictures), "-shards", "1"], cwd=root,
               check=True)

x = []
with tarfile.open(folder / "scenes/scenes-00000.tar") as tar:
    for member in tar:
        if member.name.endswith(".png"):
            img = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB").resize((224, 224), Image.BILINEAR)
            x.append((np.asarray(img, np.float32) - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375])
x = np.stack(x).transpose(0, 3, 1, 2).astype(np.float32)
with torch.no_grad():
    y = net(torch.tensor(x[:16])).argmax(1).numpy()
y = np.resize(y, len(x))
maps = np.random.default_rng(0).random((len(x), 1, 224, 224), np.float32)


THEIRS = {
    "pixel flipping": lambda: quantus.PixelFlipping(features_in_step=224 * 224 // 8, perturb_baseline="black", abs=False, normalise=False,
                                                    disable_warnings=True, display_progressbar=False, return_auc_per_sample=True),
    "sparseness": lambda: quantus.Sparseness(disable_warnings=True, display_progressbar=False),
    "complexity": lambda: quantus.Complexity(disable_warnings=True, display_progressbar=False),
}


def theirs(name):
    metric = THEIRS[name]()
    start = time.monotonic()
    metric(model=net, x_batch=x.copy(), y_batch=y, a_batch=maps.copy(), device="cpu", softmax=True, batch_size=16)
    return time.monotonic() - start


def ours(*measured):
    shutil.rmtree(folder / "out", ignore_errors=True)
    start = time.monotonic()
    subprocess.run([folder / "gradcam", "study", "--model", folder / "net.onnx", "--pictures", folder / "scenes/scenes-00000.tar",
                    *measured, "--backend", ask.backend, "--out", folder / "out"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"GOMAXPROCS": "2"})
    return time.monotonic() - start


ours()  # compiles, as only the first process does
bare, whole, quantus_takes = [], {m: [] for m in THEIRS}, {m: [] for m in THEIRS}
for name in THEIRS:
    ours("--metric", name)
for _ in range(ask.rounds):
    bare.append(ours())
    for name in THEIRS:
        whole[name].append(ours("--metric", name))
        quantus_takes[name].append(theirs(name))
middle = statistics.median
rows = ""
for name in THEIRS:
    a, b = middle(whole[name]), middle(quantus_takes[name])
    alone = middle([w - n for w, n in zip(whole[name], bare)])
    rows += f"| {name} | {a:.2f} s | {alone:.2f} s | {b:.2f} s | {b / a:.2f} | {b / max(alone, 0.01):.1f} |\n"
text = (f"# Metrics over {ask.pictures} pictures\n\nMade by `docs/benchmarks/metrics.py`: resnet18 at 224 x 224, 8 steps, two threads, "
        f"{ask.rounds} rounds by turns, medians; gradcam on {ask.backend}, Quantus 0.6.0 on torch {torch.__version__}. A study that measures "
        f"nothing takes {middle(bare):.2f} s.\n\n| metric | gradcam study, with reading, explaining, writing | its metric alone | Quantus, the "
        f"metric alone | Quantus takes, times the study | times the metric |\n|---|---|---|---|---|---|\n{rows}\nA metric alone under 0.01 s "
        f"counts as 0.01 s: it is the difference of two processes.\n")
print(text)
if ask.report:
    ask.report.write_text(text)
