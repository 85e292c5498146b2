"""The zoo: every family of networks that is promised to work, as tiny files, with the answers beside them.

    pip install -r ../golden/requirements.txt -r requirements.txt
    python generate.py [PATTERN ...]

For each network it writes
    NAME.onnx       the model, as the named maker writes it
    NAME.npz        onnxruntime's outputs, "out0", "out1", ... (of an output with more than 2000 values only every
                    k-th, k in NAME.case.json), and "map", the raw Grad-CAM of pytorch-grad-cam, [batch, h, w]
    NAME.case.json  what it is, the layer, the target, the differences between float32 and float64

The input is the same formula in Go (zoo_test.go) and here. Weights are random, batch norms settled on random
pictures. Keras' networks have no pytorch-grad-cam; keras_models.py says what their map is. The map's tolerance is ten times the difference between the float32 and the float64 run of
pytorch-grad-cam, and no less than 1e-4 of the map's largest value.
"""
import contextlib
import copy
import io
import json
import pathlib
import re
import sys
import tempfile
import traceback

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

import makers as M
import networks as N
from networks import tv
from reference.networks import DenseNet, init_weights, settle_batchnorm, smooth_input  # this DenseNet has no in-place functions
from reference.onnx_files import find_tensor, no_inplace, ort_all_tensors
from reference.peer import grab, run_pgc

HERE = pathlib.Path(__file__).parent
KEEP = 2000


def picture(n, size):
    """Stripes and a chequered grain, in steps of 1/64: exact in float32."""
    b, c, y, x = np.meshgrid(np.arange(n), np.arange(3), np.arange(size), np.arange(size), indexing="ij")
    wave = lambda k, period: np.abs(k % (2 * period) - period) * 128 // period
    v = wave(3 * x + 5 * y + 40 * c + 70 * b, 61) + wave(7 * x - 4 * y + 25 * c - 90 * b + 4096, 83) - 128
    return ((v + (x * 7919 + y * 104729 + c * 31 + b * 17) % 41 - 20) / 64).astype(np.float32)


class Flat(nn.Module):
    """The first output, or all in one row a picture, for pytorch-grad-cam."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        y = self.net(x)
        return y[0] if isinstance(y, (tuple, list)) else y


class Element:
    """One value of a picture's output, by its place in the flattened output."""

    def __init__(self, index):
        self.index = index

    def __call__(self, out):
        return out.reshape(-1)[self.index]


class Whole:
    """A class of a segmentation, summed over all pixels."""

    def __init__(self, index):
        self.index = index

    def __call__(self, out):
        return out[self.index].sum()


def targets(kind, y):
    """What is explained: the best class; the class with most mass; the largest of the flattened output."""
    y = (y[0] if isinstance(y, (tuple, list)) else y).detach().numpy()
    if kind == "region":
        index = [int(v) for v in y.sum((2, 3)).argmax(1)]
        return index, [Whole(i) for i in index]
    index = [int(v) for v in y.reshape(len(y), -1).argmax(1)]
    return index, [Element(i) for i in index]


def grad_cam(net, layer, x, wanted, reshape):
    _, rec = run_pgc("GradCAM", net, [net.net.get_submodule(layer)], x, wanted, reshape)
    return rec[0]["cam"]


def tokens(h, w, extra):
    return lambda t: t[:, extra:, :].reshape(t.size(0), h, w, t.size(2)).permute(0, 3, 1, 2)


def last(t):
    return t.permute(0, 3, 1, 2)


def build(ctor, size, seed, prepare=None):
    torch.manual_seed(seed)
    net = no_inplace(ctor())
    init_weights(net, seed)
    settle_batchnorm(net, size, seed)
    if prepare:
        prepare(net)
    return net.eval()


