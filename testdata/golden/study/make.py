"""Writes what a study reads, as the usual tools write it, and what they say of it.

    python make.py        (numpy 2.4, Pillow 13, pycocotools 2.0.11, pandas 3.1, pyarrow 26)

polygons.json: polygons and their masks as pycocotools draws them; coco.json: an annotation file, and in masks.json the
masks that pycocotools makes of its pictures; shard.tar: a shard in WebDataset's layout; hub.parquet, named.parquet
and frame.parquet: pictures as data sets of the hub have them, without and with names of classes, and as pandas writes a column
of bytes; masks/: masks as they are drawn and
numbered.
"""

import io
import json
import os
import tarfile

import numpy as np
import pandas
import pyarrow
import pyarrow.parquet
from PIL import Image
from pycocotools import mask as tools

W, H = 23, 17


def text(rle):
    return {"size": [int(n) for n in rle["size"]], "counts": rle["counts"].decode()}


def png(colour):
    out = io.BytesIO()
    Image.new("RGB", (W, H), colour).save(out, "PNG")
    return out.getvalue()


# Stars and triangles by formulas: corners within, on and beyond the borders, on whole, half and fifth pixels.
polygons = []
for k in range(60):
    n = 3 + k % 7
    angle = np.arange(n) * 2 * np.pi * (1 + k % 3) / n + k
    radius = 2 + (k * 1.7) % 14
    x, y = 11 + radius * np.cos(angle) + k % 5, 8 + radius * np.sin(angle * 1.01) - k % 4
    step = [0, 1, 2, 5][k % 4]  # rounded to these parts of a pixel
    xy = np.stack([x, y], 1)
    xy = np.round(xy * step) / step if step else xy.round(3)
    corners = [float(v) for v in xy.reshape(-1)]
    polygons.append({"corners": corners, "mask": text(tools.frPyObjects([corners], H, W)[0])})
json.dump({"width": W, "height": H, "polygons": polygons}, open("polygons.json", "w"))

one, other = polygons[4]["corners"], polygons[9]["corners"]
blob = np.asfortranarray((np.arange(W * H).reshape(H, W) * 7 % 11 < 4).astype(np.uint8))
counts, last = [], 0
for v in blob.reshape(-1, order="F"):
    if v != last:
        counts.append(0)
        last = v
    counts = counts or [0]
    counts[-1] += 1
annotations = [
    {"id": 1, "image_id": 10, "category_id": 1, "bbox": [1, 1, 3, 3], "iscrowd": 0, "segmentation": [one, other]},
    {"id": 2, "image_id": 10, "category_id": 2, "bbox": [0, 0, 5, 5], "iscrowd": 0, "segmentation": [polygons[20]["corners"]]},
    {"id": 3, "image_id": 20, "category_id": 1, "bbox": [0, 0, W, H], "iscrowd": 1, "segmentation": {"size": [H, W], "counts": counts}},
    {"id": 4, "image_id": 30, "category_id": 2, "bbox": [0, 0, W, H], "iscrowd": 0, "segmentation": text(tools.encode(blob))},
    {"id": 5, "image_id": 40, "category_id": 1, "bbox": [2.0, 3.0, 6.0, 5.0], "iscrowd": 0, "segmentation": []},
]
json.dump({"info": {}, "licenses": [], "images": [{"id": i, "file_name": f"val/{i}.jpg", "width": W, "height": H} for i in (10, 20, 30, 40)],
           "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}], "annotations": annotations}, open("coco.json", "w"))


def drawn(a):
    if isinstance(a["segmentation"], list):
        if not a["segmentation"]:
            m = np.zeros((H, W), np.uint8)
            m[3:8, 2:8] = 1
            return np.asfortranarray(m)
        return tools.decode(tools.merge(tools.frPyObjects(a["segmentation"], H, W)))
    s = a["segmentation"]
    return tools.decode(tools.frPyObjects(s, H, W) if isinstance(s["counts"], list) else s)


masks = {}
for i in (10, 20, 30, 40):
    of = [drawn(a) for a in annotations if a["image_id"] == i]
    masks[f"{i}.jpg"] = text(tools.encode(np.asfortranarray(np.maximum.reduce(of))))
masks["cat 10.jpg"] = text(tools.encode(np.asfortranarray(drawn(annotations[0]))))
json.dump(masks, open("masks.json", "w"))

with tarfile.open("shard.tar", "w") as t:
    def add(name, data):
        h = tarfile.TarInfo(name)
        h.size = len(data)
        t.addfile(h, io.BytesIO(data))
    add("./000.png", png((250, 0, 0)))
    add("./000.cls", b"3")
    add("./000.seg.png", png((0, 0, 0)))
    add("train/001.v2.png", png((0, 250, 0)))
    add("train/001.v2.json", b"{}")
    add("train/001.json", b'{"label": 7, "caption": "green"}')
    add("train/._002.png", b"notes of another system")
    add("train/002.png", png((0, 0, 250)))
    add("train/002.txt", b"a blue field\n")

pictures = [png(c) for c in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
pyarrow.parquet.write_table(pyarrow.table({
    "image": pyarrow.array([{"bytes": p, "path": f"{i}.png"} for i, p in enumerate(pictures)] + [{"bytes": None, "path": "gone.png"}]),
    "label": pyarrow.array([2, 0, None, 1], pyarrow.int64())}), "hub.parquet", row_group_size=2)
pandas.DataFrame({"index": [5, 6, 7], "img": pictures, "label": ["red", "green", "blue"]}).to_parquet("frame.parquet")


# As datasets.Dataset.to_parquet writes it: the classes' names stand in the file, and -1 is no label. A page holds one picture.
named = pyarrow.table({"image": pyarrow.array([{"bytes": p, "path": None} for p in pictures * 4]),
                       "label": pyarrow.array([2, 1, 0, 2, 1, 0, -1, 1, 0, 2, 1, 0], pyarrow.int64())})
features = {"image": {"_type": "Image"}, "label": {"names": ["blue", "green", "red"], "_type": "ClassLabel"}}
pyarrow.parquet.write_table(named.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})}), "named.parquet",
                            use_dictionary=False, data_page_size=1, write_batch_size=1)

os.makedirs("masks", exist_ok=True)
m = np.zeros((H, W), np.uint8)
m[2:6, 3:9] = 15
m[6, 3:9] = 255  # a border that is none
p = Image.fromarray(m, "P")
p.putpalette([v for i in range(256) for v in ((i * 53 % 256, i * 97 % 256, i * 29 % 256) if i else (0, 0, 0))])
p.save("masks/palette.png")
Image.fromarray((m == 15).astype(np.uint8), "L").save("masks/ones.png")
Image.fromarray(m == 15).save("masks/bits.png")
Image.fromarray((m == 15).astype(np.uint8) * 255, "L").save("masks/light.png")
rgba = np.zeros((H, W, 4), np.uint8)
rgba[..., 3] = (m == 15) * 255
Image.fromarray(rgba, "RGBA").save("masks/opaque.png")
Image.fromarray((m == 15).astype(np.uint16) * 26001).save("masks/sixteen.png")
