"""Masks a second of D-RISE of a YOLOv8n, against onnxruntime's loop over the same masked pictures, interleaved in one run.

    GRADCAM=gradcam python detectors_speed.py [ROUNDS [MASKS [SIZE]]]      (ultralytics 8.4.190, torch 2.15.0, onnxruntime 1.32.0)

Of every batch, in turns: `gradcam drise` by MASKS and by 2 MASKS on BACKEND (xla:cpu), whose difference has no start and no compilation
in it, and a loop of onnxruntime that multiplies MASKS masks with the picture and runs them. The median over the rounds is printed, and
the ratio; run it on a machine that does nothing else. Both use THREADS threads (2).
"""
import os, subprocess, sys, tempfile, time

import cv2
import numpy as np
import onnxruntime as ort

from detectors import export, picture

TOOL, BACKEND, THREADS = os.environ.get("GRADCAM", "gradcam"), os.environ.get("BACKEND", "xla:cpu"), int(os.environ.get("THREADS", "2"))


def tool(path, image, batch, masks, out):
    start = time.perf_counter()
    subprocess.run([TOOL, "drise", "--model", path, "--image", image, "--backend", BACKEND, "--masks", str(masks), "--design", "papers", "--batch", str(batch),
                    "--threshold", "0.05", "--out", out], check=True, capture_output=True)
    return time.perf_counter() - start


def loop(session, x, batch, masks):
    drawn = np.random.default_rng(0).random((batch, 1, *x.shape[1:]), np.float32)
    session.run(None, {"images": x[None] * drawn})
    start = time.perf_counter()
    for _ in range(masks // batch):
        session.run(None, {"images": x[None] * drawn})
    return time.perf_counter() - start


def main():
    rounds, masks, size = (int(v) for v in (*sys.argv[1:], *("5", "64", "640")[len(sys.argv) - 1:]))
    work = tempfile.mkdtemp()
    os.chdir(work)
    image = os.path.join(work, "street.png")
    cv2.imwrite(image, picture(0))
    path = os.path.abspath(export("yolov8n", "yolov8n.yaml", {"dynamic": True, "imgsz": (size, size)}))
    options = ort.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(path, options)
    x = np.random.default_rng(1).random((3, size, size), np.float32)
    print("| batch | gradcam, masks a second | onnxruntime | ratio |\n|---|---|---|---|")
    for batch in (1, 4, 16):
        ours, theirs = [], []
        tool(path, image, batch, batch, work)  # compiles, and keeps what it has compiled
        for _ in range(rounds):
            ours.append(masks / (tool(path, image, batch, 2 * masks, work) - tool(path, image, batch, masks, work)))
            theirs.append(masks / loop(session, x, batch, masks))
        a, b = np.median(ours), np.median(theirs)
        print(f"| {batch} | {a:.2f} | {b:.2f} | {a / b:.2f} |", flush=True)


if __name__ == "__main__":
    main()