def export(net, x, how, opset, path, dynamic=True):
    """torch's older ("ts") or newer ("dyn") exporter."""
    names = [f"out{i}" for i in range(len(y))] if isinstance(y := net(x), (tuple, list)) else ["out0"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if how == "ts":
            axes = {k: {0: "batch"} for k in ["image", *names]} if dynamic else None
            torch.onnx.export(net, x, path, input_names=["image"], output_names=names, opset_version=opset, dynamo=False, dynamic_axes=axes)
        else:
            shapes = ({0: torch.export.Dim("batch", min=1, max=64)},) if dynamic else None
            torch.onnx.export(net, (x,), path, input_names=["image"], output_names=names, opset_version=opset, dynamo=True,
                              dynamic_shapes=shapes, external_data=False)
    return tidy(onnx.load(path))


def tidy(m):
    """Without what only the exporting machine wants: stack traces and the like."""
    for n in m.graph.node:
        keep = [p for p in n.metadata_props if p.key == "pkg.torch.onnx.name_scopes"]
        del n.metadata_props[:]
        n.metadata_props.extend(keep)
        n.doc_string = ""
    for v in [*m.graph.value_info, *m.graph.input, *m.graph.output, *m.graph.initializer]:
        del v.metadata_props[:]
    del m.graph.value_info[:]
    del m.metadata_props[:]
    del m.graph.metadata_props[:]
    m.graph.doc_string = m.doc_string = ""
    return m


def run(model, x):
    so = ort.SessionOptions()
    so.intra_op_num_threads = so.inter_op_num_threads = 1
    so.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    s = ort.InferenceSession(model if isinstance(model, str) else model.SerializeToString(), so, providers=["CPUExecutionProvider"])
    return s.run(None, {s.get_inputs()[0].name: x})


def write(name, m, x, raw, noise, about, external=False):
    outs = run(m, x)
    kept, steps = {}, []
    for i, y in enumerate(outs):
        step = -(-y.size // KEEP)
        if step > 1:
            while any(step % d == 0 for d in range(2, step)):
                step += 1
        steps.append(step)
        kept[f"out{i}"] = y.reshape(-1)[::step].astype("<f4")
    np.savez_compressed(HERE / f"{name}.npz", map=raw.astype("<f4"), **kept)
    data = {"save_as_external_data": True, "location": f"{name}.onnx.data", "size_threshold": 256} if external else {}
    (HERE / f"{name}.onnx.data").unlink(missing_ok=True)
    onnx.save(m, HERE / f"{name}.onnx", **data)
    opset = next(o.version for o in m.opset_import if o.domain in ("", "ai.onnx"))
    case = {"name": name, **about, "opset": opset, "input": list(x.shape), "outputs": [o.name for o in m.graph.output],
            "shapes": [list(y.shape) for y in outs], "steps": steps,
            "float32_vs_float64": float(f"{noise:.3g}"), "tolerance": float(f"{max(1e-4, 10 * noise):.3g}")}
    (HERE / f"{name}.case.json").write_text(json.dumps(case) + "\n")
    size = sum((HERE / f"{name}.{k}").stat().st_size for k in ("onnx", "npz", "case.json"))
    print(f"{name}: {size // 1000} kB, layer {about['layer']}, map {raw.shape}, noise {noise:.2g}")


def tensor_of(m, net, layer, x, tolerance=1e-4):
    """The file's tensor that holds what the module makes, in whatever order of axes."""
    want, _ = grab(net, net.get_submodule(layer), torch.from_numpy(x))
    with tempfile.NamedTemporaryFile(suffix=".onnx") as f:
        onnx.save(m, f.name)
        every = ort_all_tensors(f.name, {"image": x})
    every = {k: (op, v.astype(np.float32) if v.dtype == np.float16 else v) for k, (op, v) in every.items()}
    hits = find_tensor(every, want, tolerance)
    if not hits and want.ndim == 4:
        hits = find_tensor(every, np.ascontiguousarray(want.transpose(0, 2, 3, 1)), tolerance)
    if not hits:
        raise ValueError(f"no tensor of the file is the layer {layer}")
    return hits[0][0]


class Zoo:
    def __init__(self, only):
        self.only, self.failed = set(only), []

    def wants(self, name):
        return not self.only or any(re.match(p, name) for p in self.only)

    def torch(self, name, family, ctor, layer, makers, size=64, kind="class", reshape=None, seed=1, prepare=None, finish=None, loose=False, external=False):
        """One network, as each of the makers "exporter-opset" writes it; "static" fixes the batch."""
        todo = [m for m in makers if self.wants(f"{name}.{m}")]
        if not todo:
            return
        try:
            self.write_all(name, family, ctor, layer, todo, size, kind, reshape, seed, prepare, finish, loose, external)
        except Exception as e:  # the others are made all the same
            traceback.print_exc(limit=-3)
            self.failed.append(f"{name}: {e}")

    def write_all(self, name, family, ctor, layer, todo, size, kind, reshape, seed, prepare, finish, loose, external):
        x = picture(2, size)
        net, raw, noise, index = self.reference(ctor, layer, x, size, kind, reshape, seed, prepare)
        for maker in todo:
            how, opset, *more = maker.split("-")
            with tempfile.TemporaryDirectory() as d:
                m = export(net, torch.from_numpy(x), how, int(opset), f"{d}/m.onnx", "static" not in more)
            words = f"torch {torch.__version__.split('+')[0]}, {'older' if how == 'ts' else 'newer'} exporter"
            if finish:
                m, words = finish(m, x, words)
            about = {"family": family, "maker": words, "layer": layer, "target": {"kind": kind, "index": index}}
            if loose:  # computed in float16 by onnxruntime, and in float32 here
                about |= {"tensor": tensor_of(m, net, layer, x, 1e-2), "values": float(f"{2 * self.same(net, m, x, 1e-2):.2g}")}
            else:
                self.same(net, m, x)
                about["tensor"] = tensor_of(m, net, layer, x)
            if external:
                about["maker"] += ", weights in a file of their own"
            write(f"{name}.{maker}", m, x, raw, noise, about, external)

    def quantised(self, name, family, ctor, form, back="fourth"):
        """int8 by onnxruntime; the reference is the file itself as a torch network, whose gradient is pytorch-grad-cam's."""
        if not self.wants(name):
            return
        try:
            x = picture(2, 64)
            net = build(ctor, 64, 1)
            with tempfile.TemporaryDirectory() as d:
                m = export(net, torch.from_numpy(x), "ts", 13, f"{d}/m.onnx")
            m = tidy(M.quantised(m, [smooth_input(k, 8, 64) for k in range(4)] + [np.repeat(x, 4, 0)], form))
            layer = [n.input[0] for n in m.graph.node if n.op_type in ("Conv", "QLinearConv")][{"fourth": -4, "sixth": -6}[back]]
            twin = M.Twin(m, layer)
            index, wanted = targets("class", twin(torch.from_numpy(x)))
            values = self.same(twin, m, x, 1)
            flat = Flat(twin)
            raw = grad_cam(flat, "tap", torch.from_numpy(x), wanted, None)
            exact = grad_cam(copy.deepcopy(flat).double(), "tap", torch.from_numpy(x).double(), wanted, None)
            noise = float(np.abs(raw - exact).max() / np.abs(exact).max())
            write(name, m, x, raw, noise, {"family": family, "maker": f"int8 by onnxruntime {ort.__version__}, {form}", "layer": f"the {back} convolution from the end reads",
                                           "tensor": layer, "target": {"kind": "class", "index": index}, "values": float(f"{max(1e-4, 2 * values):.2g}")})
        except Exception as e:
            traceback.print_exc(limit=-3)
            self.failed.append(f"{name}: {e}")

    def keras(self, name, family, make, layer, opset, size=64):
        """A network of Keras, channels last, through tf2onnx."""
        if not self.wants(name):
            return
        import keras_models as K
        try:
            x = np.ascontiguousarray(picture(2, size).transpose(0, 2, 3, 1))
            net = make(K)(size)
            for seed in range(1, 40):
                K.settle(net, seed)
                raw, act, index, y = K.grad_cam(net, layer, x, "float32")
                if (raw.max((1, 2)) > 0.05 * np.abs(raw).max()).all():
                    break
            exact = K.grad_cam(net, layer, x, "float64")[0]
            m = tidy(K.export(net, size, opset))
            d = float(np.abs(run(m, x)[0] - y).max() / max(1, np.abs(y).max()))
            if not d < 1e-4:
                raise ValueError(f"the file differs from the network by {d}")
            with tempfile.NamedTemporaryFile(suffix=".onnx") as f:
                onnx.save(m, f.name)
                every = ort_all_tensors(f.name, {m.graph.input[0].name: x})
            hits = find_tensor(every, act) or find_tensor(every, np.ascontiguousarray(act.transpose(0, 3, 1, 2)))
            write(name, m, x, raw, float(np.abs(raw - exact).max() / np.abs(exact).max()), {
                "family": family, "maker": f"Keras {K.keras.__version__}, tf2onnx {K.tf2onnx.__version__}", "layer": layer, "tensor": hits[0][0],
                "target": {"kind": "class", "index": [int(i) for i in index]}})
        except Exception as e:
            traceback.print_exc(limit=-3)
            self.failed.append(f"{name}: {e}")

    @staticmethod
    def same(net, m, x, tolerance=1e-4):
        """The file computes what the network computes, or its map is no reference."""
        y = net(torch.from_numpy(x))
        for a, b in zip(y if isinstance(y, (tuple, list)) else (y,), run(m, x)):
            d = float(np.abs(a.detach().numpy() - b).max() / max(1, np.abs(b).max()))
            if not d <= tolerance:
                raise ValueError(f"the file differs from the network by {d}")
        return d

    def reference(self, ctor, layer, x, size, kind, reshape, seed, prepare=None):
        """The network with the first seed whose map is not degenerate, its map, and how far float32 is from float64."""
        for seed in range(seed, seed + 40):
            net = build(ctor, size, seed, prepare)
            index, wanted = targets(kind, net(torch.from_numpy(x)))
            flat = Flat(net)
            raw = grad_cam(flat, layer, torch.from_numpy(x), wanted, reshape)
            if (raw.max((1, 2)) > 0.05 * np.abs(raw).max()).all() and raw.std((1, 2)).min() > 0.01 * np.abs(raw).max():
                break
        else:
            raise ValueError(f"no seed of {layer} gives a map")
        exact = grad_cam(copy.deepcopy(flat).double(), layer, torch.from_numpy(x).double(), wanted, reshape)
        return net, raw, float(np.abs(raw - exact).max() / np.abs(exact).max()), index


def main(only):
    z = Zoo(only)
    tm = tv.models
    z.torch("resnet-basic", "ResNet, basic blocks", lambda: N.resnet(N.BasicBlock), "layer3", ["ts-9", "dyn-20"])
    z.torch("resnet-bottleneck", "ResNet, bottlenecks", lambda: N.resnet(N.Bottleneck), "layer3", ["dyn-18"])
    z.torch("resnext", "ResNeXt", lambda: N.resnet(N.Bottleneck, by=32, groups=32, width_per_group=4), "layer3", ["dyn-18"])
    z.torch("resnet-wide", "Wide ResNet", lambda: N.resnet(N.Bottleneck, by=32, width_per_group=128), "layer3", ["ts-11-static"])
    z.torch("vgg", "VGG", N.VGG, "features.13", ["ts-12"], size=112)
    z.torch("alexnet", "AlexNet", lambda: N.narrow(tm.AlexNet(N.CLASSES), 64, 224), "features.11", ["dyn-18"], size=224)
    z.torch("densenet", "DenseNet", lambda: DenseNet(6, (2, 2, 2), 12, 2, num_classes=N.CLASSES), "features.denseblock3", ["ts-17", "dyn-18"])
    z.torch("googlenet", "GoogLeNet", lambda: N.narrow(tm.GoogLeNet(N.CLASSES, False, init_weights=False), 32, 64), "inception4e", ["dyn-18"])
    z.torch("inception-v3", "Inception v3", lambda: N.narrow(tm.Inception3(N.CLASSES, False, True, init_weights=False), 64, 96), "Mixed_6e", ["ts-17"], size=96)
    z.torch("squeezenet", "SqueezeNet", lambda: N.narrow(tm.SqueezeNet("1_1", N.CLASSES), 8, 64), "features.12", ["ts-10"])
    z.torch("mobilenet-v1", "MobileNet v1", N.MobileNetV1, "4", ["ts-20", "dyn-18"])
    z.torch("mobilenet-v2", "MobileNet v2", N.mobilenet_v2, "features.4", ["dyn-18", "ts-9"])
    z.torch("mobilenet-v3", "MobileNet v3", N.mobilenet_v3, "features.4", ["ts-13"])
    z.torch("efficientnet-v1", "EfficientNet", N.efficientnet_v1, "features.3", ["dyn-18"])
    z.torch("efficientnet-v2", "EfficientNet v2", N.efficientnet_v2, "features.3", ["ts-17"])
    z.torch("regnet-x", "RegNet X", lambda: N.regnet(None), "trunk_output", ["ts-15"])
    z.torch("regnet-y", "RegNet Y", lambda: N.regnet(0.25), "trunk_output", ["dyn-19"])
    z.torch("shufflenet-v2", "ShuffleNet v2", lambda: tm.ShuffleNetV2([1, 2, 1], [8, 16, 24, 32, 48], N.CLASSES), "stage3", ["dyn-18"])
    z.torch("mnasnet", "MNASNet", lambda: N.narrow(tm.MNASNet(0.25, N.CLASSES), 8, 64), "layers.10", ["dyn-18"])
    z.torch("convnext", "ConvNeXt", lambda: tm.ConvNeXt([N.CNBlockConfig(8, 16, 1), N.CNBlockConfig(16, 24, 1), N.CNBlockConfig(24, None, 1)],
                                                        0.0, 1.0, N.CLASSES), "features.5", ["dyn-18", "ts-14"])
    ln1 = "encoder.layers.encoder_layer_1.ln_1"
    z.torch("vit", "ViT", lambda: tm.VisionTransformer(**N.vit_size()), ln1, ["dyn-18", "ts-14"], reshape=tokens(8, 8, 1))
    z.torch("deit", "DeiT, distilled", lambda: N.DeiT(**N.vit_size()), ln1, ["dyn-18"], reshape=tokens(8, 8, 2))
    z.torch("swin", "Swin", N.swin, "features.3", ["dyn-18"], reshape=last)
    z.torch("swin-v2", "Swin v2", lambda: N.swin(block=N.SwinTransformerBlockV2, downsample_layer=N.PatchMergingV2), "features.3", ["dyn-18"], reshape=last)
    z.torch("maxvit", "MaxViT", lambda: tm.MaxVit((64, 64), 8, 4, [8, 16], [1, 1], 4, 0.0, num_classes=N.CLASSES), "blocks.1", ["dyn-18"])
    z.torch("fcn", "FCN", lambda: N.on_dilated_resnet(N.seg.FCN, N.seg.fcn.FCNHead(2048, 3), 36), "net.backbone.layer4", ["dyn-18"], kind="region")
    z.torch("deeplab", "DeepLab v3", lambda: N.on_dilated_resnet(N.seg.DeepLabV3, N.seg.deeplabv3.DeepLabHead(2048, 3, [2, 3, 4]), 40),
            "net.backbone.layer4", ["ts-11"], kind="region", seed=7)
    z.torch("lraspp", "LR-ASPP", N.lraspp, "net.backbone.6", ["dyn-18"], kind="region")
    z.torch("unet", "U-Net", N.UNet, "mid", ["ts-11", "dyn-18"], kind="region")
    z.torch("ssd", "SSD heads", lambda: N.Detector("ssd"), "body.layer3", ["ts-16"], kind="element")
    z.torch("retinanet", "RetinaNet heads", lambda: N.Detector("retinanet"), "body.layer3", ["dyn-18"], kind="element")
    z.torch("yolo-v5", "YOLO v5 heads", lambda: N.YOLO(5), "top", ["ts-9"], kind="element")
    z.torch("yolo-v8", "YOLO v8 heads", lambda: N.YOLO(8), "top", ["dyn-18"], kind="element")

    # After the export.
    z.torch("resnet-basic-sim", "ResNet, basic blocks", lambda: N.resnet(N.BasicBlock), "layer3", ["ts-13-static"], finish=M.simplified)
    z.torch("swin-sim", "Swin", N.swin, "features.3", ["ts-16-static"], reshape=last, finish=M.simplified)
    z.torch("mobilenet-v3-slim", "MobileNet v3", N.mobilenet_v3, "features.4", ["dyn-18"], finish=M.slimmed)
    z.torch("shufflenet-v2-basic", "ShuffleNet v2", lambda: tm.ShuffleNetV2([1, 2, 1], [8, 16, 24, 32, 48], N.CLASSES), "stage3", ["ts-17"],
            finish=M.optimised("basic"))
    z.torch("resnet-basic-extended", "ResNet, basic blocks", lambda: N.resnet(N.BasicBlock), "layer3", ["ts-17"], finish=M.optimised("extended"))
    z.torch("convnext-extended", "ConvNeXt", lambda: tm.ConvNeXt([N.CNBlockConfig(12, 20, 1), N.CNBlockConfig(20, None, 1)], 0.0, 1.0, N.CLASSES),
            "features.3", ["dyn-18"], finish=M.optimised("extended"))
    z.torch("densenet-half-weights", "DenseNet", lambda: DenseNet(6, (2, 2, 2), 12, 2, num_classes=N.CLASSES), "features.denseblock3", ["dyn-18"],
            prepare=M.halved, finish=M.half_weights)
    z.torch("squeezenet-half", "SqueezeNet", lambda: N.narrow(tm.SqueezeNet("1_1", N.CLASSES), 8, 64), "features.12", ["ts-17"], prepare=M.halved, finish=M.half, loose=True)
    z.torch("efficientnet-v1-external", "EfficientNet", N.efficientnet_v1, "features.3", ["dyn-18"], external=True)
    z.quantised("mobilenet-v1-qdq", "MobileNet v1", N.MobileNetV1, "QDQ")
    z.quantised("mobilenet-v1-qoperator", "MobileNet v1", N.MobileNetV1, "QOperator")
    z.quantised("mixed-qoperator", "residual, gated, joined", N.Mixed, "QOperator", "sixth")
    z.keras("mobilenet-keras", "MobileNet v1", lambda K: K.mobilenet, "conv_pw_11_relu", 15)
    z.keras("residual-keras", "residual, gated, upsampled", lambda K: K.residual, "joined1", 18)
    if z.failed:
        sys.exit("not made:\n" + "\n".join(z.failed))


if __name__ == "__main__":
    main(sys.argv[1:])
