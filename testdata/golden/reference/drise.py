"""D-RISE on detections that are made up: masks, weights and saliency in float64."""
from __future__ import annotations

import json

import cv2
import numpy as np

from reference.tree import Tree


def rise_masks(r: np.random.RandomState, n: int, grid: int, size: int, p: float):
    """RISE masks: binary grid, bilinear upsampling to (grid+1)*cell, random crop of size x size."""
    cell = int(np.ceil(size / grid))
    up = (grid + 1) * cell
    grids = (r.rand(n, grid, grid) < p).astype(np.float32)
    shifts = r.randint(0, cell, size=(n, 2))
    masks = np.empty((n, size, size), np.float32)
    for i in range(n):
        big = cv2.resize(grids[i], (up, up), interpolation=cv2.INTER_LINEAR)
        masks[i] = big[shifts[i, 0]:shifts[i, 0] + size, shifts[i, 1]:shifts[i, 1] + size]
    return grids, shifts, masks


def iou(a, b) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    inter = w * h
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


def cosine(a, b) -> float:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    na, nb = np.linalg.norm(a), np.linalg.norm(b)
    return 0.0 if na == 0 or nb == 0 else float(a @ b / (na * nb))


def drise_section(tree: Tree, name: str, seed: int, classes: int):
    r = np.random.RandomState(seed)
    n, size, grid, p = 64, 64, 16, 0.5
    grids, shifts, masks = rise_masks(r, n, grid, size, p)

    def probs():
        e = np.exp(r.randn(classes) * 2)
        return [round(float(v), 6) for v in e / e.sum()]

    def box():
        x1, y1 = r.uniform(-2, 44, 2)
        return [round(float(v), 4) for v in (x1, y1, x1 + r.uniform(6, 28), y1 + r.uniform(6, 28))]

    targets = [{"box": box(), "probs": probs(), "objectness": round(float(r.uniform(0.7, 1)), 5)} for _ in range(3)]
    targets[2]["probs"] = [1.0 if i == 1 else 0.0 for i in range(classes)]  # one-hot target
    dets = []
    for i in range(n):
        k = int(r.choice([0, 1, 2, 3, 5], p=[0.2, 0.25, 0.25, 0.2, 0.1]))
        lst = []
        for _ in range(k):
            if r.rand() < 0.6:  # a perturbed target detection
                t = targets[r.randint(3)]
                jit = r.randn(4) * 3
                b = [round(float(v + j), 4) for v, j in zip(t["box"], jit)]
                b[2], b[3] = max(b[2], b[0] + 1), max(b[3], b[1] + 1)
                pr = np.maximum(np.asarray(t["probs"]) + r.rand(classes) * 0.2, 1e-6)
                pr = [round(float(v), 6) for v in pr / pr.sum()]
                lst.append({"box": b, "probs": pr, "objectness": round(float(r.uniform(0.2, 1)), 5)})
            else:
                lst.append({"box": box(), "probs": probs(), "objectness": round(float(r.uniform(0.05, 0.9)), 5)})
        dets.append(lst)
    base = f"golden/drise-{name}"
    W = np.zeros((3, n), np.float64)
    Wn = np.zeros((3, n), np.float64)
    for t, td in enumerate(targets):
        for i, lst in enumerate(dets):
            s = [(iou(td["box"], d["box"]) * cosine(td["probs"], d["probs"]), d["objectness"]) for d in lst]
            W[t, i] = max((a * o for a, o in s), default=0.0)
            Wn[t, i] = max((a for a, _ in s), default=0.0)
    sal = np.einsum("tn,nhw->thw", W, masks.astype(np.float64))
    sal_n = np.einsum("tn,nhw->thw", Wn, masks.astype(np.float64))
    mm = np.stack([(s - s.min()) / (s.max() - s.min()) for s in sal])
    with open(tree.path(f"{base}/detections.json"), "w") as f:
        json.dump({"image_size_hw": [size, size], "grid": grid, "p": p, "n_masks": n, "classes": classes,
                   "formula": {"similarity": "IoU(b_t,b_j) * cosine(P_t,P_j) * objectness_j", "weight": "max over the detections of the masked image, 0 if none",
                               "saliency": "sum_i w_i * M_i (no mean subtraction, no division by p or N)",
                               "no_objectness": "same without the objectness factor (detectors that have none)",
                               "box": "[x1,y1,x2,y2] in pixels, area=(x2-x1)*(y2-y1); zero or negative overlap gives IoU 0"},
                   "mask_recipe": "binary grid (16x16, Bernoulli p), bilinear half-pixel upsampling to (grid+1)*cell with cell=ceil(size/grid)=4, crop at shift (row,col)",
                   "targets": targets, "detections": dets}, f, indent=0)
        f.write("\n")
    files = {"masks": tree.save(f"{base}/masks.npy", masks), "grids": tree.save(f"{base}/grids.npy", grids), "shifts": tree.save(f"{base}/shifts.npy", shifts),
             "detections": f"{base}/detections.json", "weights": tree.save(f"{base}/weights.npy", W), "saliency": tree.save(f"{base}/saliency.npy", sal),
             "saliency_minmax": tree.save(f"{base}/saliency_minmax.npy", mm),
             "weights_no_objectness": tree.save(f"{base}/weights_no_objectness.npy", Wn),
             "saliency_no_objectness": tree.save(f"{base}/saliency_no_objectness.npy", sal_n)}
    tree.drop(f"drise-{name}/")
    tree.add({"id": f"drise-{name}/reference", "model": None, "image": None, "preprocessing": None, "method": "D-RISE",
              "target": {"kind": "detections", "count": 3}, "files": files, "producer": "generate.py (numpy float64)",
              "empty_masks": int(sum(1 for d in dets if not d)),
              "tolerance": {"weights_abs": 1e-5, "saliency_rel": 1e-5, "masks_abs": 1e-5}})
    print(f"drise-{name}: {sum(1 for d in dets if not d)} masks without detections, weight range {W.min():.3f}..{W.max():.3f}")
    tree.flush()
