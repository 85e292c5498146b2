"""Makes a file for each library: pixels of noise pictures as it brings them to a network's input.

Needs Pillow 13.0.0, torch 2.15, torchvision 0.29.2, timm 1.0.31, transformers 5.24.0, Keras 3.15.1, OpenCV 5.0.0.
Run: KERAS_BACKEND=torch python make.py
"""
import json
import random

import cv2
import keras
import numpy as np
import timm.data
import torchvision.transforms as T
from PIL import Image
from transformers import CLIPImageProcessor, ConvNextImageProcessor, ViTImageProcessor

PIXELS = 8  # looked at in each case


def mixed(i):
    """A hash of each number of 32 bits, which the test knows as well."""
    v = i.astype(np.uint32) * np.uint32(2654435761)
    v ^= v >> np.uint32(15)
    v *= np.uint32(2246822519)
    return v ^ (v >> np.uint32(13))


def noise(w, h):
    return (mixed(np.arange(w * h * 3)) >> np.uint32(24)).astype(np.uint8).reshape(h, w, 3)


PIL = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
TORCH = {"nearest": T.InterpolationMode.NEAREST, "bilinear": T.InterpolationMode.BILINEAR,
         "bicubic": T.InterpolationMode.BICUBIC, "lanczos": T.InterpolationMode.LANCZOS}

cases = {}


def case(library, picture, got, **prep):
    got = np.asarray(got)
    if got.dtype != np.uint8:
        got = np.clip(np.rint(got), 0, 255).astype(np.uint8)
    h, w, _ = got.shape
    where = mixed(np.arange(PIXELS) + 1000) % np.uint32(w * h)
    prep = {"width": w, "height": h, **prep}
    made = {"picture": [picture.width, picture.height], "prep": prep, "pixels": got.reshape(-1, 3)[where].tobytes().hex()}
    cases.setdefault(library, []).append(made)


def torchvision(im, resize, cut, name):
    got = T.Compose([T.Resize(resize, TORCH[name]), T.CenterCrop(cut)])(im)
    case("torchvision Resize, CenterCrop", im, got, fit="crop", resize=resize, filter=name)


def torchvision_wide(im, w, h, name):
    """The size that just fills an input that is no square, then the middle."""
    scale = max(w / im.width, h / im.height)
    short = w if im.width * scale <= w + 1e-9 and im.width <= im.height else h if im.height <= im.width else None
    if short is None or T.Resize(short)(im).size < (w, h) or min(T.Resize(short)(im).size) != short:
        return
    got = T.Resize(short, TORCH[name])(im)
    if got.width >= w and got.height >= h:
        case("torchvision Resize, CenterCrop", im, T.CenterCrop((h, w))(got), fit="crop", filter=name)


def timms(im, cut, pct, mode, name):
    tf = timm.data.create_transform((3, cut, cut), interpolation=name, crop_pct=pct, crop_mode=mode)
    got = T.Compose(tf.transforms[:-2])(im)
    case(f"timm {mode}", im, got, fit={"center": "crop", "squash": "stretch"}[mode], resize=int(cut / pct), filter=name)


def pils(im, w, h, name):
    case("PIL resize", im, im.resize((w, h), PIL[name]), fit="stretch", filter=name)


def transformer(im, resize, cut):
    same = dict(do_rescale=False, do_normalize=False)
    got = CLIPImageProcessor(size={"shortest_edge": resize}, crop_size=cut, do_convert_rgb=False, **same)(im)
    case("transformers CLIP", im, got["pixel_values"][0].transpose(1, 2, 0) if not hasattr(got["pixel_values"][0], "numpy") else
         got["pixel_values"][0].numpy().transpose(1, 2, 0), fit="crop", resize=resize, filter="bicubic", margin="down")
    got = ViTImageProcessor(size={"height": cut, "width": cut}, **same)(im)["pixel_values"][0]
    case("transformers ViT", im, np.asarray(got).transpose(1, 2, 0), fit="stretch", filter="bilinear")
    got = ConvNextImageProcessor(size={"shortest_edge": cut}, crop_pct=0.875, **same)(im)["pixel_values"][0]
    case("transformers ConvNext", im, np.asarray(got).transpose(1, 2, 0), fit="crop", resize=int(cut / 0.875),
         filter="bicubic", margin="down")


def kerass(im, size, cut):
    im.save("/dev/shm/geometry.png")
    for name in ("nearest", "bilinear"):
        got = keras.utils.load_img("/dev/shm/geometry.png", target_size=(cut, cut + 5), interpolation=name)
        case("Keras load_img", im, got, fit="stretch", filter=name)
    x = np.asarray(im, np.float32)[None]
    x = keras.layers.Resizing(size, size)(x)
    got = keras.ops.convert_to_numpy(keras.layers.CenterCrop(cut, cut)(x))[0]
    case("Keras Resizing, CenterCrop", im, got, fit="stretch", resize=size, filter="linear", margin="down")


def opencv(im, w, h):
    got = cv2.resize(np.asarray(im), (w, h), interpolation=cv2.INTER_LINEAR)
    case("OpenCV resize", im, got, fit="stretch", filter="linear")


# The sizes: those of the report, and others at random of which most are odd.
random.seed(7)
sizes = [(640, 427), (427, 640), (301, 301), (385, 256), (512, 384), (500, 375), (1, 7), (3, 2)]
while len(sizes) < 40:
    sizes.append((random.randrange(9, 260) | 1, random.randrange(9, 260) | 1))
names = list(PIL)
for i, (w, h) in enumerate(sizes):
    im = Image.fromarray(noise(w, h))
    name = names[i % 4]
    cut = random.randrange(17, 65)
    resize = cut + random.randrange(0, 12)
    if w >= 256:
        cut, resize = 224, 256 if w != 301 else 301
    torchvision(im, resize, cut, name)
    torchvision_wide(im, cut, cut - 4, name)
    timms(im, cut, 0.875, "center", "bicubic")
    timms(im, cut, 0.9, "squash", "bilinear")
    pils(im, cut + 3, cut, name)
    opencv(im, cut, cut + 7)
    if w > 3:
        transformer(im, resize, cut)
        kerass(im, resize, cut)
for library, made in cases.items():
    with open(library.lower().replace(",", "").replace(" ", "-") + ".json", "w") as f:
        f.write(json.dumps(made, separators=(",", ":")).replace('{"picture"', '\n{"picture"') + "\n")
