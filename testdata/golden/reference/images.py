"""The photographs, their squares of 224 pixels, and their licences."""
from __future__ import annotations

import importlib.metadata

import cv2
import numpy as np
from PIL import Image

from reference.tree import Tree

SQUARE = 224
IMAGE_INFO = {
    "cat": ("chelsea", "chelsea.png", "Chelsea the cat. CC0 by the photographer (Stefan van der Walt); no copyright restrictions."),
    "coffee": ("coffee", "coffee.png", "Coffee cup. CC0 by the photographer (Rachel Michetti); no copyright restrictions."),
    "astronaut": ("astronaut", "astronaut.png", "Eileen Collins. NASA Great Images database, public domain, no known copyright restrictions."),
}


def sk_image(name: str) -> np.ndarray:
    from skimage import data
    return np.ascontiguousarray(getattr(data, IMAGE_INFO[name][0])()[..., :3])


def crop224(img: np.ndarray, size=SQUARE) -> np.ndarray:
    h, w = img.shape[:2]
    s = min(h, w)
    c = img[(h - s) // 2:(h + s) // 2, (w - s) // 2:(w + s) // 2]
    return cv2.resize(c, (size, size), interpolation=cv2.INTER_AREA)


def write_images(tree: Tree, names, originals_only=()) -> None:
    import inspect
    from skimage import data
    lines = ["# Image licences", "",
             "All images come from scikit-image " + importlib.metadata.version("scikit-image") +
             " (`skimage.data`). `*_224.png` is the centre square resized to 224x224 with OpenCV INTER_AREA.", ""]
    for n in list(names) + list(originals_only):
        img = sk_image(n)
        Image.fromarray(img).save(tree.path(f"images/{n}.png"), optimize=True)
        if n in names:
            Image.fromarray(crop224(img)).save(tree.path(f"images/{n}_224.png"), optimize=True)
        fn, src, note = IMAGE_INFO[n]
        doc = inspect.getdoc(getattr(data, fn)) or ""
        lines += [f"## {n}.png ({img.shape[1]}x{img.shape[0]}, skimage.data.{fn}, file {src})", "", note, "",
                  "Documentation text of `skimage.data." + fn + "` (verbatim):", "", "```", doc.split("\nReturns")[0].strip(), "```", ""]
    with open(tree.path("images/LICENSES.md"), "w") as f:
        f.write("\n".join(lines))
